"""Invented questions in the shapes of public sets."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest


@pytest.fixture
def written(tmp_path: Path):
    """`written("name.jsonl", rows)`: a file of the rows in the format of its ending."""

    def write(name: str, rows) -> Path:
        path = tmp_path / name
        if path.suffix == ".jsonl":
            path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
        elif path.suffix == ".json":
            path.write_text(json.dumps(rows, ensure_ascii=False), encoding="utf-8")
        elif path.suffix == ".parquet":
            pl.DataFrame(rows).write_parquet(path)
        elif path.suffix == ".csv":
            pl.DataFrame(rows).write_csv(path)
        elif path.suffix == ".tsv":
            pl.DataFrame(rows).write_csv(path, separator="\t")
        else:
            raise AssertionError(path)
        return path

    return write


@pytest.fixture
def hub_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that the hub's library can load as a data set, with its cache beside it, not in the home folder."""
    import datasets

    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")
    folder = tmp_path / "hub"
    folder.mkdir()
    return folder
