import contextlib
import sys
import zipfile

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from florey.datasets.rows import KEY, hub_rows, read_rows
from florey.errors import BadInput

ROWS = [{"stem": "Wer?", "n": "1"}, {"stem": "哪一个?", "n": "2"}]


@pytest.mark.parametrize("name", ["a.jsonl", "a.json", "a.csv", "a.tsv", "a.parquet"])
def test_every_format_gives_the_same_rows(written, name):
    assert [row.values for row in read_rows(written(name, ROWS))] == ROWS


MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
SHEETML = "application/vnd.openxmlformats-officedocument.spreadsheetml"


def relationship(kind, target):
    one = f'<Relationship Id="r" Type="{OFFICE}/{kind}" Target="{target}"/>'
    return f'<Relationships xmlns="{PACKAGE}/relationships">{one}</Relationships>'


def sheet(path, rows):
    """The least that is an Excel file."""
    cells = "".join(
        "<row>"
        + "".join(
            f"<c><v>{cell}</v></c>" if isinstance(cell, int) else f'<c t="inlineStr"><is><t>{cell}</t></is></c>'
            for cell in row
        )
        + "</row>"
        for row in rows
    )
    types = (
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{SHEETML}.sheet.main+xml"/>'
        f'<Override PartName="/xl/sheet.xml" ContentType="{SHEETML}.worksheet+xml"/>'
    )
    book = '<sheets><sheet name="s" sheetId="1" r:id="r"/></sheets>'
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{PACKAGE}/content-types">{types}</Types>',
        "_rels/.rels": relationship("officeDocument", "xl/workbook.xml"),
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}">{book}</workbook>',
        "xl/_rels/workbook.xml.rels": relationship("worksheet", "sheet.xml"),
        "xl/sheet.xml": f'<worksheet xmlns="{MAIN}"><sheetData>{cells}</sheetData></worksheet>',
    }
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in parts.items():
            archive.writestr(name, '<?xml version="1.0" encoding="UTF-8"?>' + text)
    return path


def test_excel(tmp_path):
    path = sheet(tmp_path / "a.xlsx", [["stem", "n"], ["Wer?", "1"], ["哪一个?", "2"]])
    assert [row.values for row in read_rows(path)] == ROWS


def test_excel_loses_no_text_below_numbers(tmp_path):
    path = sheet(tmp_path / "a.xlsx", [["stem", "option"], *([f"{i}?", i] for i in range(1200)), ["last?", "none"]])
    options = [row.values["option"] for row in read_rows(path)]
    assert options[:2] == ["0", "1"] and options[-1] == "none"


def test_json_lines_in_a_file_that_is_called_json(written):
    lines = written("lines.jsonl", ROWS)
    rows = list(read_rows(lines.rename(lines.with_name("lines.json"))))
    assert [row.values for row in rows] == ROWS and rows[1].where.endswith("lines.json, line 2")


def test_a_byte_order_mark_is_no_part_of_the_first_column(tmp_path):
    for name, content in (("a.csv", "stem,n\nWer?,1\n"), ("a.jsonl", '{"stem": "Wer?", "n": "1"}\n')):
        (tmp_path / name).write_text(content, encoding="utf-8-sig")
        assert [row.values for row in read_rows(tmp_path / name)] == ROWS[:1]


def test_a_table_in_another_encoding_is_named(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes("stem,n\nWer?,1\n哪一个?,2\n".encode("gb18030"))
    with pytest.raises(BadInput, match=r"a.csv: cannot be read .*encoding: gb18030"):
        list(read_rows(path))
    assert [row.values for row in read_rows(path, "gb18030")] == ROWS
    with pytest.raises(BadInput, match="unknown encoding: gb1803"):
        list(read_rows(path, "gb1803"))


def test_json_as_rows_by_name_and_as_columns(written):
    named = read_rows(written("named.json", {"17": {"stem": "x"}, "18": {"stem": "y"}}))
    assert [row.values for row in named] == [{KEY: "17", "stem": "x"}, {KEY: "18", "stem": "y"}]
    columns = {"stem": {"0": "Wer?", "1": "哪一个?"}, "n": {"0": "1", "1": "2"}}
    assert [row.values for row in read_rows(written("columns.json", columns))] == ROWS
    lists = {"stem": ["Wer?", "哪一个?"], "n": ["1", "2"]}
    assert [row.values for row in read_rows(written("lists.json", lists))] == ROWS


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("gone.jsonl", None, "gone.jsonl: no such file"),
        ("a.txt", "x", "expected a file that ends in"),
        ("a.jsonl", '{"a": 1}\n\n{"a": \n', "a.jsonl, line 3: not JSON"),
        ("a.jsonl", "[1]\n", "a.jsonl, line 1: expected an object, found list"),
        ("a.json", '[{"a": 1}, 5]', "a.json, row 2: expected an object, found int"),
        ("a.json", "7", "expected rows in a list or in a mapping, found 7"),
        ("a.json", '{"a": {"0": 1, "1": 2}, "b": {"0": 1}}', "column 'b' has not the rows of the others"),
        ("a.json", "{", "a.json: not JSON"),
        ("a.json", "{}", "expected rows in a list or in a mapping, found {}"),
        ("a.json", '{"a": 1}\n{"a": \n', "a.json, line 2: not JSON"),
        ("a.jsonl", "[" * 100_000, "a.jsonl, line 1: not JSON"),
        ("a.csv", "stem,n\nWer?,1,2\n", "cannot be read as .csv (found more fields"),
        ("a.parquet", "no parquet", "cannot be read as .parquet"),
        ("a.xlsx", "no sheet", "cannot be read as .xlsx"),
    ],
)
def test_what_cannot_be_read_is_said(tmp_path, name, content, said):
    if content is not None:
        (tmp_path / name).write_text(content)
    with pytest.raises(BadInput) as error:
        list(read_rows(tmp_path / name))
    assert said in str(error.value)


def test_a_reader_that_panics_is_bad_input(written, monkeypatch):
    path = written("a.parquet", ROWS)

    def panic(_):
        raise pl.exceptions.PanicException("a page is not what its header says")

    monkeypatch.setattr(pl, "read_parquet", panic)
    with pytest.raises(BadInput, match=r"a.parquet: cannot be read as .parquet .a page is not"):
        list(read_rows(path))


@given(st.sampled_from(["a.jsonl", "a.json", "a.csv", "a.xlsx"]), st.data())
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_a_damaged_file_gives_rows_or_bad_input(written, tmp_path, name, data):
    path = sheet(tmp_path / name, [["stem", "n"]]) if name.endswith("xlsx") else written(name, ROWS)
    whole = path.read_bytes()
    cut = data.draw(st.integers(0, len(whole)), "cut")
    flipped = data.draw(st.integers(0, 255), "flipped")
    path.write_bytes(whole[:cut] + bytes([flipped]) + whole[cut + 1 :] if data.draw(st.booleans()) else whole[:cut])
    with contextlib.suppress(BadInput):
        assert all(isinstance(row.values, dict) for row in read_rows(path))


def test_the_hub_library_reads_a_local_folder(written, hub_folder):
    written("hub/train.jsonl", ROWS)
    assert [row.values for row in hub_rows(str(hub_folder))] == ROWS
    with pytest.raises(BadInput, match="give a local file with path"):
        list(hub_rows(str(hub_folder / "nothing")))


def test_a_missing_hub_library_is_said(monkeypatch):
    monkeypatch.setitem(sys.modules, "datasets", None)
    with pytest.raises(BadInput, match=r"pip install 'florey\[train\]'"):
        list(hub_rows("somebody/something"))
