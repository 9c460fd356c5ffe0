"""After an update: what still holds is left in peace, and each way to stop holding is named."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from florey.graph.model import Node
from florey.graph.store import Graph
from florey.graph.writer import write_graph
from florey.records import ANSWER, Edge, Question, Strength
from florey.synthesis.config import Shape, SynthesisConfig
from florey.synthesis.replay.outdated import Outdated, outdated
from florey.synthesis.replay.verification import verify
from florey.synthesis.synthesizer import synthesize

METAPATHS = (
    *("findings_to_disease", "discriminating_finding", "findings_to_gene"),
    *("findings_inheritance_to_disease", "findings_onset_to_disease"),
)

Change = Callable[[list[Node], list[Edge]], tuple[list[Node], list[Edge]]]


@pytest.fixture(scope="module")
def asked(many: Graph) -> list[Question]:
    config = SynthesisConfig(
        metapaths=dict.fromkeys(METAPATHS, 3), shapes=(Shape(findings=3, options=3),), min_shared=1
    )
    return list(synthesize(many, config).questions)


@pytest.fixture(scope="module")
def question(asked: list[Question]) -> Question:
    return next(q for q in asked if q.metapath == "findings_to_disease")


def updated(graph: Graph, folder: Path, change: Change | None = None) -> Path:
    """The graph in its next release: every edge has another id."""
    columns = (graph.ids, graph.types, graph.names)
    nodes = [Node(i, kind, name) for i, kind, name in zip(*columns, strict=True)]
    edges = [graph.edge_at(row) for row in range(graph.manifest["counts"]["edges"])]
    edges = [
        e.model_copy(update={"id": f"{e.id}-2", "evidence": e.evidence.model_copy(update={"release": "2"})})
        for e in edges
    ]
    write_graph(*(change(nodes, edges) if change else (nodes, edges)), folder, release="2", licences=[])
    return folder


def broken(found: list[Outdated]) -> dict[str, str]:
    return {each.question_id: each.reason for each in found if each.kind == "broken"}


def test_the_graph_itself_makes_nothing_outdated(asked: list[Question], many: Graph) -> None:
    assert {q.metapath for q in asked} == set(METAPATHS)
    assert outdated(asked, many.folder) == []


def test_a_new_release_that_says_the_same_breaks_nothing(asked: list[Question], many: Graph, tmp_path: Path) -> None:
    new = updated(many, tmp_path / "new")
    assert len(verify(asked, new)) == len(asked)  # each cites a digest and edges that are gone
    found = outdated(asked, new)
    assert broken(found) == {}
    assert {each.question_id for each in found} == {q.id for q in asked}
    assert "which is gone" in found[0].reason


def without_an_answers_edge(question: Question) -> Change:
    condition = next(c for c in question.conditions if c.holds)

    def change(nodes: list[Node], edges: list[Edge]) -> tuple[list[Node], list[Edge]]:
        gone = (question.answer_id, condition.relation, condition.object)
        return nodes, [e for e in edges if (e.subject, e.relation, e.object) != gone]

    return change


def with_a_distractor_that_fits(question: Question) -> Change:
    option = next(o for o in question.option_ids if o != question.answer_id)

    def change(nodes: list[Node], edges: list[Edge]) -> tuple[list[Node], list[Edge]]:
        ours = [c for c in question.conditions if c.subject == ANSWER]
        pairs = {(option, c.object) for c in ours}
        kept = [e for e in edges if (e.subject, e.object) not in pairs]
        new = [
            edges[0]
            .model_copy(update={"id": f"new-{i}", "subject": option, "relation": c.relation, "object": c.object})
            .model_copy(update={"positive": c.holds})
            for i, c in enumerate(ours)
        ]
        return nodes, kept + new

    return change


def without_a_distractor(question: Question) -> Change:
    option = next(o for o in question.option_ids if o != question.answer_id)

    def change(nodes: list[Node], edges: list[Edge]) -> tuple[list[Node], list[Edge]]:
        return [n for n in nodes if n.id != option], [e for e in edges if option not in (e.subject, e.object)]

    return change


def with_another_name(question: Question) -> Change:
    def change(nodes: list[Node], edges: list[Edge]) -> tuple[list[Node], list[Edge]]:
        return [Node(n.id, n.type, "Quite another") if n.id == question.answer_id else n for n in nodes], edges

    return change


def with_a_common_gene(question: Question) -> Change:
    def change(nodes: list[Node], edges: list[Edge]) -> tuple[list[Node], list[Edge]]:
        gene = next(e for e in edges if e.relation == "associated_gene")
        new = [gene.model_copy(update={"id": f"n{i}", "subject": o}) for i, o in enumerate(question.option_ids)]
        mine = [e for e in edges if not (e.relation == "associated_gene" and e.subject in question.option_ids)]
        return nodes, mine + new

    return change


def with_a_contradicted_answer(question: Question) -> Change:
    """A NOT beside the answer's own edge leaves it unknown."""

    def change(nodes: list[Node], edges: list[Edge]) -> tuple[list[Node], list[Edge]]:
        held = next(c for c in question.conditions if c.holds)
        triple = (question.answer_id, held.relation, held.object)
        said = next(e for e in edges if (e.subject, e.relation, e.object) == triple)
        return nodes, [*edges, said.model_copy(update={"id": "denial", "positive": False})]

    return change


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (without_an_answers_edge, "no longer satisfies the stem: '.*' was present and is now (absent|unknown)"),
        (with_a_contradicted_answer, "no longer satisfies the stem: '.*' was present and is now unknown"),
        (with_a_distractor_that_fits, "now satisfies the stem too"),
        (without_a_distractor, "is no longer in the graph"),
        (with_another_name, "is not the name of"),
        (with_a_common_gene, "share a gene"),
    ],
)
def test_each_way_to_stop_holding_is_named(
    question: Question, many: Graph, tmp_path: Path, change: Callable[[Question], Change], reason: str
) -> None:
    new = updated(many, tmp_path / "new", change(question))
    found = broken(outdated([question], new))
    assert list(found) == [question.id]
    assert re.search(reason, found[question.id])


def test_a_distractor_that_was_denied_and_is_now_merely_not_mentioned_is_stale(many: Graph, tmp_path: Path) -> None:
    """The closed world still excludes it, but that is less than a denial."""
    shapes = (Shape(findings=3, options=3),)
    config = SynthesisConfig(metapaths={"findings_to_disease": 30}, shapes=shapes, min_shared=1)
    asked = list(synthesize(many, config).questions)

    def change(nodes: list[Node], edges: list[Edge]) -> tuple[list[Node], list[Edge]]:
        return nodes, [e for e in edges if e.positive]

    found = outdated(asked, updated(many, tmp_path / "new", change))
    assert broken(found) == {}
    less = f"rests on less: {Strength.NEGATED} before, {Strength.CLOSED_WORLD} now"
    assert any(less in each.reason for each in found)


def test_a_question_without_a_certificate_is_named(question: Question, many: Graph) -> None:
    bare = question.model_copy(update={"certificate": None})
    assert broken(outdated([bare], many.folder)) == {bare.id: "no certificate, option ids or conditions"}
