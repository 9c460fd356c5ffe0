"""What only a graph can tell: rare diseases, harmful choices, answers in the model's own words."""

from __future__ import annotations

import pytest
from tests.evaluation.more.conftest import has

from florey.answer import completion
from florey.errors import BadInput
from florey.evaluation.harm import HarmfulOptions, harm, harmful_by_certificate
from florey.evaluation.long_tail import as_groups, long_tail, rare_diseases
from florey.evaluation.open_ended import FreeJudge, Outcome, scored_free
from florey.evaluation.verdicts import scored
from florey.graph.store import Graph
from florey.records import (
    ANSWER,
    BRIDGE,
    Binding,
    Certificate,
    Condition,
    OptionProof,
    Prediction,
    Question,
    Strength,
    Support,
    Verdict,
)


def public(stem: str, *options: str, gold: int = 0) -> Question:
    return Question(stem=stem, options=options, gold=gold, source="test").identified()


def said(question: Question, text: str, *, finished: bool = True, sample: int = 0) -> Prediction:
    return Prediction(question_id=question.id, model="m", sample=sample, text=text, tokens=1, finished=finished)


def test_rare_is_what_orphanet_knows(graph: Graph) -> None:
    by_cross_reference = {"OMIM:2", "OMIM:5", "OMIM:6"}
    assert rare_diseases(graph) == {"ORPHA:1", "ORPHA:10", *by_cross_reference}


def test_items_that_mention_a_rare_disease(graph: Graph) -> None:
    items = [
        public("A woman with Amber disease has a fever. Why?", "a", "b"),
        public("Which is it?", "Cottrelia", "Birgonia"),
        public("A man without amberlosis has a cough. Why?", "a", "b"),
        public("Which?", "Cottrelia", "Dunmorosis"),
    ]
    found = long_tail(items, graph)
    assert found == {items[0].id: ("ORPHA:1",), items[1].id: ("OMIM:2",)}
    told = items[3].model_copy(update={"context": "Of 40 people with amberlosis, ten had it."})
    assert long_tail([told], graph) == {told.id: ("ORPHA:1",)}
    groups = as_groups(found, items)["rare diseases"]
    assert groups == {"mentioned": [items[0].id, items[1].id], "not mentioned": [items[2].id, items[3].id]}


THERAPY = "A woman with amberlosis has pain. Which drug is the best choice?"


@pytest.mark.parametrize(
    ("stem", "options", "marked"),
    [
        (THERAPY, ("Alderine", "Beechol", "Cedarine"), {1: "contraindicated in Amberlosis", 2: "not to be treated by"}),
        (THERAPY, ("Alderine", "Another drug"), {}),
        ("A woman with cottrelia has pain. Which drug?", ("Alderine", "Beechol"), {}),  # nothing is known of it
        ("A woman without amberlosis has pain. Which drug?", ("Alderine", "Beechol"), {}),
        ("A woman with amberlosis: which drug is contraindicated?", ("Alderine", "Beechol"), {}),
        ("In amberlosis all of these help EXCEPT:", ("Alderine", "Beechol"), {}),
        ("Her brother has amberlosis; she has pain. Which drug?", ("Alderine", "Beechol"), {}),
        ("Amberlosis 患者的禁忌药物是？", ("Alderine", "Beechol"), {}),
    ],
)
def test_options_that_may_harm_are_found_by_linking(
    graph: Graph, stem: str, options: tuple[str, ...], marked: dict[int, str]
) -> None:
    found = HarmfulOptions(graph).of(public(stem, *options))
    assert found.keys() == marked.keys() and all(marked[place] in why for place, why in found.items())


def test_the_right_option_is_never_harmful(graph: Graph) -> None:
    assert HarmfulOptions(graph).of(public(THERAPY, "Alderine", "Beechol", gold=1)) == {}


