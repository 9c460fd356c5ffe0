"""Prevalences: what is read, what is passed over and counted, what is refused and where."""

from __future__ import annotations

import math
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from florey.errors import BadInput
from florey.graph.model import Node
from florey.graph.store import Graph
from florey.graph.writer import write_graph
from florey.synthesis.prevalence import read_prevalence, share_of_people, xref_index

HEAD = '<?xml version="1.0" encoding="ISO-8859-1"?>\n<JDBOR date="2020-02-02" version="1">\n'


@pytest.mark.parametrize(
    ("text", "share"),
    [
        ("0.0001", 1e-4),
        ("2e-6", 2e-6),
        ("0", 0),
        ("1", 1),
        ("1/50000", 2e-5),
        ("1.5 / 100 000", 1.5e-5),
        ("1-9 / 100 000", 3e-5),
        ("1\u20139 / 1\u00a0000\u202f000", 3e-6),
        ("1-5 / 10,000", math.sqrt(5) / 1e4),
        ("6-9 / 10 000", math.sqrt(54) / 1e4),
        (">1 / 1000", math.sqrt(10) / 1e3),
        ("<1 / 1 000 000", math.sqrt(0.1) / 1e6),
        ("  < 1 / 1000000 ", math.sqrt(0.1) / 1e6),
        (">500 / 1000", math.sqrt(0.5)),  # no more than everybody
    ],
)
def test_prevalences_in_words(text: str, share: float) -> None:
    assert share_of_people(text) == pytest.approx(share)


@pytest.mark.parametrize("text", ["Unknown", "unknown", "", " ", "Not yet documented"])
def test_unknown_prevalences(text: str) -> None:
    assert share_of_people(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "often",
        "1.5",
        "-0.1",
        "nan",
        "inf",
        "3/2",
        "<2/1",
        ">3/2",
        "9-1 / 1000",
        "1/0",
        "1 / 10 00",
        "0,001",
        "1-9",
        "2%",
        "1//2",
        "١/٢",
    ],
)
def test_what_is_no_share_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="expected a share"):
        share_of_people(text)


def test_the_classes_keep_their_order() -> None:
    classes = ["<1 / 1 000 000", "1-9 / 1 000 000", "1-9 / 100 000", "1-5 / 10 000", "6-9 / 10 000", ">1 / 1000"]
    shares = [share_of_people(each) for each in classes]
    assert shares == sorted(shares, key=lambda share: share or 0)


@given(st.text(max_size=20))
def test_any_text_is_a_share_or_unknown_or_refused(text: str) -> None:
    try:
        share = share_of_people(text)
    except ValueError:
        return
    assert share is None or 0 <= share <= 1


@given(st.integers(1, 10**7), st.integers(1, 10**7))
def test_ratios_are_read_with_and_without_groups(low: int, per: int) -> None:
    low, per = sorted((low, per))
    for text in (f"{low}/{per}", f"{low} / {per:,}", f"{low} / {per:,}".replace(",", " ")):
        assert share_of_people(text) == pytest.approx(low / per)


