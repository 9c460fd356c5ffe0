"""Regions, and parts of a graph as graphs: what held between kept nodes still holds, and nothing else does."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from florey.cli.graph import graph as command
from florey.errors import BadInput
from florey.graph.model import Node, Statement, statement
from florey.graph.presence import Presence
from florey.graph.sampling.region import METHODS, region
from florey.graph.sampling.subgraph import faithful, write_subgraph
from florey.graph.sources import Licence
from florey.graph.store import Graph
from florey.graph.writer import write_graph
from florey.records import Edge


def edge(subject: str, relation: str, object: str, **details: object) -> Statement:
    return statement(subject, relation, object, "made", "1", **details)


# F:0 all > F:1 rash > F:2 blue rash > F:3 dark blue rash; F:0 > F:4 fever
NODES = [
    *(
        Node(f"F:{i}", "finding", name)
        for i, name in enumerate(("All", "Rash", "Blue rash", "Dark blue rash", "Fever"))
    ),
    *(Node(f"D:{i}", "disease", f"Disease {i}", (f"The {i}th",), (f"X:{i}",), ("made",)) for i in range(12)),
    Node("G:1", "gene", "One"),
    Node("O:0", "onset", "Onset"),
    Node("O:1", "onset", "Early"),
    Node("M:1", "modifier", "Left"),
    Node("M:2", "modifier", "Right"),
]
EDGES = [
    edge("F:1", "is_a", "F:0"),
    edge("F:2", "is_a", "F:1"),
    edge("F:3", "is_a", "F:2"),
    edge("F:4", "is_a", "F:0"),
    edge("O:1", "is_a", "O:0"),
    edge("D:0", "has_finding", "F:2", frequency="3/4", onset="O:1", modifier="M:1;M:2", reference="PMID:1"),
    edge("D:1", "has_finding", "F:3"),
    edge("D:1", "has_finding", "F:4", negated=True),
    edge("D:2", "has_finding", "F:4"),
    *(edge(f"D:{i}", "associated_gene", "G:1") for i in range(12)),
]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Graph:
    folder = tmp_path_factory.mktemp("whole") / "g"
    sources = {"made": Licence("CC0-1.0", "Nobody")}
    write_graph(NODES, EDGES, folder, release="2020", licences=["CC0-1.0: Nobody"], sources=sources)
    return Graph.open(folder)


def part(whole: Graph, folder: Path, *ids: str) -> Graph:
    write_subgraph(whole, [whole.index(node) for node in ids], folder)
    return Graph.open(folder, verify=True)


def edges_of(graph: Graph) -> list[Edge]:
    return [graph.edge_at(row) for row in range(len(graph.edge_keys))]


def test_an_annotation_to_a_kept_term_still_has_its_ancestors(whole: Graph, tmp_path: Path) -> None:
    made = part(whole, tmp_path / "p", "D:1", "F:3")
    assert set(made.ids) == {"D:1", "F:3", "F:2", "F:1", "F:0"}
    presence = Presence(made)
    for finding in ("F:3", "F:2", "F:1", "F:0"):
        assert presence.support(made.index("D:1"), "has_finding", made.index(finding)).state == "present"


def test_what_holds_by_way_of_a_dropped_term_still_holds(whole: Graph, tmp_path: Path) -> None:
    """D:1 has a rash because it has a dark blue one: dropping that term would turn the truth over."""
    made = part(whole, tmp_path / "p", "D:1", "F:1")
    assert "F:3" in made and "F:4" not in made
    assert Presence(made).support(made.index("D:1"), "has_finding", made.index("F:1")).state == "present"


def test_what_links_nothing_is_dropped(whole: Graph) -> None:
    assert np.flatnonzero(faithful(whole, [whole.index("D:1"), whole.index("D:2")])).tolist() == [
        whole.index("D:1"),
        whole.index("D:2"),
    ]


def test_denials_evidence_and_its_terms_stay(whole: Graph, tmp_path: Path) -> None:
    made = part(whole, tmp_path / "p", "D:0", "D:1", "F:2", "F:4")
    assert {"O:1", "O:0", "M:1", "M:2"} <= set(made.ids) and "G:1" not in made
    before = {each.id: each for each in edges_of(whole)}
    after = {each.id: each for each in edges_of(made)}
    assert after == {i: each for i, each in before.items() if each.subject in made and each.object in made}
    assert any(not each.positive for each in after.values())
    assert Presence(made).support(made.index("D:1"), "has_finding", made.index("F:4")).state == "absent"
    node, there = whole.index("D:0"), made.index("D:0")
    for column in ("names", "types", "aliases", "xrefs", "found_in"):
        assert getattr(made, column)[there] == getattr(whole, column)[node]
    assert (made.release, made.licences, made.sources) == (whole.release, whole.licences, whole.sources)
    assert made.manifest["part_of"]["digest"] == whole.digest != made.digest


@pytest.mark.parametrize("seed", range(15))
def test_presence_between_kept_nodes_is_that_of_the_whole(seed: int, tmp_path: Path) -> None:
    """Random ontologies, annotations and choices: every kept disease satisfies of the kept terms what it did."""
    draw = np.random.default_rng(seed)
    nodes = [Node(f"F:{i:02}", "finding", f"F{i}") for i in range(40)]
    nodes += [Node(f"D:{i:02}", "disease", f"D{i}") for i in range(15)]
    up = {(i, int(draw.integers(0, i))) for i in range(1, 40) for _ in range(2)}
    notes = {(int(draw.integers(0, 15)), int(draw.integers(0, 40))) for _ in range(60)}
    edges = [edge(f"F:{a:02}", "is_a", f"F:{b:02}") for a, b in sorted(up)]
    edges += [edge(f"D:{a:02}", "has_finding", f"F:{b:02}") for a, b in sorted(notes)]
    write_graph(nodes, edges, tmp_path / "w", release="1", licences=["x"])
    whole = Graph.open(tmp_path / "w")
    made = part(whole, tmp_path / "p", *(whole.ids[i] for i in draw.choice(55, 8, replace=False)))
    for node in made.ids:
        for table in ("has_finding", "is_a"):
            now = {made.ids[i] for i in made.table(table, "closure").row(made.index(node)).tolist()}
            then = {whole.ids[i] for i in whole.table(table, "closure").row(whole.index(node)).tolist()}
            assert now == then & {*made.ids}


@pytest.mark.parametrize("method", METHODS)
def test_region(whole: Graph, method: str) -> None:
    start = whole.index("D:3")
    found = region(whole, [start], method, 8, seed=1)
    assert len(found) == 8 and start in found and (np.diff(found) > 0).all()
    np.testing.assert_array_equal(region(whole, [start, start], method, 8, seed=1), found)
    genes = {*whole.of_type("gene").tolist(), *whole.of_type("disease").tolist()}
    assert {*region(whole, [start], method, 99, seed=1, relations=["associated_gene"]).tolist()} == genes
    assert region(whole, [start], method, 1).tolist() == [start]
    assert region(whole, [start], method, 5, relations=["has_finding"]).tolist() == [start]


def test_the_walk_prefers_what_is_near(whole: Graph) -> None:
    """From dark blue rash: its disease and the broader term before all that these lead to."""
    found = region(whole, [whole.index("F:3")], "walk", 3, relations=["is_a", "has_finding"])
    assert {whole.ids[i] for i in found.tolist()} == {"F:3", "D:1", "F:2"}


def test_radius(whole: Graph) -> None:
    found = region(whole, [whole.index("F:3")], "ego", 99, radius=1)
    assert {whole.ids[i] for i in found.tolist()} == {"F:3", "D:1", "F:2"}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (([0], "wlk", 5), "did you mean 'walk'"),
        (([0], "walk", 5, 0, ["has_findin"]), "did you mean 'has_finding'"),
        (([0], "walk", 5, 0, ["treated_by"]), "no edge of the relation 'treated_by'; it has is_a, has_finding"),
        (([], "walk", 5), "around 0"),
        (([0, 1, 2], "walk", 2), "2 nodes around 3"),
    ],
)
def test_bad_regions(whole: Graph, arguments: tuple, said: str) -> None:
    with pytest.raises(BadInput, match=said):
        region(whole, *arguments)


def sample(whole: Graph, out: Path, *arguments: str) -> Result:
    return CliRunner().invoke(command, ["sample", str(whole.folder), "--out", str(out), *arguments])


@pytest.mark.parametrize("method", METHODS)
def test_command(whole: Graph, tmp_path: Path, method: str) -> None:
    arguments = ("--start", "disease 1", "--start", "F:3", "--nodes", "6", "--method", method, "--seed", "3")
    result = sample(whole, tmp_path / "a", *arguments)
    assert result.exit_code == 0, (result.output, result.exception)
    made = Graph.open(tmp_path / "a", verify=True)
    assert f"{len(made)} nodes" in result.output and "is_a" in result.output and "6 nodes drawn" in result.output
    assert {"D:1", "F:3", "F:2", "F:1", "F:0"} <= set(made.ids)
    assert made.manifest["sampled"]["start"] == ["D:1", "F:3"]
    sample(whole, tmp_path / "b", *arguments)
    assert Graph.open(tmp_path / "b").manifest == made.manifest


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--start", "Disease 100", "--nodes", "5"), "did you mean"),
        (("--start", "D:1", "--nodes", "5", "--method", "fir"), "did you mean 'fire'"),
        (("--start", "D:1", "--nodes", "5", "--radius", "2"), "--radius: is of --method ego"),
        (("--start", "D:1", "--nodes", "5", "--relation", "treatedby"), "did you mean 'treated_by'"),
    ],
)
def test_bad_commands_write_nothing(whole: Graph, tmp_path: Path, arguments: tuple[str, ...], said: str) -> None:
    result = sample(whole, tmp_path / "out", *arguments)
    assert isinstance(result.exception, BadInput) and said in str(result.exception)
    assert not (tmp_path / "out").exists()


def test_neither_the_graph_itself_nor_another_folder_is_overwritten(whole: Graph, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    for out, said in ((whole.folder, "the graph that is sampled"), (tmp_path, "is not a graph")):
        result = sample(whole, out, "--start", "D:1", "--nodes", "3")
        assert isinstance(result.exception, BadInput) and said in str(result.exception)
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]
    assert len(Graph.open(whole.folder, verify=True)) == len(NODES)
