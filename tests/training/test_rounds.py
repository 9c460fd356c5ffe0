"""A round survives the disk; anything else is refused by name."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from florey.errors import BadInput
from florey.records import TIERS, Question
from florey.training.rounds import COLUMNS, read_round, write_round

QUESTIONS = [
    Question(
        stem=f"Question {n}?",
        options=("x", "ß, “y”\n", *("z",) * n),
        gold=1,
        source="test",
        tier=None if n == 2 else TIERS[n],
        metapath=None if n == 1 else "findings_to_disease",
    ).identified()
    for n in range(3)
]
ROUND = [QUESTIONS[i] for i in (2, 0, 1, 0)]  # not sorted, and one twice


def test_a_round_round_trips_in_order(tmp_path: Path) -> None:
    path = tmp_path / "round.parquet"
    write_round(path, ROUND, [f"ask {n}" for n in range(4)])
    rows = read_round(path)
    assert [tuple(row) for row in rows] == [COLUMNS] * 4
    assert [row["question_id"] for row in rows] == [q.id for q in ROUND]
    assert [row["prompt"] for row in rows] == ["ask 0", "ask 1", "ask 2", "ask 3"]
    assert [row["options"] for row in rows] == [list(q.options) for q in ROUND]
    assert [(row["gold"], row["tier"], row["metapath"]) for row in rows] == [
        (q.gold, q.tier, q.metapath) for q in ROUND
    ]


def test_equal_rounds_are_equal_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_round(tmp_path / name, ROUND, ["p"] * 4)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_an_empty_round_keeps_its_columns(tmp_path: Path) -> None:
    write_round(tmp_path / "r.parquet", [], [])
    assert read_round(tmp_path / "r.parquet") == []


@pytest.mark.parametrize("content", [b"", b"PAR1", b"question_id,prompt\n1,2\n", b"\x00" * 100])
def test_what_is_no_parquet_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "round.parquet"
    path.write_bytes(content)
    with pytest.raises(BadInput, match=r"round\.parquet: expected a round in Parquet"):
        read_round(path)


def test_a_missing_file_or_column_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"none\.parquet: expected a round in Parquet"):
        read_round(tmp_path / "none.parquet")
    pl.DataFrame({"position": [0], "question_id": ["q"]}).write_parquet(tmp_path / "r.parquet")
    with pytest.raises(BadInput, match=r"r\.parquet: not a round; missing column 'prompt'"):
        read_round(tmp_path / "r.parquet")


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("rounds") / "whole.parquet"
    write_round(path, ROUND, ["p"] * 4)
    return path


@given(st.data())
def test_a_cut_off_round_is_refused(whole: Path, data: st.DataObject) -> None:
    content = whole.read_bytes()
    cut = whole.with_name("cut.parquet")
    cut.write_bytes(content[: data.draw(st.integers(0, len(content) - 1))])
    with pytest.raises(BadInput):
        read_round(cut)
