"""Wikidata: items with labels for values, and lines of the JSON dump."""

import bz2
import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from florey.errors import BadInput
from florey.graph.model import RELATIONS
from florey.graph.sources.wikidata import Wikidata
from florey.graph.sources.wikidata_dump import PROPERTIES

ENTITY = "http://www.wikidata.org/entity/"


def disease(number: int, name: str, **lists: list[str]) -> dict[str, Any]:
    keys = ("HealthSpecialty", "TreatmentDrugs", "Cause", "Symptons")
    return {"DiseaseURI": f"{ENTITY}Q{number}", "Disease": name, **{key: lists.get(key, []) for key in keys}}


def medicine(number: int, name: str, *treated: str) -> dict[str, Any]:
    return {"MedicineURI": f"{ENTITY}Q{number}", "Medicine": name, "ConditionsTreated": list(treated)}


def write(path: Path, records: list[Any]) -> Path:
    path.write_text("".join(f"{json.dumps(record, ensure_ascii=False)}\n" for record in records), encoding="utf-8")
    return path


ITEMS = [
    disease(
        1, "gout", HealthSpecialty=["rheumatology"], TreatmentDrugs=["Colchicine", "beer"], Symptons=["Pain", "anemia"]
    ),
    disease(2, "anemia", Cause=["gout", "unknown", "smoking", "t123456789", "anemia"]),
    disease(3, "twin", TreatmentDrugs=["pain"]),
    disease(4, "twin", Cause=["smoking", "twin"]),
    disease(5, "Q5"),
    medicine(6, "colchicine", "gout", "twin", "Pain", "fever"),
]


def test_labels_become_items_where_they_are_meant(tmp_path: Path) -> None:
    source = Wikidata(write(tmp_path / "wikidata_items.jsonl", ITEMS))
    nodes = {node.id: (node.type, node.name) for node in source.nodes()}
    label = "WIKIDATA-LABEL:"
    assert nodes == {
        **{"WIKIDATA:Q1": ("disease", "gout"), "WIKIDATA:Q2": ("disease", "anemia")},
        **{"WIKIDATA:Q3": ("disease", "twin"), "WIKIDATA:Q4": ("disease", "twin")},
        "WIKIDATA:Q6": ("drug", "colchicine"),
        f"{label}rheumatology": ("specialty", "rheumatology"),
        f"{label}beer": ("drug", "beer"),
        f"{label}pain": ("drug", "pain"),  # a treatment somewhere: the more telling of its uses
        f"{label}smoking": ("concept", "smoking"),
        f"{label}twin": ("disease", "twin"),  # which of the two is meant cannot be known
        f"{label}fever": ("disease", "fever"),
    }
    found = list(source.statements())
    assert sorted((s.subject, s.relation, s.object, s.code) for s in found) == sorted(
        [
            ("WIKIDATA:Q1", "in_specialty", f"{label}rheumatology", "P1995"),
            ("WIKIDATA:Q1", "treated_by", "WIKIDATA:Q6", "P2176"),
            ("WIKIDATA:Q1", "treated_by", "WIKIDATA:Q6", "P2175"),
            ("WIKIDATA:Q1", "treated_by", f"{label}beer", "P2176"),
            ("WIKIDATA:Q1", "has_symptom", "WIKIDATA:Q2", "P780"),
            ("WIKIDATA:Q2", "caused_by", "WIKIDATA:Q1", "P828"),
            ("WIKIDATA:Q2", "caused_by", f"{label}smoking", "P828"),
            ("WIKIDATA:Q3", "treated_by", f"{label}pain", "P2176"),
            ("WIKIDATA:Q4", "caused_by", f"{label}smoking", "P828"),
            ("WIKIDATA:Q4", "caused_by", f"{label}twin", "P828"),
            (f"{label}twin", "treated_by", "WIKIDATA:Q6", "P2175"),
            (f"{label}fever", "treated_by", "WIKIDATA:Q6", "P2175"),
        ]
    )
    assert {s.reference for s in found if s.code == "P2175"} == {"WIKIDATA:Q6"}
    assert source.dropped == {
        "item: without a label": 1,
        "P828: value without a label": 2,
        "P828: of itself": 1,
        "P780: from disease to drug": 1,
        "P2175: from drug to drug": 1,
    }


