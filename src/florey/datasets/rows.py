"""Rows of a file, whatever its format: JSON Lines, JSON, CSV, TSV, Parquet, Excel; or of a data set on the hub."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from florey.errors import BadInput

TABLES = {".csv": ",", ".tsv": "\t"}
SUFFIXES = (".jsonl", ".ndjson", ".json", *TABLES, ".parquet", ".xlsx", ".xls")
KEY = "_key"
"""Column of a row's name, where a JSON file is a mapping of rows by name."""


class Row(NamedTuple):
    """One row and where it stands, for errors: "train.jsonl, line 3"."""

    where: str
    values: dict[str, Any]


def read_rows(path: Path, encoding: str | None = None) -> Iterator[Row]:
    """Rows in the order of the file. BadInput for what cannot be read, with file and line.

    JSON may be a list of rows, a mapping of rows by name (as PubMedQA; the name is in column `KEY`), columns
    ({"question": {"0": …}}, as Medbullets, or lists of equal length), or JSON Lines after all (as MedMCQA). Cells of
    CSV, TSV and Excel files are text, as written; their rows are counted from the first below the header.
    `encoding`: of a CSV or TSV file; UTF-8 by default.
    """
    suffix = path.suffix.lower()
    if not path.is_file():
        raise BadInput(f"{path}: no such file; expected one that ends in {', '.join(SUFFIXES)}")
    if suffix in (".jsonl", ".ndjson"):
        return _lines(path)
    if suffix == ".json":
        return _json(path)
    if suffix in TABLES or suffix in (".parquet", ".xlsx", ".xls"):
        return _table(path, suffix, encoding or "utf8")
    raise BadInput(f"{path}: expected a file that ends in {', '.join(SUFFIXES)}")


def hub_rows(name: str, config: str | None = None, split: str = "train", revision: str | None = None) -> Iterator[Row]:
    """Rows of a data set on the hub (or of a local folder that the library can load). This downloads."""
    try:
        import datasets
    except ImportError:
        raise BadInput("data sets on the hub need: pip install 'florey[train]'; or give a local file") from None

    try:
        found = datasets.load_dataset(name, config, split=split, revision=revision)
    except Exception as error:  # the library has errors of many kinds, not all under one name
        raise BadInput(
            f"hub data set {name}: cannot be loaded ({_first(error)}); give a local file with path"
        ) from None
    for number, values in enumerate(found, 1):
        yield Row(f"{name}, {split}, row {number}", dict(values))


def _first(error: BaseException) -> str:
    """The first line of its message."""
    return next(iter(str(error).strip().splitlines()), type(error).__name__)


def _lines(path: Path) -> Iterator[Row]:
    with path.open("rb") as lines:
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            where = f"{path}, line {number}"
            try:
                values = json.loads(line)
            except (ValueError, RecursionError) as error:
                raise BadInput(f"{where}: not JSON ({error})") from None
            if not isinstance(values, dict):
                raise BadInput(f"{where}: expected an object, found {type(values).__name__}")
            yield Row(where, values)


def _json(path: Path) -> Iterator[Row]:
    try:
        data = json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        if isinstance(error, json.JSONDecodeError) and error.msg == "Extra data":  # one object after another
            yield from _lines(path)
            return
        raise BadInput(f"{path}: not JSON ({error})") from None
    if isinstance(data, list):
        rows = [(str(number), values) for number, values in enumerate(data, 1)]
    elif isinstance(data, dict) and data:
        rows = _columns(path, data) or [
            (name, {KEY: name, **values} if isinstance(values, dict) else values) for name, values in data.items()
        ]
    else:
        raise BadInput(f"{path}: expected rows in a list or in a mapping, found {str(data)[:40]}")
    for name, values in rows:
        if not isinstance(values, dict):
            raise BadInput(f"{path}, row {name}: expected an object, found {type(values).__name__}")
        yield Row(f"{path}, row {name}", values)


def _columns(path: Path, data: Mapping[str, Any]) -> list[tuple[str, dict[str, Any]]] | None:
    """The rows of a mapping of columns; None where it is one of rows."""
    columns = {name: dict(enumerate(cell)) if isinstance(cell, list) else cell for name, cell in data.items()}
    by_number = all(
        isinstance(cell, dict) and cell and all(str(key).isdigit() for key in cell) for cell in columns.values()
    )
    if not by_number:
        return None
    keys = list(next(iter(columns.values())))
    for name, cell in columns.items():
        if list(cell) != keys:
            raise BadInput(f"{path}: column '{name}' has not the rows of the others ({len(cell)}, not {len(keys)})")
    return [(str(key), {name: cell[key] for name, cell in columns.items()}) for key in keys]


def _table(path: Path, suffix: str, encoding: str) -> Iterator[Row]:
    import polars as pl

    try:
        if suffix == ".parquet":
            frame = pl.read_parquet(path)
        elif suffix in TABLES:
            frame = pl.read_csv(path, separator=TABLES[suffix], infer_schema=False, encoding=encoding)
        else:  # all as text: a type guessed from the first rows would empty the cells of another type below
            frame = pl.read_excel(path, read_options={"dtypes": "string"})
    except (Exception, pl.exceptions.PanicException) as error:  # polars' readers have errors of many kinds
        hint = "; if it is not UTF-8, name its encoding, such as encoding: gb18030" if suffix in TABLES else ""
        raise BadInput(f"{path}: cannot be read as {suffix} ({_first(error)}){hint}") from None
    for number, values in enumerate(frame.iter_rows(named=True), 1):
        yield Row(f"{path}, row {number}", values)
