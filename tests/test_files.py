"""Reading and writing: whole or not at all, and errors that say where."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from florey.errors import BadInput
from florey.files import canonical, digest, read_json, read_jsonl, write_json, write_jsonl, write_text, written_aside
from florey.records import Generation

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


def test_a_failure_leaves_nothing_behind(tmp_path: Path) -> None:
    def fail() -> None:
        with written_aside(tmp_path / "new" / "file.txt") as aside:
            aside.write_text("half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert list((tmp_path / "new").iterdir()) == []


def test_a_failure_leaves_the_old_content(tmp_path: Path) -> None:
    file = tmp_path / "file.jsonl"
    file.write_text("old")

    def records() -> list[Generation]:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_jsonl(file, (record for record in records()))
    assert [path.name for path in tmp_path.iterdir()] == ["file.jsonl"]
    assert file.read_text() == "old"


def test_nothing_is_seen_before_the_block_ends(tmp_path: Path) -> None:
    file = tmp_path / "file.txt"
    with written_aside(file) as aside:
        aside.write_text("whole")
        assert not file.exists()
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("file.txt", "whole")]


def test_jsonl_round_trips(tmp_path: Path) -> None:
    records = [Generation(text="a\nb\u2028", tokens=1, finished=True), Generation(text="ß", tokens=2, finished=False)]
    assert write_jsonl(tmp_path / "g.jsonl", records) == 2
    assert list(read_jsonl(tmp_path / "g.jsonl", Generation)) == records


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (b'{"text": "x", "tokens": "many", "finished": true}', "tokens"),
        (b'{"text": "x", "tokens": 1}', "finished"),
        (b'{"text": "x", "tokens": 1, "finished": true, "more": 1}', "more"),
        (b'{"text": "x", "tok', "JSON"),
        (b"\xff\xfe", "not a Generation"),
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, line: bytes, said: str) -> None:
    file = tmp_path / "g.jsonl"
    file.write_bytes(b'{"text": "x", "tokens": 1, "finished": true}\n\n' + line + b"\n")
    with pytest.raises(BadInput) as caught:
        list(read_jsonl(file, Generation))
    assert f"{file}, line 3: " in str(caught.value)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_missing_and_damaged_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"none\.jsonl: no such file; expected JSON Lines of Generation"):
        list(read_jsonl(tmp_path / "none.jsonl", Generation))
    with pytest.raises(BadInput, match=r"none\.json: no such file"):
        read_json(tmp_path / "none.json")
    for content in (b'{"a": ', b"\xff"):
        (tmp_path / "bad.json").write_bytes(content)
        with pytest.raises(BadInput, match=r"bad\.json: expected JSON"):
            read_json(tmp_path / "bad.json")


@given(values)
def test_equal_values_have_one_digest(value: object) -> None:
    assert digest(value) == digest(json.loads(canonical(value)))
    if isinstance(value, dict):
        assert digest(dict(reversed(value.items()))) == digest(value)


def test_different_values_have_different_digests() -> None:
    different = [1, "1", [1], ["1"], {"1": 1}, None, "", [], {}, 1.5, True]
    assert len({digest(value) for value in different}) == len(different)
    assert len(digest(1, length=32)) == 32


def test_json_is_written_sorted(tmp_path: Path) -> None:
    write_json(tmp_path / "a.json", {"b": 1, "a": "é"})
    write_text(tmp_path / "b.json", '{\n  "a": "é",\n  "b": 1\n}\n')
    assert (tmp_path / "a.json").read_bytes() == (tmp_path / "b.json").read_bytes()
    assert read_json(tmp_path / "a.json") == {"a": "é", "b": 1}
