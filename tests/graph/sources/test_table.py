"""Tables through mappings: the packaged ones, one of every key, Parquet, and what is wrong with either file."""

from pathlib import Path
from typing import Any

import polars as pl
import pytest
import yaml

from florey.errors import BadInput
from florey.graph.sources.mapping import PACKAGED, read_mapping
from florey.graph.sources.table import Table

MAPPING: dict[str, Any] = {
    "source": "trials",
    "licence": {"name": "CC0-1.0", "attribution": "invented"},
    "nodes": [
        {
            "id": {"column": "illness_id", "prefix": "msh"},
            "type": "disease",
            "name": "illness",
            "aliases": [{"column": "also", "separator": "|"}],
            "xrefs": [{"column": "codes", "separator": " "}],
        },
        {
            "id": {"column": "remedy_id"},
            "type": {"column": "sort", "values": {"pill": "drug", "cut": "procedure"}},
            "name": "remedy",
            "where": [{"column": "sort", "values": ["pill", "cut"]}],
        },
    ],
    "edges": [
        {
            "subject": {"column": "illness_id", "prefix": "msh"},
            "object": {"column": "remedy_id"},
            "relation": {"column": "verdict", "values": {"works": "treated_by", "fails": "treated_by"}},
            "negated": {"column": "verdict", "values": ["fails"]},
            "score": "score",
            "reference": "paper",
            "reference_prefix": "PMID",
            "frequency": "share",
            "code": {"value": "TRIAL"},
            "where": [{"column": "sort", "values": ["pill", "cut"]}],
        }
    ],
}
ROWS = """illness_id,illness,also,codes,remedy_id,remedy,sort,verdict,score,paper,share
D1,gout,podagra|gout,MIM:1 UMLS_CUI:C1,DrugBank:DB1,"pil, small",pill,works,1.5,12,3/4
D1,gout,gouty,,X:2,amputation,cut,fails,,,
D2,wobble,,,X:3,sunshine,idea,works,,,
"""


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    (tmp_path / "trials.csv").write_text(ROWS)
    (tmp_path / "trials.yaml").write_text(yaml.safe_dump(MAPPING))
    return tmp_path / "trials.csv", tmp_path / "trials.yaml"


def read(table: Path, mapping: Path | str, *, strict: bool = True) -> tuple[Table, list[Any], list[Any]]:
    source = Table(table, mapping, strict=strict)
    return source, list(source.nodes()), list(source.statements())


def test_every_key(files: tuple[Path, Path]) -> None:
    source, nodes, edges = read(*files)
    assert [(n.id, n.type, n.name, n.aliases, n.xrefs) for n in nodes] == [
        ("DRUGBANK:DB1", "drug", "pil, small", (), ()),
        ("MESH:D1", "disease", "gout", ("podagra", "gouty"), ("OMIM:1", "UMLS:C1")),
        ("MESH:D2", "disease", "wobble", (), ()),
        ("X:2", "procedure", "amputation", (), ()),
    ]
    works, fails = edges
    assert (works.subject, works.relation, works.object, works.positive) == (
        "MESH:D1",
        "treated_by",
        "DRUGBANK:DB1",
        True,
    )
    assert (works.score, works.reference, works.frequency, works.code) == (1.5, "PMID:12", "3/4", "TRIAL")
    assert (fails.object, fails.positive, fails.score, fails.reference) == ("X:2", False, None, None)
    assert (works.source, source.licences["trials"].attribution) == ("trials", "invented")
    assert works.release == source.release
    assert source.release.startswith("sha256:")
    assert source.dropped == {"edge: filtered by the mapping": 1}


def test_parquet_says_the_same(files: tuple[Path, Path], tmp_path: Path) -> None:
    table = pl.read_csv(files[0]).with_columns(pl.col("score").cast(pl.Float64))
    table.write_parquet(tmp_path / "trials.parquet")
    _, nodes, edges = read(tmp_path / "trials.parquet", files[1])
    _, expected_nodes, expected_edges = read(*files)
    assert nodes == expected_nodes
    said = [edge._replace(release="", edge_id="") for edge in edges]
    assert said == [edge._replace(release="", edge_id="") for edge in expected_edges]


