"""Claims: read from prose and from the graph teacher's language, and held against the certificate."""

import importlib.util
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from florey.errors import BadInput
from florey.graph.linking.linker import Linker
from florey.graph.linking.mention import Name
from florey.records import ANSWER, Condition, Rewriting
from florey.teaching.claims.claim import PATIENT, Claim, Subject
from florey.teaching.claims.entities import Entities
from florey.teaching.claims.prose import read_prose
from florey.teaching.claims.score import process_score, summarise
from florey.teaching.distill import STRATEGIES
from florey.teaching.graph_teacher import NothingTempting, write_trace

_SPEC = importlib.util.spec_from_file_location("cases", Path(__file__).parents[1] / "conftest.py")
CASES = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(CASES)
A, B, C = (Subject(option=place) for place in range(3))


def read(text, question=None):
    found = read_prose(text, Entities(question or CASES.marfan(), {k: (v,) for k, v in CASES.NAMES.items()}))
    return [(claim.subject, claim.condition, claim.state) for claim in found]


# marfan(): A Marfan syndrome, B Loeys-Dietz syndrome, C the thumb one; conditions Ectopia lentis, Scoliosis
@pytest.mark.parametrize(
    ("text", "claims"),
    [
        ("Marfan syndrome causes ectopia lentis.", [(A, 0, "present")]),
        ("Scoliosis is seen in Loeys-Dietz syndrome.", [(B, 1, "present")]),
        ("Loeys-Dietz syndrome does not cause scoliosis.", [(B, 1, "absent")]),
        ("Scoliosis is absent in Marfan syndrome.", [(A, 1, "absent")]),
        ("Both Marfan syndrome and Loeys-Dietz syndrome have scoliosis.", [(A, 1, "present"), (B, 1, "present")]),
        ("Scoliosis occurs in both Marfan syndrome and Loeys-Dietz syndrome.", [(A, 1, "present"), (B, 1, "present")]),
        ("Unlike Loeys-Dietz syndrome, Marfan syndrome features scoliosis.", [(A, 1, "present")]),
        ("Option B lacks ectopia lentis.", [(B, 0, "absent")]),
        ("The patient has scoliosis but no ectopia lentis.", [(PATIENT, 1, "present"), (PATIENT, 0, "absent")]),
        ("Marfan syndrome comes to mind. It causes scoliosis.", [(A, 1, "present")]),
        ("Marfan syndrome has scoliosis. Does it cause ectopia lentis?", [(A, 1, "present")]),
        ("For Marfan syndrome, scoliosis is unclear.", [(A, 1, "unknown")]),
        # rather none than a wrong one
        ("Marfan syndrome may cause scoliosis.", []),
        ("Scoliosis argues against Marfan syndrome.", []),
        ("Marfan syndrome is unlikely because the patient has scoliosis.", [(PATIENT, 1, "present")]),
        ("Could Marfan syndrome cause scoliosis?", []),
        ("Scoliosis with ectopia lentis points to Marfan syndrome.", []),
        ("Nothing here is named.", []),
        # by letter, elliptic, carried over
        ("B has scoliosis but lacks ectopia lentis.", [(B, 1, "present"), (B, 0, "absent")]),
        ("A. Marfan syndrome: ectopia lentis present, scoliosis absent.", [(A, 0, "present"), (A, 1, "absent")]),
        ("A:\n- ectopia lentis: present\n- scoliosis: absent", [(A, 0, "present"), (A, 1, "absent")]),
        ("Marfan syndrome has scoliosis, and Loeys-Dietz syndrome does not.", [(A, 1, "present"), (B, 1, "absent")]),
        ("Marfan syndrome lacks scoliosis, whereas B has it.", [(A, 1, "absent"), (B, 1, "present")]),
        ("Marfan syndrome has scoliosis, as does B.", [(A, 1, "present"), (B, 1, "present")]),
        ("Scoliosis is seen in A but not in B.", [(A, 1, "present"), (B, 1, "absent")]),
        ("Like B, Marfan syndrome has scoliosis.", [(A, 1, "present"), (B, 1, "present")]),
        ("Neither A nor B has scoliosis.", [(A, 1, "absent"), (B, 1, "absent")]),
        ("Only B has scoliosis.", [(B, 1, "present"), (A, 1, "absent"), (C, 1, "absent")]),
        ("Only B has both scoliosis and ectopia lentis.", [(B, 1, "present"), (B, 0, "present")]),
        ("Marfan syndrome is ruled out because it lacks scoliosis.", [(A, 1, "absent")]),
        ("选项B没有Scoliosis，但有Ectopia lentis。", [(B, 1, "absent"), (B, 0, "present")]),
        # not certain, or of another relation
        ("B does not lack scoliosis.", []),
        ("Scoliosis is more common in B than in A.", []),
        ("A has scoliosis in common with B.", []),
        ("Marfan syndrome is treated early, and its scoliosis is treated too.", []),
        ("His mother has scoliosis.", []),
        ("Vitamin A has no part in scoliosis.", []),
    ],
)
def test_prose(text, claims):
    assert read(text) == claims


