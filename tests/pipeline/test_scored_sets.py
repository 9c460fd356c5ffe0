"""Benchmarks scored side by side: the same bytes as one after the other, and errors that arrive."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.evaluation.conftest import items, predictions, right_with, store

from florey.errors import BadInput
from florey.pipeline import scored_sets
from florey.pipeline.scoring import score_folder


def stored(folder: Path) -> Path:
    sets = {}
    for name, count in (("medqa", 30), ("jmed", 12), ("careqa", 20)):
        asked = items(name, count)
        sets[name] = (asked, predictions(asked, right_with(0.5), samples=2))
    return store(folder, sets).folder


def scored(folder: Path) -> tuple[bytes, bytes]:
    score_folder(folder, compatible=("huatuo",), bar=lambda what: lambda done, total, note: None)
    return (folder / "score.json").read_bytes(), (folder / "details.json").read_bytes()


def test_processes_change_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = stored(tmp_path / "a")
    alone = scored(folder)
    monkeypatch.setattr(scored_sets, "LARGE", 0)
    monkeypatch.setattr("os.cpu_count", lambda: 3)
    assert scored(folder) == alone


def test_an_error_in_a_process_is_the_same_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = stored(tmp_path / "a")
    file = folder / "jmed" / "predictions.jsonl"
    lines = file.read_text().splitlines(keepends=True)
    file.write_text("".join([*lines, lines[0]]))
    said = []
    for large in (10**9, 0):
        monkeypatch.setattr(scored_sets, "LARGE", large)
        monkeypatch.setattr("os.cpu_count", lambda: 2)
        with pytest.raises(BadInput, match="stands there twice") as raised:
            scored(folder)
        said.append(str(raised.value))
    assert said[0] == said[1]