def test_parquet_of_another_shape(files: tuple[Path, Path], tmp_path: Path) -> None:
    table = pl.read_csv(files[0])
    path = tmp_path / "trials.parquet"
    table.rename({"illness": "ilness"}).write_parquet(path)
    with pytest.raises(BadInput, match=r"trials.parquet: no column 'illness' \(did you mean 'ilness'"):
        read(path, files[1])
    table.with_columns(pl.concat_list("illness").alias("illness")).write_parquet(path)
    with pytest.raises(BadInput, match=r"column 'illness' is List\(String\); expected text or numbers"):
        read(path, files[1])
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(BadInput, match="expected a Parquet file"):
        read(path, files[1])
    path.write_bytes(b"PAR1")
    with pytest.raises(BadInput, match="expected a Parquet file"):
        read(path, files[1])


@pytest.mark.parametrize(
    ("old", "new", "message", "reason"),
    [
        (
            "D1,gout,gouty",
            "D1,gut,gouty",
            "line 3: node 'MESH:D1' is given as disease 'gout' and as disease 'gut'",
            "node: id given twice, not the same",
        ),
        ("D1,gout,gouty", "D1,,gouty", "line 3: node 'MESH:D1': 'illness' is empty", "node: no type or name"),
        ("D1,gout,gouty", "D 1,gout,gouty", "line 3: illness_id 'D 1', expected msh:", "illness_id: no id"),
        ("X:2", "X2", "line 3: remedy_id 'X2', expected PREFIX", "remedy_id: no id"),
        ("MIM:1", "MIM", "line 2: codes 'MIM', expected an id", "xref: no id"),
        ("works,1.5", "works,much", "line 2: score 'much', expected a number", "edge: unreadable score or frequency"),
        ("works,1.5", "works,nan", "line 2: score 'nan', expected a finite", "edge: unreadable score or frequency"),
        ("3/4", "5/4", "line 2: frequency '5/4'", "edge: unreadable score or frequency"),
        ("works,1.5", "work,1.5", r"line 2: verdict 'work' \(did you mean 'works'", "edge: unknown verdict"),
        ("fails,,,", "fails,,", "line 3: 10 fields, expected 11", "row: wrong number of fields"),
        ("gouty", '"gou"ty', "line 3: ", "row: broken quotation"),
    ],
)
def test_damage_is_named_or_counted(files: tuple[Path, Path], old: str, new: str, message: str, reason: str) -> None:
    files[0].write_text(ROWS.replace(old, new, 1))
    with pytest.raises(BadInput, match=f"trials.csv, {message}"):
        read(*files)
    source, nodes, edges = read(*files, strict=False)
    assert source.dropped[reason] in ((1,) if reason.startswith("row:") else (1, 2))  # 2: for its node and its edge
    ids = {node.id for node in nodes}
    assert all({edge.subject, edge.object} <= ids for edge in edges)


def test_a_relation_that_cannot_join_its_ends(files: tuple[Path, Path]) -> None:
    mapping = {**MAPPING, "edges": [{**MAPPING["edges"][0], "relation": "located_in", "negated": None}]}
    files[1].write_text(yaml.safe_dump(mapping))
    with pytest.raises(BadInput, match="line 2: located_in cannot join disease to drug"):
        read(*files)
    source, _, edges = read(*files, strict=False)
    assert not edges
    assert source.dropped["located_in: from disease to drug"] == 1


@pytest.mark.parametrize(
    ("keys", "value", "message"),
    [
        (("sorce",), "x", r"unknown key 'sorce' \(did you mean 'source'"),
        (("nodes", 0, "type"), "diseas", r"unknown type 'diseas' \(did you mean 'disease'"),
        (
            ("edges", 0, "relation", "values", "works"),
            "treatedby",
            r"unknown relation 'treatedby' \(did you mean 'treated_by'",
        ),
        (("edges", 0, "code"), {"column": "a", "value": "b"}, "edges.0.code: .*either 'column' or 'value'"),
        (("edges", 0, "code"), {"value": "b", "values": {}}, "'values' needs a 'column'"),
        (("nodes", 0, "id", "column"), "", "nodes.0.id.column"),
        (("licence",), "CC0", "licence: "),
        (("nodes",), [], None),
    ],
)
def test_a_mapping_that_is_none(
    files: tuple[Path, Path], keys: tuple[Any, ...], value: Any, message: str | None
) -> None:
    mapping = yaml.safe_load(yaml.safe_dump(MAPPING))
    at = mapping
    for key in keys[:-1]:
        at = at[key]
    at[keys[-1]] = value
    files[1].write_text(yaml.safe_dump(mapping))
    if message is None:  # edges alone are a mapping, if strict reading finds their ends elsewhere
        with pytest.raises(BadInput, match="line 2: no node 'MESH:D1'"):
            read(*files)
        return
    with pytest.raises(BadInput, match=rf"trials.yaml, line \d+: .*{message}"):
        Table(*files)