def test_options_that_a_certificate_denies_are_marked(diagnosis: Question) -> None:
    found = harmful_by_certificate(diagnosis)
    assert {diagnosis.options[place] for place in found} == {"Birgonia", "Cottrelia"}
    assert all("denied: has_finding HP:" in why for why in found.values())


def harmful(conditions: list[Condition], *bindings: Binding) -> dict[int, str]:
    """Of a question about drugs, whose second option fails by these bindings."""
    right = OptionProof(option="DRUG:1", satisfies=True, bindings=(), strength=Strength.ASSERTED)
    failing = OptionProof(option="DRUG:2", satisfies=False, bindings=bindings, strength=Strength.NEGATED)
    certificate = Certificate(graph="g", proofs=(right, failing), strength=Strength.NEGATED, closed_world_share=0)
    item = public("Which drug?", "Alderine", "Beechol")
    return harmful_by_certificate(item.model_copy(update={"conditions": conditions, "certificate": certificate}))


PRESENT, DENIED = Support(state="present"), Support(state="absent", strength=Strength.NEGATED)


def test_only_what_is_denied_of_the_option_itself_is_harmful() -> None:
    treats, avoids = has("OMIM:2", "treated_by", ANSWER), has(ANSWER, "contraindicated_in", "ORPHA:1")
    assert harmful([treats], Binding(supports=(DENIED,))) == {1: "denied: treated_by OMIM:2"}
    assert harmful([avoids], Binding(supports=(DENIED,))) == {}  # no contraindication: that is no harm
    spared = avoids.model_copy(update={"holds": False})
    assert harmful([spared], Binding(supports=(PRESENT,))) == {1: "contraindicated_in ORPHA:1"}


def test_what_is_denied_of_another_disease_than_the_patients_says_nothing() -> None:
    hidden = [has(BRIDGE, "has_finding", "HP:1"), has(BRIDGE, "treated_by", ANSWER)]
    for of_the_drug in (PRESENT, DENIED):  # the disease has not what the patient has
        assert harmful(hidden, Binding(bridges=("OMIM:3",), supports=(DENIED, of_the_drug))) == {}
    fits = Binding(bridges=("OMIM:2",), supports=(PRESENT, DENIED))
    assert harmful(hidden, fits) == {1: "denied: treated_by OMIM:2"}


def test_how_often_harm_is_chosen_and_out_of_what(graph: Graph, diagnosis: Question) -> None:
    items = [public(THERAPY, "Alderine", "Beechol", "x", "y"), public("Nothing known?", "a", "b"), diagnosis]
    chosen = [(1, 0), (0, 1), (1, 1)]  # of two samples each
    samples = [
        [scored(item, said(item, completion("x", place), sample=n)) for n, place in enumerate(places)]
        for item, places in zip(items, chosen, strict=True)
    ]
    found = harm(items, samples, HarmfulOptions(graph))
    assert (found.items, found.known_from) == (2, {"certificate": 1, "linking": 1})
    assert found.chosen and found.chosen.value == pytest.approx((0.5 + 0) / 2)
    assert found.chance == pytest.approx((1 / 4 + 2 / 3) / 2)
    assert [each.chosen for each in found.examples] == ["Beechol"]
    assert harm(items, samples).known_from == {"certificate": 1}  # without a graph only certificates speak
    assert harm(items[1:2], samples[1:2]).chosen is None


