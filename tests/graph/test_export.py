"""Every format, read back by another reader: nothing lost, nothing said otherwise, licences beside it."""

import csv
import json
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from florey.errors import BadInput
from florey.graph.export import FORMATS, export, tables
from florey.graph.export.kgx import CATEGORIES, PREDICATES
from florey.graph.model import NODE_TYPES, RELATIONS, Node, Statement, statement
from florey.graph.sources import Licence
from florey.graph.store import Graph
from florey.graph.writer import write_graph

NASTY = 'A "quoted", tabbed\tname\nof <two> & lines\x00\x0b\ufffe|; é'
QUOTE = "Wobble; may <cause> a\trash | or \x1f not."
NODES = [
    Node("D:1", "disease", NASTY, ("one|two", "three"), ("MESH:D000001", "UMLS:C1"), ("text", "curated")),
    Node("D:2", "disease", "Plain"),
    Node("F:1", "finding", "Rash"),
    Node("G:1", "gene", "G"),
]
EDGES = [
    statement("D:1", "has_finding", "F:1", "curated:x_y", "1", reference="PMID:1;PMID:2", frequency="3/4"),
    statement("D:1", "has_finding", "F:1", "curated:x_y", "1", negated=True, reference="PMID:3"),
    statement("D:1", "has_symptom", "F:1", "text", "2", page="P", revision="7", quote=QUOTE, start=3, end=9, score=0.5),
    statement("D:2", "associated_gene", "G:1", "curated:x_y", "1"),
]


def build(folder: Path, nodes: list[Node] = NODES, edges: list[Statement] = EDGES) -> Graph:
    sources = {"text": Licence("CC-BY-SA-4.0", "The authors of P"), "curated:x_y": Licence("CC0-1.0", "Nobody")}
    write_graph(nodes, edges, folder, release="1", licences=["CC-BY-SA-4.0: the authors"], sources=sources)
    return Graph.open(folder)


@pytest.fixture
def graph(tmp_path: Path) -> Graph:
    return build(tmp_path / "g")


def rows(path: Path, delimiter: str, quoting: int) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as lines:
        return list(csv.DictReader(lines, delimiter=delimiter, quoting=quoting))


def test_kgx(graph: Graph, tmp_path: Path) -> None:
    export(graph, "kgx", tmp_path / "out")
    nodes = rows(tmp_path / "out/nodes.tsv", "\t", csv.QUOTE_NONE)
    assert [node["id"] for node in nodes] == ["D:1", "D:2", "F:1", "G:1"]
    assert nodes[0]["name"] == 'A "quoted", tabbed name of <two> & lines \ufffe|; é'
    assert nodes[0]["synonym"] == "one/two|three" and nodes[0]["xref"] == "MESH:D000001|UMLS:C1"
    assert nodes[2]["category"] == "biolink:PhenotypicFeature" and nodes[1]["xref"] == ""
    edges = {edge["id"]: edge for edge in rows(tmp_path / "out/edges.tsv", "\t", csv.QUOTE_NONE)}
    assert edges.keys() == {edge.edge_id for edge in EDGES}
    first, denied, read, gene = (edges[edge.edge_id] for edge in EDGES)
    assert first["publications"] == "PMID:1|PMID:2" and first["frequency"] == "3/4"
    assert first["primary_knowledge_source"] == "infores:curated-x-y" and first["source"] == "curated:x_y"
    assert [edge["negated"] for edge in (first, denied, read)] == ["false", "true", "false"]
    assert read["quote"] == "Wobble; may <cause> a rash | or   not." and (read["start"], read["score"]) == ("3", "0.5")
    assert (gene["predicate"], gene["relation"]) == ("biolink:condition_associated_with_gene", "associated_gene")


def test_every_type_has_a_category_and_predicates_are_of_relations() -> None:
    assert CATEGORIES.keys() == set(NODE_TYPES)
    assert PREDICATES.keys() <= RELATIONS.keys()


def test_parquet(graph: Graph, tmp_path: Path) -> None:
    export(graph, "parquet", tmp_path / "out")
    nodes, edges = (pl.read_parquet(tmp_path / f"out/{name}.parquet") for name in ("nodes", "edges"))
    assert nodes.row(0, named=True)["name"] == NASTY and nodes["aliases"].to_list()[0] == ["one|two", "three"]
    assert dict(zip(edges["edge_id"], edges["positive"], strict=True)) == {e.edge_id: e.positive for e in EDGES}
    assert edges.filter(pl.col("quote") == QUOTE)["subject_name"].to_list() == [NASTY]
    assert edges["object_type"].to_list() == [{"F:1": "finding", "G:1": "gene"}[i] for i in edges["object"]]
    assert edges["edge_id"].to_list() == graph.edge_table()["edge_id"].to_list()


