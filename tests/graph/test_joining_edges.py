"""Statements on joined entities: rewritten once, never circular, contradictions listed."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from florey.errors import BadInput
from florey.graph.joining.edges import Rewriter, on_circles, open_circles, renamed
from florey.graph.joining.join import join
from florey.graph.joining.pool import Pool
from florey.graph.model import Node, Statement, statement

Given = tuple[Sequence[Node], Sequence[Statement]]


def rewrite(*sources: Given, strict: bool = True) -> tuple[list[Statement], Rewriter]:
    pool = Pool()
    for place, (nodes, _) in enumerate(sources):
        pool.add(f"source{place}", nodes)
    rewriter = Rewriter(join(pool))
    found = [
        each
        for place, (_, statements) in enumerate(sources)
        for each in rewriter.rewrite(f"source{place}", statements, strict=strict)
    ]
    return [*found, *rewriter.hierarchy()], rewriter


def disease(id: str, name: str) -> Node:
    return Node(id, "disease", name)


def is_a(child: str, parent: str, source: str) -> Statement:
    return statement(child, "is_a", parent, source, "1")


def test_ends_are_rewritten_and_repeats_counted() -> None:
    drug = Node("DB:1", "drug", "pill")
    first = ([disease("DOID:1", "rash"), drug], [statement("DOID:1", "treated_by", "DB:1", "s", "1", score=2.0)])
    twice = [
        statement(id, "treated_by", "DB:1", "s", "1", negated=bool(no), score=2.0)
        for id in ("X:1", "DOID:1")
        for no in (0, 1)
    ]
    found, rewriter = rewrite(first, ([disease("X:1", "rash")], twice))
    assert [(each.subject, each.positive, each.score) for each in found] == [("DOID:1", True, 2), ("DOID:1", False, 2)]
    assert found[0] == first[1][0]  # what the trusted source said keeps its id
    assert rewriter.dropped["source1"] == {"treated_by: says the same as another": 3}


def test_an_edge_within_one_entity_is_dropped_but_not_one_that_its_source_means() -> None:
    one, other = Node("NCBIGene:1", "gene", "G"), Node("E:1", "gene", "g")
    loops = [statement(*ends, "s", "1") for ends in (("E:1", "interacts_with_gene", "E:1"),)]
    within = [statement("E:1", "interacts_with_gene", "NCBIGene:1", "s", "1")]
    found, rewriter = rewrite(([one], []), ([other], [*loops, *within]))
    assert [(each.subject, each.object) for each in found] == [("NCBIGene:1", "NCBIGene:1")]
    assert rewriter.dropped["source1"] == {"interacts_with_gene: both ends are one entity now": 1}


def test_circles_between_sources_lose_the_least_trusted_edge() -> None:
    trusted = ([disease("DOID:1", "rash"), disease("DOID:2", "skin disease")], [is_a("DOID:1", "DOID:2", "a")])
    other = (
        [disease("X:1", "rash"), disease("X:2", "skin disease"), disease("X:3", "thing")],
        [is_a("X:2", "X:1", "b"), is_a("X:3", "X:1", "b")],
    )
    found, rewriter = rewrite(trusted, other)
    assert {(each.subject, each.object) for each in found} == {("DOID:1", "DOID:2"), ("X:3", "DOID:1")}
    assert [(each.statement.subject, each.source) for each in rewriter.broken] == [("DOID:2", "source1")]
    assert rewriter.dropped["source1"] == {"is_a: closes a circle": 1}


def test_a_circle_within_one_strict_source_is_refused() -> None:
    nodes = [disease("DOID:1", "a"), disease("DOID:2", "b")]
    circle = [is_a("DOID:1", "DOID:2", "s"), is_a("DOID:2", "DOID:1", "s")]
    with pytest.raises(BadInput, match="source0: is_a has a cycle through 2 edges"):
        rewrite((nodes, circle))
    found, rewriter = rewrite((nodes, circle), strict=False)
    assert len(found) == 1 and rewriter.dropped["source0"] == {"is_a: closes a circle": 1}


def test_what_no_longer_fits_a_type_is_counted_and_what_never_fitted_is_refused() -> None:
    symptom = statement("DOID:1", "has_finding", "X:1", "s", "1")
    changed = [Node("X:1", "disease", "cough")], []
    says = [disease("DOID:1", "rash"), Node("X:1", "finding", "cough")], [symptom]
    found, rewriter = rewrite(changed, says)
    assert found == [] and rewriter.dropped["source1"] == {"has_finding: from disease to disease": 1}
    wrong = [disease("DOID:1", "rash"), Node("X:1", "gene", "G")], [symptom]
    with pytest.raises(BadInput, match="leads from disease to gene; expected disease to finding"):
        rewrite(wrong)
    found, rewriter = rewrite(wrong, strict=False)
    assert found == [] and rewriter.dropped["source0"] == {"has_finding: from disease to gene": 1}


def test_an_unknown_node_is_refused_or_counted() -> None:
    source = [disease("DOID:1", "rash")], [is_a("DOID:1", "DOID:11", "s")]
    with pytest.raises(BadInput, match=r"no node 'DOID:11' \(did you mean 'DOID:1'"):
        rewrite(source)
    assert rewrite(source, strict=False)[1].dropped["source0"] == {"is_a: unknown node": 1}


def test_a_renamed_statement_says_the_same() -> None:
    whole = statement(
        *("A:1", "has_finding", "B:1", "s", "1"), negated=True, reference="PMID:1", frequency="1/3", quote="q", start=4
    )
    moved = renamed(whole, "A:2", "B:1")
    assert moved.edge_id != whole.edge_id and moved._replace(edge_id="", subject="") == whole._replace(
        edge_id="", subject=""
    )
    assert renamed(moved, "A:1", "B:1") == whole


PAIRS = st.dictionaries(
    st.tuples(st.sampled_from("abcde"), st.sampled_from("abcde")), st.integers(0, 2), min_size=1, max_size=14
)


@given(PAIRS)
def test_circles_are_opened_with_no_more_than_needed(standing: dict[tuple[str, str], int]) -> None:
    removed = open_circles(standing)
    left = set(standing) - removed
    assert on_circles(left) == set()
    for pair in removed:  # of every circle that it lay on, nothing less trusted is left
        assert pair in on_circles({*left, pair} | {other for other in removed if standing[other] <= standing[pair]})
