"""Lines and rows: what is damaged is named by file and line, or counted; what is not damaged is never lost."""

import bz2
import gzip
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from florey.errors import BadInput
from florey.graph.sources.curies import curie, prefix_of
from florey.graph.sources.reading import Misfits, read_lines, read_rows


def lenient() -> Misfits:
    return Misfits(False, Counter())


@pytest.mark.parametrize(("suffix", "pack"), [("", bytes), (".gz", gzip.compress), (".bz2", bz2.compress)])
def test_plain_and_compressed_files_read_alike(tmp_path: Path, suffix: str, pack: type) -> None:
    path = tmp_path / f"lines.txt{suffix}"
    path.write_bytes(pack("a\r\nß\n\nlast".encode()))
    assert list(read_lines(path)) == [(1, "a"), (2, "ß"), (3, ""), (4, "last")]


@pytest.mark.parametrize(("suffix", "pack"), [(".gz", gzip.compress), (".bz2", bz2.compress)])
def test_a_cut_stream_is_refused_or_gives_what_came_before(tmp_path: Path, suffix: str, pack: type) -> None:
    path = tmp_path / f"lines.txt{suffix}"
    lines = [f"line {n} {hash_like(n)}" for n in range(40_000)]
    whole = pack("\n".join(lines).encode())
    path.write_bytes(whole[: len(whole) * 2 // 3])
    with pytest.raises(BadInput, match=rf"lines.txt{suffix}, after line \d+: the compressed stream is cut or damaged"):
        list(read_lines(path))
    misfit = lenient()
    found = list(read_lines(path, misfit))
    assert misfit.dropped == {"file: compressed stream cut or damaged": 1}
    assert found == list(enumerate(lines, 1))[: len(found)]
    path.write_bytes(b"no such stream")
    with pytest.raises(BadInput, match="after line 0"):
        list(read_lines(path))


def hash_like(number: int) -> str:
    return f"{number * 2654435761 % 2**32:x}"


def test_a_line_that_is_not_utf8(tmp_path: Path) -> None:
    path = tmp_path / "lines.txt"
    path.write_bytes(b"a\n\xff\nb\n")
    with pytest.raises(BadInput, match=r"lines.txt, line 2: expected UTF-8"):
        list(read_lines(path))
    misfit = lenient()
    assert list(read_lines(path, misfit)) == [(1, "a"), (3, "b")]
    assert misfit.dropped == {"line: not UTF-8": 1}


def test_rows_by_column_with_the_lines_they_start_at(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text('\ufeff#\n# above\nb,a\n"1,\n2",x\n3,"say ""x"""\n')
    assert list(read_rows(path, ("a", "b"), separator=",", quote='"')) == [
        (4, ("x", "1,\n2")),
        (6, ('say "x"', "3")),
    ]
    path.write_text('a\tb\n"\tx\n')
    assert list(read_rows(path, ("a",))) == [(2, ('"',))]  # without a quote character it is a character


@pytest.mark.parametrize(
    ("text", "message", "reason"),
    [
        ("a\tb\n1\n2\t3\n", "line 2: 1 fields, expected 2", "row: wrong number of fields"),
        ("a\tb\n\t1\n2\t3\n", "line 2: 'a' is empty", "row: 'a' is empty"),
        ('a\tb\n"1"x\t2\n2\t3\n', "line 2: .*expected after", "row: broken quotation"),
    ],
)
def test_a_row_that_does_not_fit(tmp_path: Path, text: str, message: str, reason: str) -> None:
    path = tmp_path / "t.tsv"
    path.write_text(text)
    with pytest.raises(BadInput, match=f"t.tsv, {message}"):
        list(read_rows(path, ("a", "b"), quote='"'))
    misfit = lenient()
    assert list(read_rows(path, ("a", "b"), misfit, quote='"')) == [(3, ("2", "3"))]
    assert misfit.dropped == {reason: 1}


@pytest.mark.parametrize("misfit", [Misfits(True, Counter()), lenient()])
def test_a_table_without_its_columns_is_refused_even_if_lenient(tmp_path: Path, misfit: Misfits) -> None:
    path = tmp_path / "t.tsv"
    path.write_text("# x\nnaem\tb\n")
    with pytest.raises(BadInput, match=r"t.tsv, line 2: no column 'name' \(did you mean 'naem'\?\)"):
        list(read_rows(path, ("name", "b"), misfit))
    path.write_text("")
    with pytest.raises(BadInput, match="no table; expected the columns name"):
        list(read_rows(path, ("name",), misfit))


@given(st.lists(st.lists(st.text("ab\"',\n\t é", max_size=5), min_size=2, max_size=2), max_size=5))
def test_what_csv_writes_is_read_back(tmp_path_factory: pytest.TempPathFactory, rows: list[list[str]]) -> None:
    import csv

    path = tmp_path_factory.mktemp("csv") / "t.csv"
    with path.open("w", newline="", encoding="utf-8") as out:
        csv.writer(out, lineterminator="\n", quoting=csv.QUOTE_ALL).writerows([["x", "y"], *rows])
    found = [list(row) for _, row in read_rows(path, ("x", "y"), separator=",", quote='"', filled=0)]
    assert found == rows


@pytest.mark.parametrize(
    ("given", "prefix", "expected"),
    [
        ("MSH:D003920", None, "MESH:D003920"),
        ("MIM:104300", None, "OMIM:104300"),
        ("Orphanet:98", None, "ORPHA:98"),
        ("SNOMEDCT_US_2021_09_01:84757009", None, "SNOMEDCT:84757009"),
        ("UMLS_CUI:C0011849", None, "UMLS:C0011849"),
        ("D003920", "mesh", "MESH:D003920"),
        ("MESH:D003920", "MESH", "MESH:D003920"),
        ("http://www.wikidata.org/entity/Q12", None, "WIKIDATA:Q12"),
        ("http://purl.obolibrary.org/obo/UBERON_0000955", None, "UBERON:0000955"),
        ("https://example.org/x", None, None),
        ("two words", "MESH", None),
        ("", "MESH", None),
        ("plain", None, None),
    ],
)
def test_one_spelling_of_an_id(given: str, prefix: str | None, expected: str | None) -> None:
    assert curie(given, prefix) == expected


@given(
    st.sampled_from(["MESH", "msh", "Orphanet", "XYZ", "icd-10-cm"]), st.from_regex(r"[A-Z0-9]{1,8}", fullmatch=True)
)
def test_a_normalised_id_stays_as_it_is(prefix: str, local: str) -> None:
    once = curie(f"{prefix}:{local}")
    assert once is not None
    assert curie(once) == once
    assert prefix_of(once.partition(":")[0]) == once.partition(":")[0]
