"""Nothing that was read is lost or doubled, whenever the writer dies."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from florey.errors import BadInput
from florey.graph.discovery.journal import Journal, written_by_one
from florey.graph.discovery.reading import Reading, Why

WHY = Why(expected_type="unknown", specialty="", pull=1, expected_yield=1, rarity=1, scarcity=1, gain=1)


def reading(step: int) -> Reading:
    title = f"Página {step}"
    return Reading(step=step, asked=title, title=title, outcome="read", reason="", why=WHY, links={"Æ": step + 1})


def said(journal: Journal) -> list[int]:
    return [each.step for each in journal.replay()]


def test_what_was_appended_is_read_again(tmp_path: Path) -> None:
    Journal(tmp_path).append([reading(0), reading(1)])
    Journal(tmp_path).append([reading(2)])
    again = Journal(tmp_path)
    assert said(again) == [0, 1, 2] and not again.torn and again.count == 3
    assert next(again.replay()) == reading(0), "equal in every field"


@pytest.mark.parametrize("kept", [1, 40, -1])
def test_a_torn_end_is_cut_off(tmp_path: Path, kept: int) -> None:
    for step in (0, 1):
        Journal(tmp_path).append([reading(step)])
    whole = (tmp_path / "journal.jsonl").read_bytes()
    first = whole.index(b"\n") + 1
    (tmp_path / "journal.jsonl").write_bytes(whole[:first] + whole[first:][:kept])
    torn = Journal(tmp_path)
    assert said(torn) == [0] and torn.torn
    torn.append([reading(1)])
    assert (tmp_path / "journal.jsonl").read_bytes() == whole


def test_a_batch_that_is_not_whole_is_cut_off(tmp_path: Path) -> None:
    Journal(tmp_path).append([reading(0), reading(1)])
    Journal(tmp_path).append([reading(2), reading(3), reading(4)])
    whole = (tmp_path / "journal.jsonl").read_bytes()
    lines = whole.splitlines(keepends=True)
    (tmp_path / "journal.jsonl").write_bytes(b"".join(lines[:4]))
    again = Journal(tmp_path)
    assert said(again) == [0, 1] and again.torn
    again.append([reading(2), reading(3), reading(4)])
    assert (tmp_path / "journal.jsonl").read_bytes() == whole


def test_a_journal_that_is_one_torn_line_is_empty(tmp_path: Path) -> None:
    (tmp_path / "journal.jsonl").write_text('{"step": 0, "asked')
    assert said(Journal(tmp_path)) == []


def test_damage_in_the_middle_is_named(tmp_path: Path) -> None:
    Journal(tmp_path).append([reading(0), reading(1), reading(2)])
    lines = (tmp_path / "journal.jsonl").read_bytes().splitlines(keepends=True)
    (tmp_path / "journal.jsonl").write_bytes(lines[0] + b'{"step": broken\n' + lines[2])
    with pytest.raises(BadInput, match=r"journal\.jsonl, line 2: not a reading of a page"):
        said(Journal(tmp_path))
    (tmp_path / "journal.jsonl").write_bytes(lines[0] + lines[2])
    with pytest.raises(BadInput, match="line 2: step 2, expected 1"):
        said(Journal(tmp_path))


def test_two_runs_never_write_the_same_folder(tmp_path: Path) -> None:
    code = "import sys; from pathlib import Path; from florey.graph.discovery.journal import written_by_one\n"
    code += "with written_by_one(Path(sys.argv[1])): print('held', flush=True); sys.stdin.read()"
    other = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert other.stdout and other.stdout.readline() == "held\n"
        with pytest.raises(BadInput, match="another discovery"), written_by_one(tmp_path):
            pass
        other.kill()
        other.communicate()
        with written_by_one(tmp_path):
            pass
    finally:
        other.kill()
        other.communicate()
