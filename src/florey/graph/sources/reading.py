"""Reading lines and tables, plain or compressed, so that what is damaged is named by file and line or counted."""

from __future__ import annotations

import bz2
import csv
import gzip
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from operator import itemgetter
from pathlib import Path
from typing import BinaryIO, cast

from florey.errors import BadInput, nearest

_OPENERS: dict[str, Callable[[Path], object]] = {".gz": gzip.open, ".bz2": bz2.open}
_DAMAGE = (EOFError, gzip.BadGzipFile, zlib.error, OSError)  # bz2 says OSError for a bad stream


class Misfits:
    """What becomes of a record that is not as it should be: refused if `strict`, else dropped and counted."""

    def __init__(self, strict: bool, dropped: Counter[str]) -> None:
        self.strict = strict
        self.dropped = dropped

    def __call__(self, reason: str, message: str) -> None:
        """`reason` is what is counted, `message` says where and what was expected."""
        if self.strict:
            raise BadInput(message)
        self.dropped[reason] += 1


REFUSE = Misfits(True, Counter())


def only_file(folder: Path, pattern: str) -> Path:
    """The one file of `folder` that fits a glob pattern, or BadInput."""
    found = sorted(folder.glob(pattern)) if folder.is_dir() else []
    if len(found) != 1:
        raise BadInput(f"{folder}: {len(found)} files {pattern}; expected one")
    return found[0]


def read_lines(path: Path, misfit: Misfits = REFUSE) -> Iterator[tuple[int, str]]:
    """(line number from 1, line without its end) of a text, .gz or .bz2 file. BadInput if there is no such file.

    Misfits: a line that is not UTF-8; a compressed stream that is cut or damaged (the lines before it are given).
    """
    if not path.is_file():
        raise BadInput(f"{path}: no such file")
    number = 0
    with cast(BinaryIO, _OPENERS.get(path.suffix, _plain)(path)) as lines:
        try:
            for number, line in enumerate(lines, 1):
                try:
                    text = line.decode("utf-8" if number > 1 else "utf-8-sig").rstrip("\r\n")
                except UnicodeDecodeError:
                    misfit("line: not UTF-8", f"{path}, line {number}: expected UTF-8 text")
                    continue
                yield number, text
        except _DAMAGE as error:
            problem = f"{path}, after line {number}: the compressed stream is cut or damaged ({error})"
            misfit("file: compressed stream cut or damaged", problem)


def _plain(path: Path) -> BinaryIO:
    return path.open("rb")


def read_rows(
    path: Path,
    columns: Sequence[str],
    misfit: Misfits = REFUSE,
    *,
    separator: str = "\t",
    quote: str | None = None,
    filled: int = 1,
) -> Iterator[tuple[int, tuple[str, ...]]]:
    """(line number, the values of `columns`) of a table with a header and # comments above it.

    The first `filled` columns may not be empty. BadInput if there is no table or a column is missing; misfits: a row
    of another width, with a broken quotation or without a value that may not be empty.
    """
    rows = _split(path, misfit, separator, quote)
    at = 0
    for at, header in rows:  # noqa: B007
        if not header[0].startswith("#"):
            break
    else:
        raise BadInput(f"{path}: no table; expected the columns {', '.join(columns)}")
    if missing := [column for column in columns if column not in header]:
        hint = nearest(missing[0], header)
        raise BadInput(f"{path}, line {at}: no column '{missing[0]}'{hint}; the table has {', '.join(header)}")
    places = [header.index(column) for column in columns]
    pick = itemgetter(*places) if len(places) > 1 else lambda row: (row[places[0]],)
    width = len(header)
    for number, values in rows:
        if len(values) != width:
            misfit("row: wrong number of fields", f"{path}, line {number}: {len(values)} fields, expected {width}")
            continue
        row = pick(values)
        if "" in row[:filled]:
            name = columns[row.index("")]
            misfit(f"row: '{name}' is empty", f"{path}, line {number}: '{name}' is empty")
            continue
        yield number, row


def _split(path: Path, misfit: Misfits, separator: str, quote: str | None) -> Iterator[tuple[int, list[str]]]:
    """Fields of each line; without `quote` no character but the separator means anything."""
    lines = read_lines(path, misfit)
    if quote is None:
        for number, line in lines:
            yield number, line.split(separator)
        return
    at = 0

    def texts() -> Iterator[str]:
        nonlocal at
        for at, line in lines:  # noqa: B007
            yield line + "\n"

    reader = csv.reader(texts(), delimiter=separator, quotechar=quote, strict=True)
    while True:
        start = at + 1
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            misfit("row: broken quotation", f"{path}, line {start}: {error}")
            continue
        if row:
            yield start, row
