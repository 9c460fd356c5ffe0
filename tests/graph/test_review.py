"""Samples that are even, judgements that are kept, precision that is worked out right."""

import json
from pathlib import Path

import pytest

from florey.errors import BadInput
from florey.graph.model import Node, Statement, statement
from florey.graph.precision import agreement, cohens_kappa, report
from florey.graph.review import Reviews, Stratum, draw, read_answers, sample_line, strata
from florey.graph.store import Graph
from florey.graph.writer import write_graph
from florey.intervals import wilson


def statements() -> list[Statement]:
    """60 findings and 20 genes from one source, 6 findings from another."""
    many = [statement(f"D:{i // 6}", "has_finding", f"F:{i % 6}", "curated", "1") for i in range(60)]
    genes = [statement(f"D:{i // 2}", "associated_gene", f"G:{i % 2}", "curated", "1") for i in range(20)]
    text = [statement(f"D:{i}", "has_finding", "F:0", "text", "1", quote=f"D{i} has F0.") for i in range(6)]
    return [*many, *genes, *text]


@pytest.fixture
def graph(tmp_path: Path) -> Graph:
    return written(tmp_path / "g", statements())


def written(folder: Path, edges: list[Statement]) -> Graph:
    nodes = [Node(f"D:{i}", "disease", f"D{i}") for i in range(10)]
    nodes += [Node(f"F:{i}", "finding", f"F{i}") for i in range(6)]
    nodes += [Node(f"G:{i}", "gene", f"G{i}") for i in range(2)]
    write_graph(nodes, edges, folder, release="1", licences=["CC0"])
    return Graph.open(folder)


def drawn(graph: Graph, count: int, seed: int = 0, **only: list[str]) -> list[str]:
    return [edge.id for edge in draw(graph, strata(graph, **only), count, seed)]


def test_strata_take_turns_and_the_small_one_runs_out(graph: Graph) -> None:
    groups = strata(graph)
    assert {s: len(rows) for s, rows in groups.items()} == {
        Stratum("curated", "associated_gene"): 20,
        Stratum("curated", "has_finding"): 60,
        Stratum("text", "has_finding"): 6,
    }
    sample = draw(graph, groups, 30, 0)
    sources = [(e.evidence.source, e.relation) for e in sample]
    assert sources[:3] == [tuple(s) for s in groups]
    assert [sources.count(tuple(s)) for s in groups] == [12, 12, 6]
    assert len(drawn(graph, 1000)) == len(set(drawn(graph, 1000))) == 86


def test_a_sample_depends_on_the_seed_alone_and_a_longer_one_begins_the_same(graph: Graph) -> None:
    assert drawn(graph, 10) == drawn(graph, 40)[:10] == drawn(graph, 10)
    assert drawn(graph, 10) != drawn(graph, 10, seed=1)
    genes = drawn(graph, 5, relations=["associated_gene"])
    assert genes == [edge for edge in drawn(graph, 40) if graph.edge(edge).relation == "associated_gene"][:5]


def test_an_update_leaves_the_sample_of_what_it_leaves_alone(graph: Graph, tmp_path: Path) -> None:
    fewer = written(tmp_path / "new", statements()[5:])
    kept = [edge for edge in drawn(graph, 86) if edge in set(drawn(fewer, 86))]
    gene = "associated_gene"
    assert drawn(fewer, 7, relations=[gene]) == drawn(graph, 7, relations=[gene])
    mine = [e for e in kept if graph.edge(e).relation == "has_finding" and graph.edge(e).evidence.source == "curated"]
    assert drawn(fewer, 9, relations=["has_finding"], sources=["curated"]) == mine[:9]


@pytest.mark.parametrize(("only", "said"), [("relations", "has_finding"), ("sources", "curated")])
def test_what_has_no_edge_is_refused_with_the_nearest(graph: Graph, only: str, said: str) -> None:
    with pytest.raises(BadInput, match=f"did you mean '{said}'"):
        drawn(graph, 1, **{only: [said[:-1]]})


def test_judgements_are_kept_taken_back_and_leave_the_graph_whole(graph: Graph) -> None:
    reviews, (a, b, *_) = Reviews(graph), drawn(graph, 5)
    reviews.add("Dr. Ü / X", [(a, "right"), (b, "wrong")])
    reviews.add("Dr. Ü / X", [(b, None), (a, "unsure")])
    assert Reviews(graph).verdicts("Dr. Ü / X") == {a: "unsure"}
    assert Reviews(graph).reviewers() == ["Dr. Ü / X"]
    assert [path.parent for path in graph.folder.rglob("*.jsonl")] == [graph.folder / "reviews"]
    assert Graph.open(graph.folder, verify=True).digest == graph.digest
    written(graph.folder, statements()[1:])
    assert Reviews(Graph.open(graph.folder)).verdicts("Dr. Ü / X") == {a: "unsure"}  # and stay when it is built again