@pytest.mark.parametrize(
    ("line", "message", "reason"),
    [
        ('{"DiseaseURI": ', "line 2: expected JSON", "item: unreadable"),
        ("[1]", "line 2: expected an object with DiseaseURI or MedicineURI", "item: unreadable"),
        (
            '{"DiseaseURI": "http://example.org/1", "Disease": "x"}',
            "line 2: DiseaseURI 'http://example.org/1'",
            "item: unreadable",
        ),
        (f'{{"DiseaseURI": "{ENTITY}Q9", "Disease": 9}}', "line 2: 'Disease' is no text", "item: unreadable"),
        (
            f'{{"DiseaseURI": "{ENTITY}Q9", "Disease": "x", "Cause": "y"}}',
            "line 2: 'Cause' is no list",
            "item: unreadable",
        ),
        (json.dumps(disease(1, "other")), "line 2: item 'WIKIDATA:Q1' is given twice", "item: given twice"),
        (b"\xff", "line 2: expected UTF-8", "line: not UTF-8"),
    ],
)
def test_damage_in_a_table_of_items(tmp_path: Path, line: str | bytes, message: str, reason: str) -> None:
    path = tmp_path / "items.jsonl"
    good = [f"{json.dumps(item)}\n".encode() for item in (ITEMS[0], ITEMS[5])]
    path.write_bytes(good[0] + (line if isinstance(line, bytes) else line.encode()) + b"\n" + good[1])
    with pytest.raises(BadInput, match=f"items.jsonl, {message}"):
        list(Wikidata(path).nodes())
    source = Wikidata(path, strict=False)
    assert {node.id for node in source.nodes()} >= {"WIKIDATA:Q1", "WIKIDATA:Q6"}
    assert source.dropped[reason] == 1


def test_a_damaged_first_line(tmp_path: Path) -> None:
    path = tmp_path / "items.jsonl"
    path.write_text("{\n" + json.dumps(ITEMS[0]))
    with pytest.raises(BadInput, match=r"items.jsonl, line 1: expected a JSON object"):
        Wikidata(path)
    source = Wikidata(path, strict=False)
    assert "WIKIDATA:Q1" in {node.id for node in source.nodes()}
    path.write_text("{\n")
    with pytest.raises(BadInput, match=r"items.jsonl: no items"):
        Wikidata(path, strict=False)
    with pytest.raises(BadInput, match="no such file"):
        Wikidata(tmp_path / "none.jsonl")
    (tmp_path / "empty").mkdir()
    with pytest.raises(BadInput, match=r"no wikidata\*.json"):
        Wikidata(tmp_path / "empty")


def claim(value: Any, rank: str = "normal", *, kind: str = "value", **snaks: Any) -> dict[str, Any]:
    main = {"snaktype": kind, **({"datavalue": {"value": value}} if kind == "value" else {})}
    references = [{"snaks": {code: [{"snaktype": "value", "datavalue": {"value": v}}]}} for code, v in snaks.items()]
    return {"mainsnak": main, "rank": rank, "references": references}


def to(number: int, *args: Any, **snaks: Any) -> dict[str, Any]:
    return claim({"entity-type": "item", "id": f"Q{number}"}, *args, **snaks)


def entity(number: int, label: str | None, claims: dict[str, Any], **more: Any) -> dict[str, Any]:
    labels = {"en": {"language": "en", "value": label}} if label else {"de": {"language": "de", "value": "x"}}
    return {"type": "item", "id": f"Q{number}", "labels": labels, "claims": claims, **more}


