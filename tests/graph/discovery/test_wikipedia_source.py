"""A journal, or a whole dump, as a source of a graph that is joined with others."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from florey.errors import BadInput
from florey.files import read_json
from florey.graph.build import GraphConfig, build
from florey.graph.discovery.agent import discover
from florey.graph.discovery.journal import Journal
from florey.graph.discovery.page_reader import PageReader
from florey.graph.discovery.reading import End, Reading, Why
from florey.graph.discovery.settings import DiscoverySettings
from florey.graph.extraction.candidate import Candidate
from florey.graph.linking.mention import Name
from florey.graph.sources.wikipedia import Wikipedia
from florey.graph.store import Graph

WHY = Why(expected_type="unknown", specialty="", pull=1, expected_yield=1, rarity=1, scarcity=1, gain=1)


@pytest.fixture
def journal(reader: Callable[..., PageReader], tmp_path: Path) -> Path:
    asyncio.run(discover(reader(), DiscoverySettings(seeds=("Wobble fever",)), tmp_path / "found"))
    return tmp_path / "found"


def statements(path: Path, names: list[Name] | None = None) -> set[tuple[str, str, str, bool, str | None]]:
    source = Wikipedia(path, names or ())
    list(source.nodes())
    return {(each.subject, each.relation, each.object, each.positive, each.quote) for each in source.statements()}


def test_a_dump_gives_what_a_discovery_of_all_its_pages_gives(journal: Path, dump: Path) -> None:
    assert statements(dump) == statements(journal) and len(statements(dump)) > 20


def test_every_edge_has_page_revision_sentence_and_offsets(journal: Path, tmp_path: Path) -> None:
    build(GraphConfig.model_validate({"sources": [{"kind": "wikipedia", "path": journal}]}), tmp_path / "graph")
    graph = Graph.open(tmp_path / "graph")
    edges = [edge for node in range(len(graph)) for edge in graph.edges_of(node)]
    assert edges
    for edge in edges:
        said = edge.evidence
        assert said.page and said.revision and said.quote and said.end is not None and said.start is not None
        assert said.end - said.start == len(said.quote) and said.reference == f"ENWIKI:{said.revision}"
    assert graph.sources["wikipedia"].name == "CC-BY-SA-4.0"


def test_it_is_joined_with_what_is_known_under_the_same_name_or_id(journal: Path, tmp_path: Path) -> None:
    (tmp_path / "known.csv").write_text(
        "id,name,type,xref\nA:1,sway disease,disease,\nA:2,Steady stuff,drug,DRUGBANK:DB99901\nA:3,hiccups,gene,\n"
    )
    (tmp_path / "known.yaml").write_text(
        "source: known\nlicence: {name: CC0-1.0, attribution: invented}\n"
        "nodes:\n  - {id: {column: id}, name: name, type: {column: type}, xrefs: [{column: xref}]}\n"
    )
    table = {"kind": "table", "path": tmp_path / "known.csv", "mapping": str(tmp_path / "known.yaml")}
    config = {"sources": [table, {"kind": "wikipedia", "path": journal}]}
    build(GraphConfig.model_validate(config), tmp_path / "graph")
    graph = Graph.open(tmp_path / "graph")
    assert "ENWIKI:Wobble_fever" in graph.xrefs[graph.index("A:1")], "by an alias"
    assert "ENWIKI:Steadimab" in graph.xrefs[graph.index("A:2")], "by its DrugBank id"
    assert "ENWIKI:Hiccups" in graph and "A:3" in graph, "of another type: a homonym"
    treated = graph.edges_between(graph.index("A:1"), "treated_by", graph.index("A:2"))
    assert {edge.evidence.source for edge in treated} == {"wikipedia"} and len(treated) >= 2


def reading(step: int, title: str, type: str | None, ends: Mapping[str, str]) -> Reading:
    candidates = tuple(
        Candidate(f"ENWIKI:{title}", "has_symptom", end, True, title, 1, "q", 0, 1, "pattern:x", 0.9) for end in ends
    )
    named = {end: End(type=kind, name=end) for end, kind in ends.items()}
    return Reading(
        step=step,
        asked=title,
        title=title,
        outcome="read",
        reason="",
        why=WHY,
        type=type,
        candidates=candidates,
        entities={f"ENWIKI:{title}": End(type="disease", name=title), **named} if ends else {},
    )


def test_what_a_page_says_of_itself_counts_more_than_what_others_say(tmp_path: Path) -> None:
    folder = tmp_path / "found"
    folder.mkdir()
    journal = Journal(folder)
    journal.append([reading(0, "A", "disease", {"ENWIKI:B": "finding"}), reading(1, "B", "drug", {})])
    source = Wikipedia(folder, ())
    assert {node.id: node.type for node in source.nodes()} == {"ENWIKI:A": "disease", "ENWIKI:B": "drug"}
    assert list(source.statements()) == []
    assert source.dropped == Counter({"candidate: types do not fit after all pages were read": 1})


def test_ends_in_the_graph_it_joins_are_no_nodes_of_its_own(tmp_path: Path) -> None:
    folder = tmp_path / "found"
    folder.mkdir()
    Journal(folder).append([reading(0, "A", "disease", {"HP:1": "finding", "HP:2": "finding"})])
    nodes = [node.id for node in Wikipedia(folder, [Name("x", "HP:1", "finding")]).nodes()]
    assert nodes == ["ENWIKI:A", "HP:2"]


def test_a_denial_is_a_negative_statement(dump: Path) -> None:
    found = statements(dump, [Name("Marsh gas", "X:1", "agent")])
    denied = [each[:3] for each in found if not each[3]]
    assert denied == [("ENWIKI:Wobble_fever", "caused_by", "ENWIKI:Marsh_gas")]


def test_drops_are_counted_by_reason(journal: Path) -> None:
    assert Wikipedia(journal, ()).dropped["candidate: instruction"] == 1


def test_a_folder_without_a_journal_is_no_source(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"no journal\.jsonl; expected a folder of 'florey graph discover' or a dump"):
        Wikipedia(tmp_path, ())


def test_equal_journals_give_equal_graphs(journal: Path, tmp_path: Path) -> None:
    config = GraphConfig.model_validate({"sources": [{"kind": "wikipedia", "path": journal}]})
    for name in ("a", "b"):
        build(config, tmp_path / name)
    assert read_json(tmp_path / "a/graph.json") == read_json(tmp_path / "b/graph.json")
