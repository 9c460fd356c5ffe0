"""Every kind of drift planted in an English case, and what is none."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from florey.graph.store import Graph
from florey.records import ANSWER, Condition, Question
from florey.synthesis.rewriting.drift import Reason
from florey.synthesis.rewriting.rewriter import Dropped

Ask = Callable[..., Question]
Write = Callable[..., tuple[Question | Dropped, Any]]  # the outcome, and the model with what it was asked
RIGHT = "The patient has focal-onset seizures, nystagmus and ataxia."


@pytest.mark.parametrize(
    ("case", "reason"),
    [
        ("The patient has focal-onset seizures and nystagmus.", Reason.LOST),
        ("The patient has seizures, nystagmus and ataxia.", Reason.LOST),  # less specific
        ("The patient has left-sided focal-onset seizures, nystagmus and ataxia.", Reason.LOST),  # more specific
        (RIGHT + " There are left-sided focal-onset seizures.", Reason.ADDED),
        (RIGHT + " There is also a cataract.", Reason.ADDED),
        (RIGHT + " There is no fever.", Reason.ADDED),
        (RIGHT + " Since then the seizures have been absent.", Reason.ADDED),  # denies what a fact implies
        (RIGHT + " Muscle strength is preserved.", Reason.ADDED),
        (RIGHT + " The blood count was normal.", Reason.ADDED),
        (RIGHT + " The disorder follows dominant inheritance.", Reason.ADDED),
        (RIGHT + " Sequencing of the GENEA1 gene is planned.", Reason.ADDED),
        ("The patient has focal-onset seizures and ataxia and denies nystagmus.", Reason.NEGATED),
        (RIGHT + " At the second visit there was no nystagmus.", Reason.NEGATED),
        ("The patient has focal-onset seizures, ataxia and possible nystagmus.", Reason.UNCERTAIN),
        ("The patient has focal-onset seizures and nystagmus. Her mother has ataxia.", Reason.FAMILY),
        ("The patient has focal-onset seizures and ataxia. Family history of nystagmus.", Reason.FAMILY),
        (RIGHT + " It looks like Alder syndrome.", Reason.ANSWER),
        (RIGHT + " It looks like greenwood diseases.", Reason.ANSWER),
        (RIGHT + " It looks like ALDS.", Reason.ANSWER),
        (RIGHT + " It is not Whitebark disease.", Reason.DISTRACTOR),
        (RIGHT + " Cedar syndrome was excluded.", Reason.DISTRACTOR),
        ("A girl has focal-onset seizures, nystagmus and ataxia.", Reason.PATIENT),
        (RIGHT + " He comes to the clinic.", Reason.PATIENT),
        ("A 40-year-old patient has focal-onset seizures, nystagmus and ataxia.", Reason.PATIENT),
        ("The patient, aged forty, has focal-onset seizures, nystagmus and ataxia.", Reason.PATIENT),
        ("An infant has focal-onset seizures, nystagmus and ataxia.", Reason.PATIENT),
        ("For three weeks the patient has had focal-onset seizures, nystagmus and ataxia.", Reason.NUMBER),
        (RIGHT + " The pulse is 120.", Reason.NUMBER),
        (RIGHT + " Which gene is it?", Reason.OWN_QUESTION),
        (RIGHT + " 患者。", Reason.LANGUAGE),
    ],
)
def test_drift_is_refused(write: Write, findings: Question, case: str, reason: Reason) -> None:
    outcome, _ = write(findings, case)
    assert isinstance(outcome, Dropped), outcome
    assert outcome.reason is reason, outcome
    assert outcome.text == case


@pytest.mark.parametrize(
    "case",
    [
        RIGHT,
        "Ataxia and nystagmus are found, and the patient has a focal-onset seizure.",  # in another order
        "The patient comes with dancing eyes, partial seizures and an unsteady gait.",  # synonyms, a plural
        "The patient comes to the clinic with a neighbour, after a long walk. " + RIGHT + " The visit is calm.",
        RIGHT + " The seizures frighten the family.",  # implied by a fact
        RIGHT + " The doctor looks at the eyes.",  # a part of the body says nothing
    ],
)
def test_what_tells_the_same_is_kept(write: Write, findings: Question, case: str) -> None:
    outcome, _ = write(findings, case)
    assert isinstance(outcome, Question), outcome
    assert outcome.stem == f"{case} Which disease accounts for this picture?"


def test_what_the_original_says_beside_its_facts_may_be_said(write: Write, ask: Ask, findings: Question) -> None:
    stem = f"In a family with Dominant inheritance: {findings.stem}"
    question = ask(stem, findings.conditions, findings.option_ids)
    outcome, _ = write(question, RIGHT + " The pedigree shows dominant inheritance.")
    assert isinstance(outcome, Question), outcome


def test_what_a_rewritten_question_carries(write: Write, findings: Question) -> None:
    outcome, _ = write(findings, RIGHT)
    assert isinstance(outcome, Question) and outcome.rewriting
    assert (outcome.rewriting.of, outcome.rewriting.model) == (findings.id, "invented")
    assert all(text in outcome.stem for _, text in outcome.rewriting.mentions)
    assert [node for node, _ in outcome.rewriting.mentions] == ["HP:11", "HP:13", "HP:16"]
    assert outcome.id == outcome.identified().id != findings.id
    kept = ("options", "gold", "source", "licences", "option_ids", "conditions", "certificate", "language")
    assert all(getattr(outcome, name) == getattr(findings, name) for name in kept)


@pytest.mark.parametrize(
    ("case", "taken"),
    [
        ("A seven-year-old girl comes to the clinic with her mother. She has {}.", True),
        ("A child comes with {}.", True),
        ("The patient comes with {}.", True),
        ("A 7-year-old boy comes with {}.", False),
        ("An 8-year-old girl comes with {}.", False),
        ("A baby comes with {}.", False),
        ("A woman comes with {}.", False),
    ],
)
def test_age_and_sex_as_in_the_original(write: Write, girl: Question, case: str, taken: bool) -> None:
    outcome, model = write(girl, case.format("focal-onset seizures, nystagmus and ataxia"))
    assert isinstance(outcome, Question) is taken, outcome
    if isinstance(outcome, Dropped):
        assert outcome.reason is Reason.PATIENT
    assert "'7-year-old girl'" in model.bodies[0]["messages"][1]["content"]


@pytest.mark.parametrize(
    ("case", "reason"),
    [
        ("The patient has ataxia and no cataract.", None),
        ("The patient has ataxia and a cataract.", Reason.AFFIRMED),
        ("The patient has ataxia.", Reason.LOST),
        ("The patient has no ataxia and no cataract.", Reason.NEGATED),
    ],
)
def test_an_absence_stays_an_absence(write: Write, without: Question, case: str, reason: Reason | None) -> None:
    outcome, _ = write(without, case)
    assert (outcome.reason if isinstance(outcome, Dropped) else None) is reason, outcome


@pytest.mark.parametrize(
    ("case", "reason"),
    [
        ("The doctor thinks of Alder syndrome and of Birch syndrome.", None),
        ("The doctor thinks of Whitebark disease and of Greenwood disease.", None),
        ("Possible diagnoses are Alder syndrome and Birch syndrome.", None),
        ("The doctor thinks of Alder syndrome.", Reason.LOST),
        ("The doctor finds Birch syndrome rather than Alder syndrome.", Reason.NEGATED),
        ("The patient has Birch syndrome. The doctor had suspected Alder syndrome.", Reason.FAVOURED),
        ("The doctor thinks of Alder syndrome, of Birch syndrome and of Cedar syndrome.", Reason.ADDED),
        ("The doctor thinks of Alder syndrome and of Birch syndrome and finds nystagmus.", Reason.ANSWER),
    ],
)
def test_two_compared_diseases(write: Write, contrast: Question, case: str, reason: Reason | None) -> None:
    outcome, _ = write(contrast, case)
    assert (outcome.reason if isinstance(outcome, Dropped) else None) is reason, outcome
    if isinstance(outcome, Question):
        asked = "Which finding occurs in Alder syndrome and does not occur in Birch syndrome?"
        assert outcome.stem == f"{case} {asked}"


@pytest.mark.parametrize(
    ("case", "reason"),
    [
        ("The patient has a variant of the GENEA1 gene.", None),
        ("The patient may have a variant of the GENEA1 gene.", Reason.UNCERTAIN),
        ("The patient has a variant of the GENEB2 gene.", Reason.LOST),
        ("The patient has no variant of the GENEA1 gene.", Reason.NEGATED),
    ],
)
def test_what_the_question_is_about_is_certain(write: Write, ask: Ask, case: str, reason: Reason | None) -> None:
    linked = Condition(subject=ANSWER, relation="associated_gene", object="NCBIGene:1")
    outcome, _ = write(ask("Which disease comes of GENEA1?", (linked,), ("OMIM:A", "OMIM:B")), case)
    assert (outcome.reason if isinstance(outcome, Dropped) else None) is reason, outcome
    if isinstance(outcome, Question):
        assert outcome.stem == f"{case} Which disease is associated with GENEA1?"


def test_roles_swapped_in_the_echo(write: Write, contrast: Question) -> None:
    swapped = {"OMIM:A": ["Birch syndrome"], "OMIM:B": ["Alder syndrome"]}
    outcome, _ = write(contrast, "The doctor thinks of Alder syndrome and of Birch syndrome.", spans=swapped)
    assert isinstance(outcome, Dropped) and outcome.reason is Reason.ECHO


@pytest.mark.parametrize("span", ["ataxic gait", "", "The patient has"])
def test_an_echo_that_is_not_in_the_text_or_names_nothing(write: Write, findings: Question, span: str) -> None:
    outcome, _ = write(findings, RIGHT, spans={"HP:16": [span or " "]})
    assert isinstance(outcome, Dropped) and outcome.reason is Reason.ECHO, outcome


def test_every_fact_has_an_entry_in_the_echo(write: Write, findings: Question) -> None:
    _, model = write(findings, RIGHT)
    thrice = [{"id": model.numbers["HP:16"], "text": "ataxia"}] * 3
    outcome, _ = write(findings, json.dumps({"case": RIGHT, "mentions": thrice}))
    assert isinstance(outcome, Dropped) and outcome.reason is Reason.ECHO


def test_a_hidden_disease_is_not_named(write: Write, gene: Question) -> None:
    outcome, _ = write(gene, "The patient has nystagmus and ataxia.")
    assert isinstance(outcome, Question)
    assert outcome.stem.endswith("Which gene is associated with a disease that accounts for this picture?")
    named, _ = write(gene, "The patient has nystagmus and ataxia in Alder syndrome.")
    assert isinstance(named, Dropped) and named.reason is Reason.ADDED


def test_the_certificate_is_issued_again(write: Write, findings: Question) -> None:
    """A question whose certificate claims another strength than the graph gives it."""
    assert findings.certificate
    claimed = findings.certificate.model_copy(update={"strength": "closed_world"})
    outcome, _ = write(findings.model_copy(update={"certificate": claimed}), RIGHT)
    assert isinstance(outcome, Dropped) and outcome.reason is Reason.CERTIFICATE


@pytest.mark.parametrize("changed", [{"certificate": None}, {"language": "zh"}, {"conditions": ()}, {"option_ids": ()}])
def test_questions_that_cannot_be_rewritten(write: Write, findings: Question, changed: dict[str, object]) -> None:
    outcome, model = write(findings.model_copy(update=changed), RIGHT)
    assert isinstance(outcome, Dropped) and outcome.reason is Reason.UNFIT
    assert not model.bodies


def test_asked_again_with_the_reason(write: Write, findings: Question) -> None:
    outcome, model = write(findings, "The patient has ataxia.", RIGHT, attempts=2)
    assert isinstance(outcome, Question)
    first, second = (body["messages"] for body in model.bodies)
    assert second[:2] == first
    assert second[2]["content"] == json.dumps({"case": "The patient has ataxia.", "mentions": model.echo("ataxia")})
    assert "' is not told" in second[3]["content"]


def test_no_option_is_ever_in_a_prompt(write: Write, findings: Question, graph: Graph) -> None:
    _, model = write(findings, "The patient has ataxia.", RIGHT, attempts=2)
    names = [graph.names[graph.index(i)] for i in findings.option_ids]
    names += [alias for i in findings.option_ids for alias in graph.aliases[graph.index(i)]]
    said = str(model.bodies).casefold()
    assert not [name for name in names if name.casefold() in said]


@pytest.mark.parametrize("answer", ['{"case": "x"', '{"case": 3, "mentions": []}', '{"case": "x", "mentions": []}'])
def test_an_answer_that_is_not_as_asked(write: Write, findings: Question, answer: str) -> None:
    outcome, _ = write(findings, answer)
    assert isinstance(outcome, Dropped) and outcome.reason is Reason.NO_ANSWER
