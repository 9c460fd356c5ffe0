"""The graph folder: same content, same bytes; what does not fit together is refused; damage is noticed."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from florey.errors import BadInput
from florey.graph.csr import Csr
from florey.graph.model import Node, Statement
from florey.graph.store import Graph
from florey.graph.writer import FORMAT, write_graph
from florey.records import Edge, Evidence

NODES = [
    Node("HP:1", "finding", "top", ("summit",)),
    Node("HP:2", "finding", "middle"),
    Node("HP:3", "finding", "low"),
    Node("OMIM:1", "disease", "one"),
    Node("ORPHA:1", "disease", "other"),
    Node("NCBIGene:1", "gene", "G"),
]


def make(name: str, subject: str, relation: str, object: str, positive: bool = True, reference: str = "PMID:1") -> Edge:
    evidence = Evidence(source="test", release="1", reference=reference)
    return Edge(id=name, subject=subject, relation=relation, object=object, positive=positive, evidence=evidence)


EDGES = [
    make("e1", "HP:2", "is_a", "HP:1"),
    make("e2", "HP:3", "is_a", "HP:2"),
    make("e3", "OMIM:1", "has_finding", "HP:3"),
    make("e4", "OMIM:1", "has_finding", "HP:3", reference="PMID:2"),
    make("e5", "OMIM:1", "has_finding", "HP:3", positive=False),
    make("e6", "OMIM:1", "has_finding", "HP:1", positive=False),
    make("e7", "ORPHA:1", "has_finding", "HP:2"),
]


def write(folder: Path, nodes: list[Node] = NODES, edges: list[Edge] = EDGES) -> Graph:
    write_graph(nodes, edges, folder, release="1", licences=["CC0"])
    return Graph.open(folder)


def test_what_is_written_is_read(tmp_path: Path) -> None:
    graph = write(tmp_path / "g")
    assert graph.ids == sorted(node.id for node in NODES)
    one, low = graph.index("OMIM:1"), graph.index("HP:3")
    assert (graph.names[one], graph.types[one], graph.vocabularies[one]) == ("one", "disease", "OMIM")
    assert graph.aliases[graph.index("HP:1")] == ["summit"]
    assert (graph.release, graph.licences) == ("1", ("CC0",))
    assert graph.objects(one, "has_finding").tolist() == [low]  # distinct, positive only
    assert graph.subjects(low, "has_finding").tolist() == [one]
    assert graph.edges_between(one, "has_finding", low) == EDGES[2:5]
    assert graph.edges_between(low, "has_finding", one) == []
    assert [graph.edge(edge.id) for edge in EDGES] == EDGES
    assert {edge.id for edge in graph.edges_of(low)} == {"e2", "e3", "e4", "e5"}
    assert [graph.ids[i] for i in graph.ancestors(low)] == ["HP:1", "HP:2"]
    assert [graph.ids[i] for i in graph.descendants(graph.index("HP:1"))] == ["HP:2", "HP:3"]
    assert [graph.ids[i] for i in graph.of_type("disease")] == ["OMIM:1", "ORPHA:1"]
    assert [graph.ids[i] for i in graph.of_type("disease", "ORPHA")] == ["ORPHA:1"]
    assert graph.of_type("disease", "nothing").tolist() == []


def test_order_does_not_matter_and_content_does(tmp_path: Path) -> None:
    first, second = write(tmp_path / "a"), write(tmp_path / "b", NODES[::-1], EDGES[::-1])
    names = sorted(path.relative_to(tmp_path / "a") for path in (tmp_path / "a").rglob("*") if path.is_file())
    assert all((tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes() for name in names)
    assert first.digest == second.digest
    others = [
        write(tmp_path / "c", NODES, EDGES[:-1]),
        write(tmp_path / "d", [*NODES[:-1], Node("NCBIGene:1", "gene", "H")]),
        write(tmp_path / "e", NODES, [*EDGES[:-1], make("e7", "ORPHA:1", "has_finding", "HP:2", reference="PMID:9")]),
    ]
    assert len({graph.digest for graph in (first, *others)}) == 4


def test_an_empty_graph_opens(tmp_path: Path) -> None:
    graph = write(tmp_path / "g", [], [])
    assert (len(graph), graph.of_type("gene").tolist()) == (0, [])


def test_extras_reach_the_table(tmp_path: Path) -> None:
    write_graph(NODES, [Statement.of(EDGES[2])._replace(sex="MALE")], tmp_path / "g", release="1", licences=[])
    assert Graph.open(tmp_path / "g").edge_table()["sex"].to_list() == ["MALE"]


@pytest.mark.parametrize(
    ("nodes", "edges", "expected"),
    [
        ([*NODES, NODES[0]], EDGES, "node 'HP:1' is given twice"),
        ([Node("X:1", "desease", "x")], [], r"unknown type 'desease' \(did you mean 'disease'"),
        (NODES, [EDGES[0], EDGES[0]], "edge id 'e1' is given twice"),
        (NODES, [make("e", "OMIM:1", "has_finding", "HP:9")], r"no node 'HP:9' \(did you mean"),
        (NODES, [make("e", "OMIM:1", "has_findings", "HP:1")], r"unknown relation 'has_findings' \(did you mean"),
        (
            NODES,
            [make("e", "HP:1", "has_finding", "OMIM:1")],
            "leads from finding to disease; expected disease to finding",
        ),
        (NODES, [*EDGES, make("e", "HP:1", "is_a", "HP:3")], "cycle"),
        (NODES, [make("e", "HP:1", "is_a", "HP:1")], "cycle"),
    ],
)
def test_what_does_not_fit_is_refused_and_nothing_opens(
    tmp_path: Path, nodes: list[Node], edges: list[Edge], expected: str
) -> None:
    with pytest.raises(BadInput, match=expected):
        write(tmp_path / "g", nodes, edges)
    with pytest.raises(BadInput, match="not a graph"):
        Graph.open(tmp_path / "g")


def test_a_graph_of_another_format_is_told_apart(tmp_path: Path) -> None:
    write(tmp_path / "g")
    manifest = tmp_path / "g" / "graph.json"
    manifest.write_text(manifest.read_text().replace(f'"format": {FORMAT}', '"format": 1'))
    with pytest.raises(BadInput, match=rf"expected a graph of format {FORMAT}, found 1; build it again"):
        Graph.open(tmp_path / "g")


def test_damage_is_noticed(tmp_path: Path) -> None:
    write(tmp_path / "g")
    path = tmp_path / "g" / "csr" / "has_finding.closure.indices.npy"
    whole = path.read_bytes()
    path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    with pytest.raises(BadInput, match=r"has_finding\.closure"):
        Graph.open(tmp_path / "g", verify=True)
    graph = Graph.open(tmp_path / "g")
    graph.table("has_finding", "objects")  # what is not damaged can be read
    with pytest.raises(BadInput, match=r"has_finding\.closure"):
        graph.table("has_finding", "closure")
    path.write_bytes(whole[:-1])
    with pytest.raises(BadInput, match=r"has_finding\.closure"):
        Graph.open(tmp_path / "g")
    path.write_bytes(whole)
    Graph.open(tmp_path / "g", verify=True)
    (tmp_path / "g" / "edges.parquet").unlink()
    with pytest.raises(BadInput, match=r"edges\.parquet: missing"):
        Graph.open(tmp_path / "g")


@pytest.mark.parametrize("text", ["{}", "[]", "{", '{"format": 1}', '{"format": 99}'])
def test_a_damaged_manifest_is_refused(tmp_path: Path, text: str) -> None:
    write(tmp_path / "g")
    (tmp_path / "g" / "graph.json").write_text(text)
    with pytest.raises(BadInput, match="expected"):
        Graph.open(tmp_path / "g")


def test_a_failed_rebuild_leaves_the_old_graph(tmp_path: Path) -> None:
    before = write(tmp_path / "g").digest
    with pytest.raises(BadInput):
        write(tmp_path / "g", NODES, [make("e", "OMIM:1", "has_finding", "HP:9")])
    assert Graph.open(tmp_path / "g").digest == before


def test_unknown_names_are_refused_with_the_nearest(tmp_path: Path) -> None:
    graph = write(tmp_path / "g")
    for ask in (
        lambda: graph.index("OMIM:11"),
        lambda: graph.edge("nothing"),
        lambda: graph.objects(0, "has_findin"),
        lambda: graph.of_type("genes"),
        lambda: Graph.open(tmp_path / "nowhere"),
    ):
        with pytest.raises(BadInput):
            ask()
    with pytest.raises(BadInput, match=r"did you mean 'OMIM:1'"):
        graph.index("OMIM:11")


@given(st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7)), max_size=20))
def test_closure_is_reachability(pairs: list[tuple[int, int]]) -> None:
    csr = Csr.from_pairs([a for a, _ in pairs], [b for _, b in pairs], 8)
    reach = np.zeros((8, 8), bool)
    for a, b in pairs:
        reach[a, b] = True
    for k in range(8):
        reach |= np.outer(reach[:, k], reach[k])
    closure, back = csr.closure(), csr.closure().transposed()
    for i in range(8):
        assert closure.row(i).tolist() == np.flatnonzero(reach[i]).tolist()
        assert back.row(i).tolist() == np.flatnonzero(reach[:, i]).tolist()
        assert [closure.has(i, j) for j in range(8)] == reach[i].tolist()