SYMPTOM, MEDICATION, SPECIALTY = 169872, 12140, 930752
DUMP = [
    entity(
        1,
        "gout",
        {
            "P699": [claim("DOID:1")],
            "P715": [],
            "P486": [claim("D001"), claim("D002", "deprecated")],
            "P1550": [claim("98")],
            "P780": [to(2, P248={"id": "Q50"}), to(404), claim(None, kind="somevalue")],
            "P2176": [to(3, P854="https://example.org", P698="123"), to(2)],
            "P1995": [to(4, P854="https://example.org")],
            "P828": [to(1), to(8, "deprecated")],
        },
        aliases={"en": [{"value": "podagra"}, {"value": "gout"}], "de": [{"value": "Gicht"}]},
        sitelinks={"enwiki": {"title": "Gout attack"}, "dewiki": {"title": "Gicht"}},
    ),
    entity(2, "pain", {"P31": [to(SYMPTOM)], "P2176": [to(3)], "P3841": [claim("HP:0012531")]}),
    entity(3, "colchicine", {"P31": [to(MEDICATION)], "P715": [claim("01394")], "P2175": [to(1)], "P351": []}),
    entity(4, "rheumatology", {"P31": [to(SPECIALTY)]}),
    entity(5, None, {"P699": [claim("DOID:5")]}),
    entity(6, "a city", {"P31": [to(515)]}),
    entity(7, "an old disease", {"P699": [claim("DOID:7", "deprecated")], "P31": [to(515)]}),
    entity(8, "tabacum", {"P31": [to(16521)], "P2892": [claim("C001")], "P1542": [to(1)]}),
    entity(9, "WOB1", {"P351": [claim("7")], "P492": [claim("600001")]}),
    entity(10, "severe gout", {"P699": [claim("DOID:10")], "P279": [to(1), to(2)]}),
    {"type": "property", "id": "P699", "labels": {"en": {"value": "Disease Ontology ID"}}, "claims": {"P699": []}},
]


def dump_bytes(records: list[Any]) -> bytes:
    return ("[\n" + ",\n".join(json.dumps(record) for record in records) + "\n]\n").encode()


@pytest.mark.parametrize(("suffix", "pack"), [("", bytes), (".gz", gzip.compress), (".bz2", bz2.compress)])
def test_the_dump(tmp_path: Path, suffix: str, pack: type) -> None:
    path = tmp_path / f"latest-all.json{suffix}"
    path.write_bytes(pack(dump_bytes(DUMP)))
    source = Wikidata(path, release="2020-01-01")
    nodes = {node.id: node for node in source.nodes()}
    assert {name.partition(":Q")[2]: node.type for name, node in nodes.items()} == {
        **{"1": "disease", "2": "finding", "3": "drug", "4": "specialty", "8": "agent", "9": "gene", "10": "disease"}
    }
    gout = nodes["WIKIDATA:Q1"]
    assert (gout.name, gout.aliases) == ("gout", ("podagra",))
    assert gout.xrefs == ("DOID:1", "ENWIKI:Gout_attack", "MESH:D001", "ORPHA:98")
    assert nodes["WIKIDATA:Q3"].xrefs == ("DRUGBANK:DB01394",)
    assert nodes["WIKIDATA:Q2"].xrefs == ("HP:0012531",)
    assert nodes["WIKIDATA:Q9"].xrefs == ("NCBIGene:7", "OMIM:600001")
    found = [(s.subject[9:], s.relation, s.object[9:], s.code, s.reference) for s in source.statements()]
    assert sorted(found) == sorted(
        [
            ("Q1", "has_symptom", "Q2", "P780", "WIKIDATA:Q50"),
            ("Q1", "treated_by", "Q3", "P2176", "PMID:123"),
            ("Q1", "in_specialty", "Q4", "P1995", "https://example.org"),
            ("Q2", "treated_by", "Q3", "P2176", "WIKIDATA:Q2"),
            ("Q1", "treated_by", "Q3", "P2175", "WIKIDATA:Q3"),
            ("Q1", "caused_by", "Q8", "P1542", "WIKIDATA:Q8"),
            ("Q10", "is_a", "Q1", "P279", "WIKIDATA:Q10"),
        ]
    )
    assert source.dropped == {
        "entity: not medical": 3,
        "item: no label in 'en'": 1,
        "P780: value is no medical item of the dump": 1,
        "P2176: from disease to finding": 1,
        "P828: of itself": 1,
        "P279: from disease to finding": 1,
    }