def test_a_mapping_names_a_missing_column(files: tuple[Path, Path]) -> None:
    for path, key in (
        (("nodes", 0, "name"), "ilness"),
        (("edges", 0, "score"), "scores"),
        (("nodes", 0, "aliases", 0, "column"), "alsoo"),
    ):
        mapping = yaml.safe_load(yaml.safe_dump(MAPPING))
        at = mapping
        for step in path[:-1]:
            at = at[step]
        right, at[path[-1]] = at[path[-1]], key
        files[1].write_text(yaml.safe_dump(mapping))
        message = rf"trials.csv, line 1: no column '{key}' \(did you mean '{right}'.*; the table has .*{right}"
        with pytest.raises(BadInput, match=message):
            read(*files, strict=False)


def test_mappings_are_found_by_name_or_file(tmp_path: Path) -> None:
    for name in PACKAGED:
        assert read_mapping(name).source == name
    with pytest.raises(
        BadInput, match=r"no mapping 'hsdm' \(did you mean 'hsdn'\?\); expected hsdn, pharmacotherapydb"
    ):
        read_mapping("hsdm")
    with pytest.raises(BadInput, match="no such file"):
        read_mapping(tmp_path / "none.yaml")
    (tmp_path / "bad.yaml").write_text("a: [")
    with pytest.raises(BadInput, match=r"bad\.yaml, line 1: not YAML: "):
        read_mapping(tmp_path / "bad.yaml")
    (tmp_path / "bad.yaml").write_text("!!python/object/apply:os.system ['true']")
    with pytest.raises(BadInput, match="not YAML"):
        read_mapping(tmp_path / "bad.yaml")
    (tmp_path / "bad.yaml").write_text("just text")
    with pytest.raises(BadInput, match=r"bad\.yaml: expected a table mapping .*, found str"):
        read_mapping(tmp_path / "bad.yaml")


def test_pharmacotherapydb(tmp_path: Path) -> None:
    path = tmp_path / "indications.tsv"
    path.write_text(
        "doid_id\tdrugbank_id\tdisease\tdrug\tcategory\tn_curators\tn_resources\n"
        "DOID:1\tDB00001\tgout's end\tpil\tDM\t2\t1\n"
        "DOID:1\tDB00002\tgout's end\tpowder\tSYM\t1\t1\n"
        "DOID:1\tDB00003\tgout's end\twater\tNOT\t1\t0\n"
    )
    _, nodes, edges = read(path, "pharmacotherapydb")
    assert {n.id: n.type for n in nodes}["DRUGBANK:DB00003"] == "drug"
    assert [(e.relation, e.object, e.positive, e.code, e.score) for e in edges] == [
        ("treated_by", "DRUGBANK:DB00001", True, "DM", 2.0),
        ("palliated_by", "DRUGBANK:DB00002", True, "SYM", 1.0),
        ("treated_by", "DRUGBANK:DB00003", False, "NOT", 1.0),
    ]
    path.write_text(path.read_text().replace("\tSYM\t", "\tMAYBE\t"))
    with pytest.raises(BadInput, match="line 3: category 'MAYBE'; expected DM SYM NOT"):
        read(path, "pharmacotherapydb")


def test_hsdn(tmp_path: Path) -> None:
    path = tmp_path / "hsdn.tsv"
    path.write_text(
        "symptom_name\tdisease_name\tcooccurs\ttfidf_score\tdisease_id\tsymptom_id\tdoid_code\tdoid_name\n"
        "Ache\tGout Neoplasms\t3\t10.5\tD1\tD2\tDOID:1\tgout\n"
    )
    _, nodes, edges = read(path, "hsdn")
    assert [(n.id, n.type, n.name, n.xrefs) for n in nodes] == [
        ("DOID:1", "disease", "gout", ("MESH:D1",)),
        ("MESH:D2", "finding", "Ache", ()),
    ]
    assert [(e.subject, e.relation, e.object, e.score, e.code) for e in edges] == [
        ("DOID:1", "has_symptom", "MESH:D2", 10.5, "COOC")
    ]
