"""Claims: read from prose and from the graph teacher's language, and held against the certificate."""

import importlib.util
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from florey.errors import BadInput
from florey.records import Rewriting
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
    assert score.problems == ("Marfan syndrome: condition 2 is not present",)
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
