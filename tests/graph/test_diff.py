"""What two graphs say otherwise: nothing of a graph and itself, and the mirror image the other way round."""

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from florey.graph.diff import Diff, NodeChange, Said, Turned, by_relation_and_source, diff
from florey.graph.model import Node, Statement, statement
from florey.graph.store import Graph
from florey.graph.writer import write_graph

NODES = {
    "D:1": Node("D:1", "disease", "One"),
    "D:2": Node("D:2", "disease", "Two", ("Second",)),
    "D:3": Node("D:3", "disease", "Three"),
    "F:1": Node("F:1", "finding", "Rash"),
    "F:2": Node("F:2", "finding", "Wobble"),
}


def say(subject: str, object: str, release: str = "1", source: str = "s", **details: object) -> Statement:
    return statement(subject, "has_finding", object, source, release, **details)  # type: ignore[arg-type]


EDGES = [say("D:1", "F:1"), say("D:1", "F:2", frequency="1/2"), say("D:2", "F:1"), say("D:3", "F:1")]


def build(folder: Path, nodes: dict[str, Node] | None = None, edges: list[Statement] | None = None) -> Graph:
    write_graph(list((nodes or NODES).values()), EDGES if edges is None else edges, folder, release="1", licences=[])
    return Graph.open(folder)


def mirrored(found: Diff) -> Diff:
    return Diff(
        nodes_added=found.nodes_removed,
        nodes_removed=found.nodes_added,
        renamed=tuple(NodeChange(c.id, c.after, c.before) for c in found.renamed),
        retyped=tuple(NodeChange(c.id, c.after, c.before) for c in found.retyped),
        merged=found.split,
        split=found.merged,
        edges_added=found.edges_removed,
        edges_removed=found.edges_added,
        turned=tuple(Turned(*t[:4], t.after, t.before) for t in found.turned),
        restated=found.restated,
    )


def test_every_kind_of_change(tmp_path: Path) -> None:
    nodes = {
        "D:1": Node("D:1", "disease", "One, renamed"),
        "D:2": Node("D:2", "disease", "Two", (), ("D:3",)),  # D:3 is now known as D:2
        "F:1": Node("F:1", "finding", "Rash"),
        "F:2": Node("F:2", "finding", "Wobble"),
        "F:4": Node("F:4", "finding", "New"),
    }
    edges = [
        say("D:1", "F:1", release="2", negated=True),
        say("D:1", "F:2", release="2", frequency="1/3"),
        say("D:2", "F:1", release="2"),
        say("D:2", "F:4", release="2", source="t"),
    ]
    old, new = build(tmp_path / "old"), build(tmp_path / "new", nodes, edges)
    found = diff(old, new)
    assert (found.nodes_added, found.nodes_removed) == (("F:4",), ("D:3",))
    assert found.renamed == (NodeChange("D:1", "One", "One, renamed"),)
    assert found.merged == (("D:3", "D:2"),) and found.split == ()
    assert found.edges_added == (Said("D:2", "has_finding", "F:4", "t", "yes"),)
    assert found.edges_removed == (Said("D:3", "has_finding", "F:1", "s", "yes"),)
    assert found.turned == (Turned("D:1", "has_finding", "F:1", "s", "yes", "NOT"),)
    assert found.restated == 1  # the frequency; the new release alone is no change
    assert list(by_relation_and_source(found.edges_added)) == [("has_finding", "t")]
    assert diff(new, old) == mirrored(found)


def test_a_column_that_one_graph_alone_has_is_new_evidence_only_where_it_is_filled(tmp_path: Path) -> None:
    edges = [EDGES[0], say("D:1", "F:2", frequency="1/2", quote="One wobbles."), *EDGES[2:]]
    found = diff(build(tmp_path / "old"), build(tmp_path / "new", edges=edges))
    assert found.restated == 1 and found._replace(restated=0).empty


def test_a_merge_by_name_and_one_that_two_nodes_claim(tmp_path: Path) -> None:
    by_name = {**NODES, "D:2": Node("D:2", "disease", "Two", ("Three",))}
    by_name.pop("D:3")
    old = build(tmp_path / "old")
    assert diff(old, build(tmp_path / "a", by_name, EDGES[:3])).merged == (("D:3", "D:2"),)
    claimed = {**by_name, "D:1": Node("D:1", "disease", "One", ("Three",))}
    assert diff(old, build(tmp_path / "b", claimed, EDGES[:3])).merged == ()


def test_a_denial_beside_an_assertion_is_both(tmp_path: Path) -> None:
    found = diff(build(tmp_path / "old"), build(tmp_path / "new", edges=[*EDGES, say("D:1", "F:1", negated=True)]))
    assert found.turned == (Turned("D:1", "has_finding", "F:1", "s", "yes", "both"),)


diseases = st.dictionaries(
    st.sampled_from(["D:1", "D:2", "D:3"]),
    st.tuples(st.sampled_from(["One", "Two"]), st.lists(st.sampled_from(["D:1", "D:2", "D:3"]), max_size=2)),
)
said = st.lists(st.tuples(st.integers(0, 2), st.sampled_from(["F:1", "F:2"]), st.booleans(), st.sampled_from("12")))


@pytest.mark.parametrize("same", [True, False])
@settings(max_examples=20, deadline=None)
@given(st.tuples(diseases, said), st.tuples(diseases, said))
def test_a_graph_and_itself_differ_in_nothing_and_the_other_way_is_the_mirror(same: bool, one: tuple, other: tuple):
    with TemporaryDirectory() as folder:
        graphs = []
        for name, (ill, edges) in (("a", one), ("b", one if same else other)):
            nodes = {"F:1": NODES["F:1"], "F:2": NODES["F:2"]}
            nodes |= {i: Node(i, "disease", called, (), tuple(xrefs)) for i, (called, xrefs) in ill.items()}
            ids = sorted(ill)
            told = {say(ids[s], o, r, negated=n) for s, o, n, r in edges if s < len(ids)}
            graphs.append(build(Path(folder) / name, nodes, sorted(told)))
        found = diff(*graphs)
        assert found.empty if same else diff(*graphs[::-1]) == mirrored(found)