def written(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


IDS = {"ORPHA:1", "ORPHA:2", "OMIM:7", "DOID:3"}


def test_a_table(tmp_path: Path) -> None:
    rows = "# mine\nid\tnote\tprevalence\nOMIM:7\tx\t1/50000\nORPHA:1\t\tUnknown\nOrphanet:2\t\t<1 / 1 000 000\n"
    path = written(tmp_path / "p.tsv", rows + "ORPHA:99\t\t0.1\n")
    dropped = Counter[str]()
    found = read_prevalence(path, IDS, dropped=dropped)
    assert found == {"OMIM:7": 2e-5, "ORPHA:2": pytest.approx(math.sqrt(0.1) / 1e6)}
    assert dropped == {"prevalence: unknown": 1, "prevalence: id not in the graph": 1}


def test_a_table_with_commas_and_another_id(tmp_path: Path) -> None:
    path = written(tmp_path / "p.csv", 'id,prevalence\nORPHA:558,"1-5 / 10,000"\nDOID:3,0.5\nX:1,0.1\n')
    found = read_prevalence(path, IDS, same={"ORPHA:558": "ORPHA:2", "DOID:3": "ORPHA:1", "X:1": "X:2"})
    assert found == {"DOID:3": 0.5, "ORPHA:2": pytest.approx(math.sqrt(5) / 1e4)}  # its own id before another's


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("id\tprevalance\n", r"line 1: no column 'prevalence' \(did you mean 'prevalance'\?\)"),
        ("id\tprevalence\nOMIM:7\toften\n", r"line 2: prevalence 'often', expected a share such as"),
        ("id\tprevalence\nOMIM:7\t1.5\n", r"line 2: prevalence '1.5', expected a share"),
        ("id\tprevalence\nsix\t0.1\n", r"line 2: id 'six', expected PREFIX:"),
        ("id\tprevalence\nOMIM:7\t0.1\nOMIM:7\t0.2\n", r"line 3: 'OMIM:7' stands in line 2 too"),
        ("id\tprevalence\nOMIM:7\n", r"line 2: 1 fields, expected 2"),
        ("", r"no table; expected the columns id, prevalence"),
    ],
)
def test_a_bad_table_is_refused_by_line(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(BadInput, match=rf"p\.tsv.*{says}"):
        read_prevalence(written(tmp_path / "p.tsv", text), IDS)


def test_bad_rows_are_counted_where_that_is_asked_for(tmp_path: Path) -> None:
    rows = "id\tprevalence\nOMIM:7\toften\nsix\t0.1\nORPHA:1\t0.1\nORPHA:1\t0.2\n"
    dropped = Counter[str]()
    found = read_prevalence(written(tmp_path / "p.tsv", rows), IDS, strict=False, dropped=dropped)
    assert found == {"ORPHA:1": 0.1}
    assert dropped == {"prevalence: unreadable": 1, "prevalence: no id": 1, "prevalence: id given twice": 1}


def test_no_file(tmp_path: Path) -> None:
    for name in ("p.tsv", "p.xml"):
        with pytest.raises(BadInput, match="no such file"):
            read_prevalence(tmp_path / name, IDS)


def estimate(
    kind: str = "Point prevalence",
    qualification: str = "Class only",
    band: str = "1-9 / 100 000",
    value: str = "0.0",
    region: str = "Europe",
    status: str = "Validated",
) -> str:
    return (
        f'<Prevalence id="1">\n<Source>[INVENTED]</Source>\n<PrevalenceType id="2"><Name lang="en">{kind}</Name>'
        f'</PrevalenceType><PrevalenceQualification id="3"><Name lang="en">{qualification}</Name>\n'
        f'</PrevalenceQualification><PrevalenceClass id="4"><Name lang="en">{band}</Name></PrevalenceClass>'
        f'<ValMoy>{value}</ValMoy><PrevalenceGeographic id="5"><Name lang="en">{region}</Name></PrevalenceGeographic>'
        f'<PrevalenceValidationStatus id="6"><Name lang="en">{status}</Name></PrevalenceValidationStatus></Prevalence>'
    )


def orphadata(path: Path, disorders: dict[str, list[str]], head: str = HEAD) -> Path:
    body = "\n".join(
        f'<Disorder id="{code}"><OrphaCode>{code}</OrphaCode><Name lang="en">Fièvre {code}</Name>\n'
        f'<PrevalenceList count="{len(parts)}">{"".join(parts)}</PrevalenceList></Disorder>'
        for code, parts in disorders.items()
    )
    whole = f'{head}<DisorderList count="{len(disorders)}">\n{body}\n</DisorderList></JDBOR>\n'
    path.write_bytes(whole.encode("latin-1"))
    return path


def one(tmp_path: Path, *estimates: str) -> float | None:
    """The prevalence of a disorder with these estimates."""
    return read_prevalence(orphadata(tmp_path / "p.xml", {"1": list(estimates)}), IDS).get("ORPHA:1")


def test_orphadata(tmp_path: Path) -> None:
    path = orphadata(
        tmp_path / "en_product9_prev.xml",
        {
            "1": [estimate(qualification="Value and class", value="4.5")],
            "2": [estimate()],
            "99": [estimate()],
            "3": [],
            "7": [estimate(band="Unknown"), estimate("Cases/families", "Case(s)", "", "12.0")],
        },
    )
    dropped = Counter[str]()
    assert read_prevalence(path, IDS, dropped=dropped) == {"ORPHA:1": 4.5e-5, "ORPHA:2": pytest.approx(3e-5)}
    assert dropped == {
        "prevalence: id not in the graph": 1,
        "prevalence: unknown": 1,
        "prevalence: cases/families": 1,
    }


def test_kinds_of_estimates_in_their_order(tmp_path: Path) -> None:
    value = {"qualification": "Value and class", "region": "Worldwide"}
    kinds = ["Cases/families", "Lifetime Prevalence", "Prevalence at birth", "Annual incidence", "Point prevalence"]
    listed = [estimate(kind, value=f"{number}.0", **value) for number, kind in enumerate(kinds, 1)]
    assert one(tmp_path, listed[0]) is None
    for end in range(2, 6):
        assert one(tmp_path, *listed[:end]) == pytest.approx(end / 1e5)
    # the kind comes before the region
    assert one(tmp_path, estimate("Annual incidence", **value), estimate(value="7", region="France")) == 3e-5


def test_regions_in_their_order_and_the_median_of_the_others(tmp_path: Path) -> None:
    def at(region: str, value: str, status: str = "Validated") -> str:
        return estimate(qualification="Value and class", value=value, region=region, status=status)

    others = [at("France", "1.0"), at("Italy", "2.0"), at("United States", "90.0")]
    assert one(tmp_path, *others) == pytest.approx(2e-5)
    assert one(tmp_path, *others, at("Europe", "5.0")) == pytest.approx(5e-5)
    assert one(tmp_path, *others, at("Europe", "5.0"), at("Worldwide", "6.0")) == pytest.approx(6e-5)
    unsure = at("Worldwide", "99.0", "Not yet validated")
    assert one(tmp_path, at("Europe", "5.0"), unsure) == pytest.approx(99e-5)
    assert one(tmp_path, at("Worldwide", "6.0"), unsure) == pytest.approx(6e-5)


def test_a_value_counts_only_where_it_is_one(tmp_path: Path) -> None:
    assert one(tmp_path, estimate(value="50.0")) == pytest.approx(3e-5)  # the class alone is given
    assert one(tmp_path, estimate(qualification="Value and class", value="0.0")) == pytest.approx(3e-5)
    assert one(tmp_path, estimate(qualification="Value and class", value="")) == pytest.approx(3e-5)


def test_nothing_is_carried_over_from_the_element_before(tmp_path: Path) -> None:
    good = estimate(qualification="Value and class", value="4.5")
    kind = "<PrevalenceType><Name>Point prevalence</Name></PrevalenceType>"
    bare = f"<Prevalence>{kind}</Prevalence>"
    dropped = Counter[str]()
    path = orphadata(tmp_path / "p.xml", {"1": [good, bare], "2": [bare]})
    assert read_prevalence(path, IDS, dropped=dropped) == {"ORPHA:1": 4.5e-5}
    assert dropped == {"prevalence: unknown": 2}
    text = orphadata(path, {"1": [good], "2": [good]}).read_text("latin-1")
    path.write_text(text.replace("<OrphaCode>2</OrphaCode>", ""), "latin-1")
    with pytest.raises(BadInput, match="OrphaCode ''"):
        read_prevalence(path, IDS)
    path.write_text(text.replace("<OrphaCode>", "a note<OrphaCode>"), "latin-1")
    assert read_prevalence(path, IDS) == {"ORPHA:1": 4.5e-5, "ORPHA:2": 4.5e-5}


def test_several_disorders_of_one_node(tmp_path: Path) -> None:
    shares = {"558": "2.0", "559": "4.0", "560": "90.0"}
    path = orphadata(
        tmp_path / "p.xml",
        {code: [estimate(qualification="Value and class", value=value)] for code, value in shares.items()},
    )
    assert read_prevalence(path, IDS, same={f"ORPHA:{code}": "DOID:3" for code in shares}) == {"DOID:3": 4e-5}


BOMB = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]>\n'


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda text: text.replace("<JDBOR", BOMB + "<JDBOR"), "line 2: declares a document type"),
        (lambda text: text.replace("<JDBOR", '<!DOCTYPE x SYSTEM "file:///etc/passwd">\n<JDBOR'), "line 2: declares"),
        (lambda text: text[: len(text) // 2], r"line \d+: expected XML"),
        (lambda text: text.replace("</DisorderList>", ""), r"line \d+: expected XML \(mismatched tag\)"),
        (lambda text: "", r"line 1: expected XML \(no element found\)"),
        (lambda text: HEAD + "</JDBOR>", "no PrevalenceList; expected Orphadata's product 9"),
        (lambda text: text.replace("1-9 / 100 000", "seldom"), "line 8: PrevalenceClass 'seldom', expected a share"),
        (
            lambda text: text.replace("<OrphaCode>1<", "<OrphaCode>one<"),
            r"line \d+: OrphaCode 'one', expected a number",
        ),
        (lambda text: text.replace("<OrphaCode>1</OrphaCode>", ""), r"line \d+: OrphaCode '', expected a number"),
        (lambda text: text.replace("4.5", "many"), "line 11: ValMoy 'many', expected a number from 0 to 100000"),
        (lambda text: text.replace("4.5", "200000"), "line 11: ValMoy '200000', expected a number"),
    ],
)
def test_bad_xml_is_refused_by_line(tmp_path: Path, change: object, says: str) -> None:
    path = orphadata(
        tmp_path / "p.xml", {"1": [estimate(), estimate(qualification="Value and class", value="4.5", band="Unknown")]}
    )
    assert read_prevalence(path, IDS)  # good as it stands
    path.write_text(change(path.read_text("latin-1")), "latin-1")  # type: ignore[operator]
    with pytest.raises(BadInput, match=rf"p\.xml.*{says}"):
        read_prevalence(path, IDS)