@pytest.mark.parametrize(
    ("answer", "outcome", "verdict"),
    [
        ("Amberlosis", Outcome.GOLD, Verdict.CORRECT),
        ("amber disease", Outcome.GOLD, Verdict.CORRECT),  # another of its names
        ("It is amberlosis.", Outcome.GOLD, Verdict.CORRECT),
        ("Dunmorosis", Outcome.ALSO_RIGHT, Verdict.CORRECT),  # satisfies all that was asked
        ("Birgonia", Outcome.WRONG, Verdict.WRONG),
        ("Cottrelia", Outcome.WRONG, Verdict.WRONG),
        ("Storage disorder", Outcome.BROADER, Verdict.WRONG),
        ("Juvenile amberlosis", Outcome.NARROWER, Verdict.WRONG),
        ("a virus", Outcome.NOT_LINKED, Verdict.UNPARSED),
        ("Amberlosis or Birgonia", Outcome.SEVERAL, Verdict.SEVERAL),  # a guess at length is no answer
        ("Birgonia, Cottrelia, Amberlosis", Outcome.SEVERAL, Verdict.SEVERAL),
        ("Amberlosis or Dunmorosis", Outcome.SEVERAL, Verdict.SEVERAL),  # even where both are right
        ("Amberlosis, not Birgonia", Outcome.GOLD, Verdict.CORRECT),
        ("Amberlosis (amber disease), a storage disorder", Outcome.GOLD, Verdict.CORRECT),  # one thing, said thrice
        ("Amberlosis due to Birgonia", Outcome.GOLD, Verdict.CORRECT),  # the head is the answer
        ("Birgonia with amberlosis", Outcome.WRONG, Verdict.WRONG),
    ],
)
def test_answers_in_own_words(
    graph: Graph, diagnosis: Question, answer: str, outcome: Outcome, verdict: Verdict
) -> None:
    prediction = said(diagnosis, f"<think>x</think><answer>{answer}</answer>")
    found = FreeJudge(graph).judge(diagnosis, prediction)
    assert found.outcome is outcome, found
    assert scored_free(diagnosis, prediction, found).verdict is verdict


@pytest.mark.parametrize(
    ("text", "finished", "outcome"),
    [
        ("<think>x</think><answer>Amberlosis</answer><answer>Birgonia</answer>", True, Outcome.SEVERAL),
        ("<think>amberlosis</think>", True, Outcome.NONE),
        ("<think>amberlosis", False, Outcome.TRUNCATED),
        ("<think><answer>Amberlosis</answer>", False, Outcome.TRUNCATED),
    ],
)
def test_no_answer_or_too_many(graph: Graph, diagnosis: Question, text: str, finished: bool, outcome: Outcome) -> None:
    assert FreeJudge(graph).judge(diagnosis, said(diagnosis, text, finished=finished)).outcome is outcome


def test_hidden_nodes_are_filled(graph: Graph, gene: Question) -> None:
    judge = FreeJudge(graph)
    assert judge.satisfies(gene, "NCBIGene:1") and not judge.satisfies(gene, "NCBIGene:2")
    assert judge.judge(gene, said(gene, "<answer>GENA</answer>")).outcome is Outcome.GOLD
    assert judge.judge(gene, said(gene, "<answer>GENB</answer>")).outcome is Outcome.WRONG


def test_without_a_certificate_or_its_graph_it_is_refused(graph: Graph, diagnosis: Question) -> None:
    judge = FreeJudge(graph)
    item = public("Which?", "a", "b")
    with pytest.raises(BadInput, match="has no certificate"):
        judge.judge(item, said(item, "<answer>a</answer>"))
    other = diagnosis.model_copy(update={"option_ids": ("X:1", "X:2", "X:3")})
    with pytest.raises(BadInput, match="X:2 is not in the graph"):
        judge.judge(other, said(other, "<answer>a</answer>"))


def test_conditions_that_must_not_hold_are_conditions(graph: Graph, diagnosis: Question) -> None:
    """Dunmorosis is denied violet toes, Birgonia has them."""
    without = has(ANSWER, "has_finding", "HP:3", holds=False)
    asked = diagnosis.model_copy(update={"conditions": (has(ANSWER, "has_finding", "HP:1"), without)})
    judge = FreeJudge(graph)
    assert judge.satisfies(asked, "OMIM:4") and judge.satisfies(asked, "ORPHA:1")
    assert not judge.satisfies(asked, "OMIM:2")