def test_graphml_is_read_by_networkx(graph: Graph, tmp_path: Path) -> None:
    networkx = pytest.importorskip("networkx")
    export(graph, "graphml", tmp_path / "out")
    read = networkx.read_graphml(tmp_path / "out/graph.graphml", force_multigraph=True)
    assert read.is_directed() and (read.number_of_nodes(), read.number_of_edges()) == (4, 4)
    assert read.nodes["D:1"]["name"] == 'A "quoted", tabbed\tname\nof <two> & lines|; é'
    edges = {key: data for _, _, key, data in read.edges(keys=True, data=True)}
    assert {key: data["positive"] for key, data in edges.items()} == {e.edge_id: e.positive for e in EDGES}
    told = edges[EDGES[2].edge_id]
    assert (told["quote"], told["score"], told["start"]) == ("Wobble; may <cause> a\trash | or  not.", 0.5, 3)
    assert "frequency" not in told


def test_neo4j_csv(graph: Graph, tmp_path: Path) -> None:
    export(graph, "neo4j-csv", tmp_path / "out")
    nodes = rows(tmp_path / "out/nodes.csv", ",", csv.QUOTE_MINIMAL)
    assert nodes[0]["name"] == 'A "quoted", tabbed name of <two> & lines \ufffe|; é'
    assert nodes[0]["aliases:string[]"].split("|") == ["one/two", "three"]
    edges = rows(tmp_path / "out/edges.csv", ",", csv.QUOTE_MINIMAL)
    assert Counter(edge[":TYPE"] for edge in edges) == Counter(edge.relation for edge in EDGES)
    assert {edge["edge_id"]: edge["positive:boolean"] for edge in edges} == {
        edge.edge_id: str(edge.positive).lower() for edge in EDGES
    }
    assert {edge[":START_ID"] for edge in edges} | {edge[":END_ID"] for edge in edges} <= {n["id:ID"] for n in nodes}
    assert sorted(edge["score:double"] for edge in edges) == ["", "", "", "0.5"]
    assert '--array-delimiter="|"' in (tmp_path / "out/import.sh").read_text()


@pytest.mark.parametrize("format", FORMATS)
def test_licences_travel_and_bytes_depend_on_the_graph_alone(
    graph: Graph, tmp_path: Path, format: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = export(graph, format, tmp_path / "a")
    monkeypatch.setattr(tables, "SLICE", 1)  # a slice a row: the seams do not show
    assert export(graph, format, tmp_path / "b") == names
    for name in names:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes(), name
    told = (tmp_path / "a/LICENCES.txt").read_text()
    assert "CC-BY-SA-4.0: the authors" in told and "The authors of P" in told and graph.digest in told
    noted = json.loads((tmp_path / "a/metadata.json").read_text())
    assert noted["counts"] == {"nodes": 4, "edges": 4} and noted["sources"]["text"]["name"] == "CC-BY-SA-4.0"


@pytest.mark.parametrize("format", FORMATS)
def test_an_empty_graph_is_written(tmp_path: Path, format: str) -> None:
    export(build(tmp_path / "g", [], []), format, tmp_path / "out")
    header = {"kgx": "id\tcategory", "neo4j-csv": "id:ID"}.get(format)
    if header:
        (name,) = (p for p in (tmp_path / "out").glob("nodes.*sv"))
        assert name.read_text().startswith(header) and name.read_text().count("\n") == 1


def test_what_is_no_export_is_not_replaced(graph: Graph, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="did you mean 'graphml'"):
        export(graph, "graphlm", tmp_path / "out")
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "precious.txt").write_text("x")
    with pytest.raises(BadInput, match="exists and is not an export"):
        export(graph, "kgx", mine)
    assert [path.name for path in mine.iterdir()] == ["precious.txt"]
    export(graph, "kgx", tmp_path / "out")
    assert "graph.graphml" in export(graph, "graphml", tmp_path / "out")
    assert not (tmp_path / "out/nodes.tsv").exists()


def test_a_failed_export_leaves_nothing(graph: Graph, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(graph: Graph, folder: Path) -> None:
        (folder / "half").write_text("x")
        raise OSError(28, "No space left on device")

    export(graph, "kgx", tmp_path / "out")
    monkeypatch.setitem(FORMATS, "kgx", failing)
    with pytest.raises(OSError, match="No space"):
        export(graph, "kgx", tmp_path / "out")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["g", "out"]
    assert (tmp_path / "out/nodes.tsv").exists()


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(min_size=1), st.lists(st.text(min_size=1), max_size=3))
def test_any_name_gives_whole_files(tmp_path: Path, name: str, aliases: list[str]) -> None:
    surrogates = any("\ud800" <= letter <= "\udfff" for text in (name, *aliases) for letter in text)
    if surrogates:  # no UTF-8, so in no graph
        return
    graph = build(tmp_path / "h", [Node("D:1", "disease", name, tuple(aliases)), *NODES[1:]])
    for format in ("kgx", "graphml", "neo4j-csv"):
        export(graph, format, tmp_path / format)
    assert len(rows(tmp_path / "kgx/nodes.tsv", "\t", csv.QUOTE_NONE)) == 4
    assert len(rows(tmp_path / "neo4j-csv/nodes.csv", ",", csv.QUOTE_MINIMAL)) == 4
    assert len(ElementTree.parse(tmp_path / "graphml/graph.graphml").findall(".//{*}node")) == 4