def test_another_language_and_the_label_of_every_language(tmp_path: Path) -> None:
    path = tmp_path / "dump.json"
    other = entity(11, None, {"P699": [claim("DOID:11")]})
    other["labels"] = {"mul": {"value": "Wobble"}}
    path.write_bytes(dump_bytes([*DUMP, other]))
    names = {node.id: node.name for node in Wikidata(path, language="de").nodes()}
    assert names == {"WIKIDATA:Q5": "x", "WIKIDATA:Q11": "Wobble"}


@pytest.mark.parametrize(
    ("line", "message", "reason"),
    [
        ('{"type": "item", "P699": ', "line 3: expected an entity", "entity: unreadable"),
        (
            '{"type": "item", "id": "Q9", "labels": {}, "claims": {"P699": [{}]}}',
            "line 3: expected an entity .KeyError",
            "entity: unreadable",
        ),
        ('{"type": "item", "id": "Q9", "claims": [{"P699": 1}]}', "line 3: expected an entity", "entity: unreadable"),
        (json.dumps(DUMP[0]), "line 3: 'WIKIDATA:Q1' is given twice", "entity: given twice"),
    ],
)
def test_damage_in_the_dump(tmp_path: Path, line: str, message: str, reason: str) -> None:
    path = tmp_path / "dump.json"
    first, last = json.dumps(DUMP[0]), json.dumps(DUMP[2])
    path.write_text(f"[\n{first},\n{line},\n{last}\n]\n")
    with pytest.raises(BadInput, match=rf"dump.json, {message}"):
        list(Wikidata(path).nodes())
    source = Wikidata(path, strict=False)
    assert [node.id for node in source.nodes()] == ["WIKIDATA:Q1", "WIKIDATA:Q3"]
    assert source.dropped[reason] == 1
    assert {(s.subject, s.object) for s in source.statements()} == {("WIKIDATA:Q1", "WIKIDATA:Q3")}


def test_a_cut_dump(tmp_path: Path) -> None:
    path = tmp_path / "dump.json.gz"
    many = [
        entity(n, f"illness {n} {n * 2654435761 % 2**32:x}", {"P699": [claim(f"DOID:{n}")]}) for n in range(1, 4000)
    ]
    path.write_bytes(gzip.compress(dump_bytes(many))[:-20_000])
    with pytest.raises(BadInput, match=r"dump.json.gz, after line \d+: the compressed stream is cut"):
        list(Wikidata(path).nodes())
    source = Wikidata(path, strict=False)
    found = [node.id for node in source.nodes()]
    assert 0 < len(found) < 3999
    assert found == [f"WIKIDATA:Q{n}" for n in range(1, len(found) + 1)]
    assert source.dropped["file: compressed stream cut or damaged"] == 1


def test_a_folder_of_both(tmp_path: Path) -> None:
    write(tmp_path / "wikidata_items.jsonl", ITEMS[:1])
    (tmp_path / "latest-all.json").write_bytes(dump_bytes(DUMP))
    (tmp_path / "notes.json").write_text("no items")
    source = Wikidata(tmp_path)
    ids = [node.id for node in source.nodes()]
    assert len(ids) == len(set(ids))
    assert source.dropped["item: in an earlier file too"] == 1
    assert all({s.subject, s.object} <= set(ids) for s in source.statements())


def test_an_item_of_another_type_is_not_what_a_label_means(tmp_path: Path) -> None:
    items = [disease(1, "gout", TreatmentDrugs=["Anemia"], HealthSpecialty=["colchicine"]), disease(2, "anemia")]
    source = Wikidata(write(tmp_path / "items.jsonl", [*items, medicine(3, "colchicine")]))
    nodes = {node.id: node.type for node in source.nodes()}
    assert nodes["WIKIDATA-LABEL:anemia"] == "drug"
    assert nodes["WIKIDATA-LABEL:colchicine"] == "specialty"
    assert {s.object for s in source.statements()} == {"WIKIDATA-LABEL:anemia", "WIKIDATA-LABEL:colchicine"}


def test_every_property_has_a_relation() -> None:
    assert {found.relation for found in PROPERTIES.values()} <= set(RELATIONS)