def test_names_that_a_rewriting_uses_are_known():
    question = CASES.marfan().model_copy(
        update={"rewriting": Rewriting(of="q", model="m", mentions=(("D:1", "马方综合征"), ("HP:1", "晶状体异位")))}
    )
    assert read("马方综合征常有晶状体异位。", question) == [(A, 0, "present")]
    assert read("马方综合征不伴有晶状体异位。", question) == [(A, 0, "absent")]


def test_what_the_certificate_says_to_it():
    question = CASES.marfan()
    text = (
        "Marfan syndrome causes ectopia lentis. Marfan syndrome causes scoliosis. Loeys-Dietz syndrome causes ectopia "
        "lentis. The patient has scoliosis."
    )
    score = process_score(question, text, CASES.NAMES)
    assert (score.claims, score.entailed, score.contradicted, score.uncovered) == (4, 2, 1, 1)
    assert score.problems == ("Marfan syndrome: Scoliosis is not present",)
    assert score.share == pytest.approx(2 / 3)
    assert process_score(question, "It is C.", CASES.NAMES).share is None


def test_what_is_taken_back_counts_as_revised():
    text = "Marfan syndrome causes scoliosis. Marfan syndrome does not cause scoliosis."
    score = process_score(CASES.marfan(), text, CASES.NAMES)
    assert (score.claims, score.entailed, score.contradicted, score.revised) == (1, 1, 0, 1)


def test_a_hidden_node_is_spoken_of_by_its_own_name():
    question = CASES.gene()  # G:1 through D:2 or D:1; D:1 has both findings
    score = process_score(question, "Marfan syndrome causes ectopia lentis and scoliosis.", CASES.NAMES)
    assert (score.entailed, score.contradicted) == (2, 0)
    assert process_score(question, "Marfan syndrome does not cause scoliosis.", CASES.NAMES).contradicted == 1


def test_a_question_without_certificate_makes_no_claims():
    plain = CASES.marfan().model_copy(update={"certificate": None})
    assert process_score(plain, "Marfan syndrome causes scoliosis.", CASES.NAMES).claims == 0


@pytest.mark.parametrize("make", [CASES.marfan, CASES.gene])
@pytest.mark.parametrize("strategy", STRATEGIES)
def test_the_graph_teacher_is_entailed_to_the_last_claim(make, strategy):
    question = make()
    score = process_score(question, write_trace(question, CASES.NAMES, strategy, 0).text, CASES.NAMES)
    assert score.claims > 0 and score.entailed == score.claims
    assert score.revised == (strategy == "self_correction")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(CASES.certified(), st.sampled_from(STRATEGIES))
def test_true_traces_are_never_contradicted_and_false_ones_are(question, strategy):
    try:
        text = write_trace(question, CASES.NAMES, strategy, 0).text
    except (NothingTempting, BadInput):
        return
    score = process_score(question, text, CASES.NAMES)
    assert score.contradicted == 0, score.problems
    if strategy == "direct" and score.claims:
        swapped = text.replace(" present,", " \0,").replace(" absent,", " present,").replace(" \0,", " absent,")
        if swapped != text:
            assert process_score(question, swapped, CASES.NAMES).contradicted > 0


