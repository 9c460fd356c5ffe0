"""Hetionet on an invented folder: directions, ids, undirected edges, damage."""

from pathlib import Path

import pytest

from florey.errors import BadInput
from florey.graph.model import RELATIONS, joins, relation
from florey.graph.sources.hetionet import EDGES, KINDS, Hetionet

NODES = """id\tname\tkind
Compound::DB1\tpil "l"\tCompound
Compound::DB2\tpowder\tCompound
Disease::DOID:1\tbone illness\tDisease
Gene::7\tWOB1\tGene
Gene::8\tWOB2\tGene
Side Effect::C0000001\thiccups\tSide Effect
Symptom::D000001\tache\tSymptom
Pathway::WP1_r2\tlong way\tPathway
Pharmacologic Class::N1\tpills\tPharmacologic Class
Anatomy::UBERON:0000001\tbone\tAnatomy
"""
TABLES = {
    "Compound_Treats_Disease": ("Compound", "Disease", "DB1\tDOID:1"),
    "Compound_Resembles_Compund": ("Compound", "Compound", "DB2\tDB1\nDB1\tDB2"),
    "Gene_Interacts_Gene": ("Gene", "Gene", "8\t7\n7\t7\n7\t8"),
    "Gene_Regulates_Gene": ("Gene", "Gene", "8\t7\n7\t8\n8\t7"),
    "Pharmacologic_Class_Includes_Compound": ("Pharmacologic Class", "Compound", "N1\tDB1"),
    "Compound_Causes_Side_Effect": ("Compound", "Side Effect", "DB1\tC0000001"),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "hetionet_edges").mkdir()
    (tmp_path / "hetionet-v1.0-nodes.tsv").write_text(NODES)
    for name, (start, end, rows) in TABLES.items():
        path = tmp_path / "hetionet_edges" / f"{name}.tsv"
        path.write_text(f":START_ID({start})\t:END_ID({end})\n{rows}\n")
    return tmp_path


def read(folder: Path, *, strict: bool = True) -> tuple[Hetionet, dict[str, str], list[tuple[str, str, str]]]:
    source = Hetionet(folder, strict=strict)
    types = {node.id: node.type for node in source.nodes()}
    return source, types, [(s.subject, s.relation, s.object) for s in source.statements()]


def test_ids_types_and_directions(folder: Path) -> None:
    source, types, edges = read(folder)
    assert types == {
        **{"DRUGBANK:DB1": "drug", "DRUGBANK:DB2": "drug", "DOID:1": "disease"},
        **{"NCBIGene:7": "gene", "NCBIGene:8": "gene", "UMLS:C0000001": "finding", "MESH:D000001": "finding"},
        **{"HETIONET:WP1_r2": "pathway", "NDFRT:N1": "drug_class", "UBERON:0000001": "anatomy"},
    }
    assert edges == [
        ("DRUGBANK:DB1", "has_side_effect", "UMLS:C0000001"),
        ("DRUGBANK:DB1", "resembles", "DRUGBANK:DB2"),
        ("DOID:1", "treated_by", "DRUGBANK:DB1"),
        ("NCBIGene:7", "interacts_with_gene", "NCBIGene:8"),
        ("NCBIGene:7", "interacts_with_gene", "NCBIGene:7"),
        ("NCBIGene:8", "regulates_gene", "NCBIGene:7"),
        ("NCBIGene:7", "regulates_gene", "NCBIGene:8"),
        ("DRUGBANK:DB1", "in_drug_class", "NDFRT:N1"),
    ]
    assert source.dropped == {
        "Compound_Resembles_Compound: exact duplicate": 1,
        "Gene_Interacts_Gene: exact duplicate": 1,
        "Gene_Regulates_Gene: exact duplicate": 1,
    }
    assert {node.name for node in Hetionet(folder).nodes()} >= {'pil "l"'}


def test_every_kind_of_edge_fits_its_relation() -> None:
    for name, kind in EDGES.items():
        start, _, end = name.split("_")
        ends = (KINDS[end][0], KINDS[start][0]) if kind.inverse else (KINDS[start][0], KINDS[end][0])
        assert kind.relation in RELATIONS
        assert joins(kind.relation, *ends), (name, relation(kind.relation))


@pytest.mark.parametrize(
    ("file", "old", "new", "message", "reason"),
    [
        ("hetionet-v1.0-nodes.tsv", "::7", "::8", "line 6: node 'NCBIGene:8' is given twice", "node: id given twice"),
        (
            "hetionet-v1.0-nodes.tsv",
            "\tGene\n",
            "\tGen\n",
            r"line 5: unknown kind 'Gen' \(did you mean 'Gene'",
            "node: unknown kind 'Gen'",
        ),
        (
            "hetionet-v1.0-nodes.tsv",
            "Gene::7",
            "Gene:7",
            "line 5: id 'Gene:7', expected 'Gene::",
            "node: id of another kind",
        ),
        (
            "hetionet_edges/Gene_Interacts_Gene.tsv",
            "7\t8",
            "7\t9",
            "line 4: no node 'NCBIGene:9'",
            "Gene_Interacts_Gene: unknown node",
        ),
        (
            "hetionet_edges/Gene_Interacts_Gene.tsv",
            "7\t8",
            "7",
            "line 4: 1 fields, expected 2",
            "row: wrong number of fields",
        ),
        (
            "hetionet_edges/Gene_Interacts_Gene.tsv",
            "7\t8",
            "7\t",
            "line 4: ':END_ID.Gene.' is empty",
            "row: ':END_ID(Gene)' is empty",
        ),
    ],
)
def test_damage_is_named_or_counted(folder: Path, file: str, old: str, new: str, message: str, reason: str) -> None:
    path = folder / file
    path.write_text(path.read_text().replace(old, new, 1))
    with pytest.raises(BadInput, match=f"{path.name}, {message}"):
        read(folder)
    source, types, edges = read(folder, strict=False)
    assert source.dropped[reason] >= 1
    assert ("DOID:1", "treated_by", "DRUGBANK:DB1") in edges
    assert all({subject, object} <= set(types) for subject, _, object in edges)


def test_files_that_are_not_what_they_should_be(folder: Path) -> None:
    swapped = folder / "hetionet_edges" / "Compound_Treats_Disease.tsv"
    swapped.write_text(":START_ID(Disease)\t:END_ID(Compound)\nDOID:1\tDB1\n")
    with pytest.raises(BadInput, match=r"Compound_Treats_Disease.tsv, line 1: no column ':START_ID\(Compound\)'"):
        read(folder, strict=False)
    swapped.write_text("")
    with pytest.raises(BadInput, match=r"Compound_Treats_Disease.tsv: no table"):
        read(folder, strict=False)
    swapped.rename(swapped.with_name("Compound_Treat_Disease.tsv"))
    with pytest.raises(BadInput, match=r"'Compound_Treat_Disease' \(did you mean 'Compound_Treats_Disease'"):
        Hetionet(folder)
    (folder / "hetionet-v1.0-nodes.tsv").unlink()
    with pytest.raises(BadInput, match=r"0 files hetionet-v1.0-nodes.tsv\*; expected one"):
        Hetionet(folder)
    with pytest.raises(BadInput, match="expected one"):
        Hetionet(folder / "none")