def test_a_file_of_many_chunks_reads_the_same(tmp_path: Path) -> None:
    disorders = {str(code): [estimate(qualification="Value and class", value=f"{code}.0")] for code in range(1, 400)}
    path = orphadata(tmp_path / "p.xml", disorders)
    assert path.stat().st_size > 3 << 16
    found = read_prevalence(path, {f"ORPHA:{code}" for code in disorders})
    assert found == {f"ORPHA:{code}": pytest.approx(int(code) / 1e5) for code in disorders}


def test_cross_references_of_one_node_only(tmp_path: Path) -> None:
    nodes = [
        Node("DOID:3", "disease", "Three", xrefs=("ORPHA:30", "ORPHA:40", "ORPHA:2")),
        Node("DOID:4", "disease", "Four", xrefs=("ORPHA:40",)),
        Node("ORPHA:2", "disease", "Two"),
    ]
    write_graph(nodes, [], tmp_path / "g", release="1", licences=("Invented: CC0",))
    graph = Graph.open(tmp_path / "g")
    assert xref_index(graph) == {"ORPHA:30": "DOID:3"}
    path = written(tmp_path / "p.tsv", "id\tprevalence\nORPHA:30\t0.1\nORPHA:2\t0.2\nORPHA:40\t0.3\n")
    assert read_prevalence(path, graph, same=xref_index(graph)) == {"DOID:3": 0.1, "ORPHA:2": 0.2}
