"""The closing question: what is asked and in which role, from the conditions alone."""

from __future__ import annotations

import pytest

from florey.graph.model import IS_A, RELATIONS
from florey.records import ANSWER, BRIDGE, Condition
from florey.synthesis.metapaths import Kind, kinds
from florey.synthesis.rewriting.closing import Language, closing, grammars, in_picture

LANGUAGES: tuple[Language, ...] = ("en", "zh")
TYPES = {ANSWER: "drug", BRIDGE: "disease", "*2": "gene"}


def asked(language: Language, *conditions: tuple[str, str, str, bool]) -> str | None:
    said = tuple(Condition(subject=s, relation=r, object=o, holds=holds) for s, r, o, holds in conditions)
    return closing(said, language, str, TYPES.__getitem__)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_relation_has_words(language: str) -> None:
    words = grammars()[language].relations
    assert words.keys() == RELATIONS.keys() - {IS_A}
    every = [phrase for phrases in words.values() for side in (phrases.subject, phrases.object) for phrase in side]
    assert all(phrase.count("{}") == 1 for phrase in every)
    assert all(len(set(side)) == 2 for phrases in words.values() for side in (phrases.subject, phrases.object))


@pytest.mark.parametrize("kind", kinds().values(), ids=lambda kind: kind.name)
def test_every_kind_of_question_can_be_asked(kind: Kind) -> None:
    masked = {mask: kind.nodes[name][0] for name, mask in kind.masks.items()} if not kind.among else {}
    conditions = kind.conditions({name: [f"node-{name}"] for name in kind.nodes})
    to_name = {node for c in conditions if not in_picture(c) for node in c.nodes}
    for language in LANGUAGES:
        question = closing(conditions, language, str, masked.__getitem__)
        assert question and "{" not in question
        assert to_name == {node for c in conditions for node in c.nodes if node in question}


def test_roles() -> None:
    pair = (("A", "has_finding", ANSWER, True), ("B", "has_finding", ANSWER, False))
    assert asked("en", *pair) == "Which drug occurs in A and does not occur in B?"
    assert asked("zh", *pair) == "下列哪一项是见于A且不见于B的药物？"
    assert asked("en", *reversed(pair)) == "Which drug does not occur in B and occurs in A?"


def test_hidden_nodes_and_several_names() -> None:
    chain = (
        *((BRIDGE, "has_finding", "F", True), (BRIDGE, "associated_gene", "*2", True)),
        *((ANSWER, "binds_gene", "*2", True), (ANSWER, "contraindicated_in", "X", False)),
        (ANSWER, "contraindicated_in", "Y", False),
    )
    picture = "a gene that is associated with a disease that accounts for this picture"
    assert asked("en", *chain) == f"Which drug binds the product of {picture} and is not contraindicated in X or Y?"
    assert asked("zh", *chain) == "下列哪一项是结合与符合上述表现的疾病相关的基因产物且不禁用于X或Y的药物？"


def test_what_cannot_be_asked() -> None:
    assert asked("en", (ANSWER, "invented", "X", True)) is None
    assert asked("en", (BRIDGE, "has_finding", "F", True)) is None  # not joined to the answer
    assert asked("en", (ANSWER, "binds_gene", "G", True), (BRIDGE, "has_finding", "F", True)) is None
    assert asked("en", (ANSWER, "treats", BRIDGE, True), (BRIDGE, "has_finding", "F", True)) is None


def test_the_relation_itself_asked() -> None:
    assert asked("en", ("D", ANSWER, "G", True)) == "Which of these is true of D with regard to G (“it”)?"
