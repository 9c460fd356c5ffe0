"""Many sources into one folder: configuration, the hook for sources that need names, undo, contradictions."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Literal

import polars as pl
import pytest
from click.testing import CliRunner
from pydantic import ValidationError

from florey.cli.graph import graph as commands
from florey.errors import BadInput
from florey.graph.build import GraphConfig, assemble, build
from florey.graph.catalog import KINDS, Names, SourceConfig
from florey.graph.joining.overrides import read_overrides
from florey.graph.joining.undo import unmerge
from florey.graph.model import Node, Statement, statement
from florey.graph.sources import Licence
from florey.graph.store import Graph
from florey.settings import load_settings

RASH = Node("DOID:1", "disease", "blue rash", ("azure rash",))
PILL = Node("DB:1", "drug", "pill")


class Invented:
    release = "1"

    def __init__(self, name: str, nodes: Sequence[Node], statements: Sequence[Statement]) -> None:
        self.licences: Mapping[str, Licence] = {name: Licence("CC0-1.0", name)}
        self.dropped: Counter[str] = Counter()
        self.rewritten: Counter[str] = Counter()
        self._nodes, self._statements = nodes, statements

    def nodes(self) -> Iterator[Node]:
        yield from self._nodes

    def statements(self) -> Iterator[Statement]:
        yield from self._statements


class InventedConfig(SourceConfig):
    kind: Literal["invented"] = "invented"
    name: str
    given: tuple[Node, ...]
    said: tuple[Statement, ...] = ()

    @property
    def label(self) -> str:
        return self.name

    def open(self, names: Names) -> Invented:
        return Invented(self.name, self.given, self.said)


class Reader(InventedConfig):
    """Says of everything known so far that the pill treats it."""

    def open(self, names: Names) -> Invented:
        known = sorted({name.id for name in names() if name.type == "disease"})
        return Invented(self.name, (), [statement(id, "treated_by", "DB:1", self.name, "1") for id in known])


FIRST = InventedConfig(
    name="first", given=(RASH, PILL), said=(statement("DOID:1", "treated_by", "DB:1", "first", "1"),)
)
SECOND = InventedConfig(
    name="second",
    given=(Node("X:1", "disease", "Blue rashes"), Node("DB:1", "drug", "tablet")),
    said=(statement("X:1", "treated_by", "DB:1", "second", "1", negated=True),),
)


def test_joined_sources_make_one_graph_with_both_polarities_listed(tmp_path: Path) -> None:
    said = assemble([FIRST, SECOND], tmp_path / "g")
    graph = Graph.open(tmp_path / "g", verify=True)
    assert graph.ids == ["DB:1", "DOID:1"]
    assert (graph.aliases[1], graph.xrefs[1], graph.found_in[1]) == (
        ["Blue rashes", "azure rash"],
        ["X:1"],
        ["first", "second"],
    )
    assert [edge.positive for edge in graph.edges_of(1)].count(False) == 1
    (row,) = graph.contradictions().to_dicts()
    assert row["between_sources"] and (row["positive_sources"], row["negative_sources"]) == (["first"], ["second"])
    assert graph.edge(row["negative_edges"][0]).evidence.source == "second"
    assert said["contradictions"] == {"all": 1, "between_sources": 1}
    assert said["joining"]["merges"] == {"name": 1}
    assert said["nodes"]["by_source"] == {"first": 2, "second": 2} and said["nodes"]["with_evidence"] == 2
    assert said["components"] == {"count": 1, "largest": 2} and said["edges"]["negative"] == 1
    assert graph.licences == ("CC0-1.0: first", "CC0-1.0: second") and set(graph.sources) == {"first", "second"}
    report = json.loads((tmp_path / "g" / "joining.json").read_text())
    assert report["ids"] == 3 and report["entities"] == 2
    (merge,) = report["merges"]["by_rule"]["name"]["examples"]
    assert (merge["kept"], merge["merged"], merge["reason"]) == ("DOID:1", "X:1", "blue rash")


def test_a_source_can_ask_for_the_names_of_those_before_it(tmp_path: Path) -> None:
    assemble([FIRST, SECOND, Reader(name="reader", given=())], tmp_path / "g")
    found = Graph.open(tmp_path / "g").edge_table().filter(pl.col("source") == "reader")
    assert found["subject"].to_list() == ["DOID:1"]  # what stands for X:1 too


def test_equal_inputs_give_equal_bytes_in_any_order_of_rows(tmp_path: Path) -> None:
    turned = [each.model_copy(update={"given": each.given[::-1], "said": each.said[::-1]}) for each in (FIRST, SECOND)]
    assemble([FIRST, SECOND], tmp_path / "a")
    assemble(turned, tmp_path / "b")
    names = sorted(path.relative_to(tmp_path / "a") for path in (tmp_path / "a").rglob("*") if path.is_file())
    assert len(names) > 10
    assert all((tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes() for name in names)


def test_one_source_is_not_joined_with_itself(tmp_path: Path) -> None:
    twins = (Node("OMIM:1", "disease", "rash"), Node("ORPHA:1", "disease", "rash"))
    said = assemble([InventedConfig(name="rare", given=twins)], tmp_path / "g")
    assert said["nodes"]["all"] == 2 and "joining" not in said
    assert not (tmp_path / "g" / "joining.json").exists()
    said = assemble([InventedConfig(name="rare", given=twins)], tmp_path / "g", twins=True)
    assert said["nodes"]["all"] == 1


def test_a_merge_is_undone_by_an_override(tmp_path: Path) -> None:
    assemble([FIRST, SECOND], tmp_path / "g")
    for wrong, said in (("X:11", "did you mean 'X:1'"), ("DB:1", "is merged with nothing")):
        with pytest.raises(BadInput, match=said):
            unmerge(Graph.open(tmp_path / "g"), [wrong], "no")
    with pytest.raises(BadInput, match="all its ids"):
        unmerge(Graph.open(tmp_path / "g"), ["X:1", "DOID:1"], "no")
    arguments = ["unmerge", str(tmp_path / "g"), "X:1", "--overrides", str(tmp_path / "o.yaml"), "--reason", "other"]
    made = CliRunner().invoke(commands, arguments, catch_exceptions=False)
    assert "X:1: apart from DOID:1" in made.output
    assemble([FIRST, SECOND], tmp_path / "h", read_overrides(tmp_path / "o.yaml"))
    graph = Graph.open(tmp_path / "h")
    assert graph.ids == ["DB:1", "DOID:1", "X:1"]
    assert [edge.positive for edge in graph.edges_between(2, "treated_by", 0)] == [False]


def test_ids_given_twice_are_refused_or_counted(tmp_path: Path) -> None:
    twice = InventedConfig(name="first", given=(RASH, RASH))
    with pytest.raises(BadInput, match="'DOID:1' is given twice by first"):
        assemble([twice], tmp_path / "g")
    said = assemble([twice.model_copy(update={"strict": False})], tmp_path / "g")
    assert said["dropped"] == {"node: given twice": 1}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("sources: [hpoo]", r"line 1: sources: kind 'hpoo' \(did you mean 'hpo'\?\); expected one of hpo, doid"),
        ("source: hpo", r"'source' is now part of a list: sources: \[\{kind: hpo"),
        ("sources:\n  - kind: doid\n    pth: x", r"line 3: unknown key 'sources.0.pth' \(did you mean 'path'"),
        ("sources:\n  - kind: hpo\n  - kind: doid", r"line 3: sources.1.path: Field required"),
        ("sources: []", "sources"),
        ("sorces: [hpo]", r"line 1: unknown key 'sorces' \(did you mean 'sources'"),
        ("- hpo", r"expected a list of sources"),
    ],
)
def test_a_bad_configuration_is_named_by_line_and_key(tmp_path: Path, text: str, expected: str) -> None:
    (tmp_path / "c.yaml").write_text(text)
    with pytest.raises(BadInput, match=rf"c\.yaml.*{expected}"):
        load_settings(tmp_path / "c.yaml", GraphConfig, "list of sources")


def test_paths_are_seen_from_the_file_and_kinds_stand_alone(tmp_path: Path) -> None:
    text = "overrides: o.yaml\nsources:\n- hpo\n- {kind: table, path: t.tsv, mapping: m.yaml}\n- {kind: doid, path: /d}"
    (tmp_path / "c.yaml").write_text(text)
    config = load_settings(tmp_path / "c.yaml", GraphConfig, "list of sources").within(tmp_path)
    assert dict(config.paths()) == {
        "sources.1.path": tmp_path / "t.tsv",
        "sources.1.mapping": tmp_path / "m.yaml",
        "sources.2.path": Path("/d"),
        "overrides": tmp_path / "o.yaml",
    }
    assert [source.label for source in config.sources] == ["hpo", "m", "doid"]
    assert not any(source.strict for source in config.with_strict(False).sources)
    assert GraphConfig.model_validate_json(config.model_dump_json()) == config


def test_the_default_is_hpo_and_every_kind_is_known() -> None:
    assert [source.kind for source in GraphConfig().sources] == ["hpo"]
    with pytest.raises(ValidationError) as refused:
        GraphConfig.model_validate({"sources": [{"kind": kind, "nothing": 1} for kind in KINDS]})
    unknown = [error["loc"] for error in refused.value.errors() if error["type"] == "extra_forbidden"]
    assert unknown == [("sources", place, kind, "nothing") for place, kind in enumerate(KINDS)]


def test_the_command_builds_from_a_file_or_from_kinds(hpo_folder: Path, tmp_path: Path) -> None:
    (tmp_path / "c.yaml").write_text("sources: [{kind: hpo, path: hpo}]")
    run = CliRunner().invoke(
        commands, ["build", str(tmp_path / "c.yaml"), "--out", str(tmp_path / "g")], catch_exceptions=False
    )
    assert "20 nodes" in run.output
    assert len(Graph.open(tmp_path / "g")) == 20
    before = Graph.open(tmp_path / "g").digest
    build(GraphConfig.model_validate({"sources": [{"kind": "hpo", "path": hpo_folder}]}), tmp_path / "h")
    assert Graph.open(tmp_path / "h").digest == before
    for arguments, said in (
        (["--source", "hop"], "did you mean 'hpo'"),
        (["--source", "doid"], "'doid' needs 'path'"),
        (["--source", "hpo", "--path", "x"], "give one of"),
    ):
        with pytest.raises(BadInput, match=said):
            CliRunner().invoke(commands, ["build", "--out", str(tmp_path / "i"), *arguments], catch_exceptions=False)


def test_the_list_of_all_sources_loads_and_names_every_kind_but_one() -> None:
    all_of_them = Path(__file__).parents[2] / "recipes/graphs/all.yaml"
    config = load_settings(all_of_them, GraphConfig, "list of sources")
    assert {source.kind for source in config.sources} == set(KINDS) - {"obo"}