def test_summary_over_traces():
    question, other = CASES.marfan(), CASES.gene()
    good = process_score(question, "Marfan syndrome causes ectopia lentis.", CASES.NAMES)
    bad = process_score(other, "Marfan syndrome does not cause scoliosis.", CASES.NAMES)
    found = summarise([(question, good), (other, bad), (question, process_score(question, "So.", CASES.NAMES))])
    assert (found.traces, found.with_claims, found.claims) == (3, 2, 2)
    assert found.entailed.value == 0.5 and found.entailed.clusters == 2
    assert summarise([]).entailed is None


def test_a_claim_knows_where_it_was_read():
    (claim,) = read_prose("So: Marfan syndrome causes scoliosis.", Entities(CASES.marfan(), {"HP:2": ("Scoliosis",)}))
    assert claim == Claim(A, 1, "present", 27)


def test_a_finding_is_what_is_asked_for():
    question = CASES.build(
        ["HP:1", "HP:2"], CASES.contrast("D:1", "D:2"), [[["present", "absent"]], [["present"] * 2]], 0
    )
    text = "Marfan syndrome features ectopia lentis, and Loeys-Dietz syndrome does not. "
    text += "Loeys-Dietz syndrome has scoliosis."
    assert read(text, question) == [(A, 0, "present"), (A, 1, "absent"), (B, 1, "present")]
    assert process_score(question, text, CASES.NAMES).entailed == 3


def test_candidates_that_differ_cover_nothing_and_a_named_one_does():
    question, names = CASES.gene(), CASES.NAMES  # FBN1 via D:2: lentis absent; via D:1: present
    open_ = process_score(question, "FBN1 features ectopia lentis.", names)
    assert (open_.claims, open_.uncovered) == (1, 1)
    named = process_score(question, "Marfan syndrome features ectopia lentis, and so FBN1 it is.", names)
    assert (named.claims, named.entailed) == (1, 1)


def test_what_only_the_whole_graph_knows_is_not_covered():
    others = Linker([Name("pectus excavatum", "HP:9", "finding"), Name("Scoliosis", "HP:2", "finding")])
    text = "Marfan syndrome has scoliosis and pectus excavatum."
    alone = process_score(CASES.marfan(), text, CASES.NAMES)
    assert (alone.claims, alone.contradicted, alone.uncovered) == (1, 1, 0)
    score = process_score(CASES.marfan(), text, CASES.NAMES, others=others)
    assert (score.claims, score.contradicted, score.uncovered) == (2, 1, 1)
    assert score.shares == {"entailed": 0, "contradicted": 0.5, "uncovered": 0.5}
    assert process_score(CASES.marfan(), "Nothing.", CASES.NAMES).shares is None


def test_short_symbols_are_read_where_the_question_is_about_them():
    names = {**CASES.NAMES, "G:1": "VHL"}
    question = CASES.gene().model_copy(update={"options": ("VHL", "TGFBR1", "SMAD3")})
    found = Entities(question, {node: (name,) for node, name in names.items()}).find("VHL has ectopia lentis.")
    assert [each.subject for each in found][:1] == [A]


def test_what_a_hidden_disease_has_is_the_genes_as_far_as_they_are_linked():
    # the disease has the finding, the gene is not linked to the disease
    states = [[["present", "present"]], [["present", "absent"]]]
    question = CASES.build(["G:1", "G:2"], CASES.linked("HP:1"), states, 0, bridges=[["D:1"], ["D:1"]])
    text = "FBN1 causes ectopia lentis. TGFBR1 causes ectopia lentis. Marfan syndrome causes ectopia lentis."
    score = process_score(question, text, CASES.NAMES)
    assert (score.claims, score.entailed, score.contradicted) == (3, 2, 1)
    assert "TGFBR1" in score.problems[0]


def test_a_node_of_two_conditions_says_nothing_of_either():
    conditions = [
        Condition(subject=ANSWER, relation="has_finding", object="HP:1"),
        Condition(subject=ANSWER, relation="has_symptom", object="HP:1"),
    ]
    question = CASES.build(["D:1", "D:2"], conditions, [[["present"] * 2], [["absent"] * 2]], 0)
    assert read("Marfan syndrome causes ectopia lentis.", question) == []