def test_a_line_cut_short_is_dropped_and_a_damaged_one_is_named(graph: Graph) -> None:
    reviews, (a, b, c, *_) = Reviews(graph), drawn(graph, 5)
    reviews.add("me", [(a, "right"), (b, "wrong")])
    path = graph.folder / "reviews" / "me.jsonl"
    path.write_bytes(path.read_bytes()[:-9])
    assert reviews.verdicts("me") == {a: "right"}
    reviews.add("me", [(c, "unsure")])
    assert reviews.verdicts("me") == {a: "right", c: "unsure"}
    path.write_bytes(b"{}\n" + path.read_bytes())
    with pytest.raises(BadInput, match=r"me\.jsonl, line 1"):
        reviews.verdicts("me")


@pytest.mark.parametrize("name", ["", "  ", "x" * 61])
def test_a_reviewer_needs_a_name(graph: Graph, name: str) -> None:
    with pytest.raises(BadInput, match="--by"):
        Reviews(graph).add(name, [])


def test_a_sample_is_judged_elsewhere_and_read_back(graph: Graph, tmp_path: Path) -> None:
    sample = draw(graph, strata(graph), 6, 0)
    lines = [json.loads(sample_line(graph, edge)) for edge in sample]
    assert lines[2]["evidence"]["quote"].startswith("D") and lines[2]["verdict"] is None
    assert lines[0]["subject"]["name"] == graph.names[graph.index(sample[0].subject)]
    for line, verdict in zip(lines, ["right", "wrong", None, "unsure", "right", "right"], strict=True):
        line["verdict"] = verdict
    path = tmp_path / "judged.jsonl"
    path.write_text("\n".join(map(json.dumps, lines)))
    assert [verdict for _, verdict in read_answers(path, graph)] == ["right", "wrong", "unsure", "right", "right"]
    for damage in ('{"edge": "e-no", "verdict": "right"}', f'{{"edge": "{sample[0].id}", "verdict": "yes"}}'):
        path.write_text(json.dumps(lines[0]) + "\n" + damage)
        with pytest.raises(BadInput, match="line 2"):
            read_answers(path, graph)


def test_precision_by_stratum_and_weighted(graph: Graph) -> None:
    reviews = Reviews(graph)
    findings = drawn(graph, 10, relations=["has_finding"], sources=["curated"])
    genes = drawn(graph, 5, relations=["associated_gene"])
    reviews.add("me", [(edge, "right") for edge in findings[:8]] + [(edge, "wrong") for edge in findings[8:]])
    reviews.add("me", [(genes[0], "right"), *((edge, "wrong") for edge in genes[1:4]), (genes[4], "unsure")])
    found = report(reviews, "me")
    by_gene, by_finding = found.strata
    assert (by_gene.right, by_gene.wrong, by_gene.unsure, by_gene.size) == (1, 3, 1, 20)
    assert by_finding.precision is not None and by_gene.precision is not None and found.overall is not None
    assert (by_finding.precision.lo, by_finding.precision.hi) == pytest.approx(wilson(8, 10))
    assert by_gene.precision.value == 0.25
    assert (by_gene.if_unsure_wrong.value, by_gene.if_unsure_right.value) == (0.2, 0.4)
    assert found.overall.precision is not None
    assert found.overall.precision.value == pytest.approx((60 * 0.8 + 20 * 0.25) / 80)
    assert found.covered == pytest.approx(80 / 86)


def test_a_stratum_without_a_decision_leaves_the_whole_undecided(graph: Graph) -> None:
    reviews, (gene, finding, *_) = Reviews(graph), drawn(graph, 5)
    reviews.add("me", [(gene, "right"), (finding, "unsure")])
    overall = report(reviews, "me").overall
    assert overall is not None and overall.precision is None
    assert (overall.if_unsure_wrong.value, overall.if_unsure_right.value) == (0.25, 1.0)
    assert report(reviews, "nobody").overall is None


def test_what_an_update_drops_is_counted_apart(graph: Graph, tmp_path: Path) -> None:
    Reviews(graph).add("me", [(statements()[0].edge_id, "right"), (statements()[1].edge_id, "right")])
    found = report(Reviews(written(graph.folder, statements()[1:])), "me")
    assert (found.gone, found.strata[0].right) == (1, 1)


def test_agreement_of_two(graph: Graph) -> None:
    reviews, edges = Reviews(graph), drawn(graph, 4)
    reviews.add("a", zip(edges, ["right", "right", "wrong", "wrong"], strict=True))
    reviews.add("b", zip(edges[:3], ["right", "wrong", "wrong"], strict=True))
    found = agreement(reviews, "a", "b")
    assert found is not None and (found.edges, found.agreed) == (3, pytest.approx(2 / 3))
    assert found.kappa == pytest.approx((2 / 3 - 4 / 9) / (1 - 4 / 9))
    assert agreement(reviews, "a", "c") is None
    assert cohens_kappa([("right", "right")] * 5) == (1.0, None)
