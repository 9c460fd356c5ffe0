"""What the formats share: rows a slice at a time, and texts that fit into one field of a line."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path
from typing import Literal

import polars as pl

SLICE = 100_000
SEPARATOR = "|"
"""Between the values of one field."""
Quotes = Literal["necessary", "never"]
Select = Callable[[pl.DataFrame], list[pl.Expr]]


def slices(path: Path) -> Iterator[pl.DataFrame]:
    """A Parquet file in pieces of at most SLICE rows, in order; dictionary-coded strings as plain ones."""
    table, start = pl.scan_parquet(path), 0
    while len(piece := table.slice(start, SLICE).collect()):
        yield piece.with_columns(pl.col(pl.Categorical).cast(pl.String))
        start += len(piece)


def write_csv(
    source: Path, out: Path, select: Select, *, separator: str, quotes: Literal["necessary", "never"]
) -> None:
    """The selected columns of a Parquet file as lines below a header, which stands even where there are no rows."""
    with out.open("wb") as file:
        for i, piece in enumerate(chain([pl.read_parquet(source, n_rows=0)], slices(source))):
            chosen = piece.select(select(piece))
            chosen.write_csv(file, separator=separator, include_header=i == 0, quote_style=quotes, line_terminator="\n")


def text(column: str) -> pl.Expr:
    """On one line: tabs and line breaks become spaces."""
    return _line(pl.col(column)).alias(column)


def joined(column: str) -> pl.Expr:
    """A list as one field; a value that holds the separator gets a slash in its place."""
    each = pl.element().str.replace_all(SEPARATOR, "/", literal=True)
    return _line(pl.col(column).list.eval(each).list.join(SEPARATOR)).alias(column)


def _line(values: pl.Expr) -> pl.Expr:
    return values.cast(pl.String).str.replace_all(r"[\x00-\x1f\x7f\u0085\u2028\u2029]+", " ")
