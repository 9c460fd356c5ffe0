"""Entities found by what people call them, and the order of what stands around them."""

from pathlib import Path

import pytest

from florey.errors import BadInput
from florey.graph.model import Node, statement
from florey.graph.neighbourhood import edges_around, find
from florey.graph.store import Graph
from florey.graph.writer import write_graph

NODES = [
    Node("OMIM:1", "disease", "Wobble disease", ("Sea legs",), ("MESH:D000001",)),
    Node("ORPHA:1", "disease", "Wobble Disease"),
    Node("OMIM:2", "disease", "Sea legs syndrome", ("Rash",)),
    Node("HP:1", "finding", "Rash", ("Exanthem",)),
    *(Node(f"HP:{i}", "finding", f"Finding {i}") for i in range(2, 6)),
]
FREQUENCIES = {"HP:2": "1/1", "HP:3": None, "HP:4": "HP:0040281", "HP:5": "2%"}


@pytest.fixture(scope="module")
def graph(tmp_path_factory: pytest.TempPathFactory) -> Graph:
    folder: Path = tmp_path_factory.mktemp("graph")
    edges = [statement("OMIM:1", "has_finding", o, "s", "1", frequency=f) for o, f in FREQUENCIES.items()]
    edges.append(statement("OMIM:1", "has_finding", "HP:1", "s", "1", frequency="90/90"))
    edges.append(statement("OMIM:1", "has_finding", "HP:1", "s", "1", negated=True))
    write_graph(NODES, edges, folder, release="1", licences=[])
    return Graph.open(folder)


@pytest.mark.parametrize(
    ("text", "node"),
    [
        ("OMIM:1", "OMIM:1"),
        ("omim:1", "OMIM:1"),
        ("SEA LEGS", "OMIM:1"),
        (" exanthem ", "HP:1"),
        ("rash", "HP:1"),  # a name goes before another node's alias
        ("mesh:d000001", "OMIM:1"),
        ("ＳＥＡ　ｌｅｇｓ", "OMIM:1"),  # as an input method of Chinese or Japanese writes it
        ("ＨＰ：１", "HP:1"),
    ],
)
def test_an_entity_is_found_by_what_it_is_called(graph: Graph, text: str, node: str) -> None:
    assert graph.ids[find(graph, text)] == node


def test_several_are_listed(graph: Graph) -> None:
    with pytest.raises(BadInput, match=r"(?s)names 2 nodes.*OMIM:1  disease  Wobble disease\n.*ORPHA:1  disease"):
        find(graph, "wobble disease")


@pytest.mark.parametrize(
    ("text", "meant"), [("wobbel disease", "OMIM:1"), ("legs sea", "OMIM:1"), ("syndrome legs", "OMIM:2")]
)
def test_none_names_the_nearest(graph: Graph, text: str, meant: str) -> None:
    with pytest.raises(BadInput, match=rf"did you mean .*\({meant}\)"):
        find(graph, text)


@pytest.mark.parametrize("text", ["", "   ", "xyzzyxyzzy"])
def test_what_is_like_nothing_gets_no_suggestion(graph: Graph, text: str) -> None:
    with pytest.raises(BadInput) as refused:
        find(graph, text)
    assert "did you mean" not in str(refused.value)


def test_the_frequent_come_first_and_denials_last(graph: Graph) -> None:
    around = edges_around(graph, graph.index("OMIM:1"))
    # very frequent: up to 99 %; 90 of 90: 91/92; 1 of 1: 2/3; unknown: 1/2
    assert [edge.object for edge in around] == ["HP:4", "HP:1", "HP:2", "HP:3", "HP:5", "HP:1"]
    assert [edge.positive for edge in around] == [True] * 5 + [False]
