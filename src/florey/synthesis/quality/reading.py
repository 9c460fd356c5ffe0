"""Questions from anywhere, as far as they can be read: Question records, or public sets in JSON Lines, JSON or CSV.

A public record has its stem in a field ("question" unless another is named). Where it has them, its options are a list
or an object of letter -> text under "options", and its answer is a letter, a number from 0 or a text, under
"answer_idx", "answer_index" or "answer".
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from florey.errors import BadInput, nearest
from florey.files import digest, read_json, read_jsonl
from florey.records import LETTERS, Question, Record

FIELD = "question"
_ANSWERS = ("answer_idx", "answer_index", "answer")
_SEPARATORS = {".csv": ",", ".tsv": "\t"}


class Item(Record):
    """A stem with what else was found. `group`: items of one group are never on both sides of a split."""

    id: str
    stem: str
    options: tuple[str, ...] = ()
    gold: int | None = None
    kind: str | None = None
    group: str


def of_question(question: Question) -> Item:
    return Item(
        id=question.id or digest([question.stem, question.options]),
        stem=question.stem,
        options=question.options,
        gold=question.gold,
        kind=question.metapath,
        group=question.group or question.stem,
    )


def read_items(path: Path, field: str | None = None) -> list[Item]:
    """The questions of a file, in its order. Blank stems are left out; BadInput with the line or record where the
    field is missing.

    Without `field`, a file of JSON Lines whose first line has a "stem" is read as Question records.
    """
    if not path.is_file():
        raise BadInput(f"{path}: no such file; expected questions in JSON Lines, JSON or CSV")
    if field is None and _has_questions(path):
        return [of_question(question) for question in read_jsonl(path, Question)]
    found = [item for where, row in _rows(path) if (item := _item(path, where, row, field or FIELD))]
    if not found:
        raise BadInput(f"{path}: no questions in it")
    return found


def _has_questions(path: Path) -> bool:
    if path.suffix in (".json", *_SEPARATORS):
        return False
    with path.open(encoding="utf-8", errors="replace") as lines:
        first = next((line for line in lines if line.strip()), "")
    try:
        found = json.loads(first)
    except json.JSONDecodeError:
        return False
    return isinstance(found, dict) and "stem" in found


def _rows(path: Path) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """(where it stands, record) of every record."""
    if path.suffix in _SEPARATORS:
        yield from _csv_rows(path)
    elif path.suffix == ".json":
        yield from _json_rows(path)
    else:
        yield from _jsonl_rows(path)


def _csv_rows(path: Path) -> Iterator[tuple[str, Mapping[str, Any]]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as handle:
            table = csv.DictReader(handle, delimiter=_SEPARATORS[path.suffix], strict=True)
            for row in table:
                yield f"line {table.line_num}", row
    except (csv.Error, UnicodeDecodeError) as error:
        raise BadInput(f"{path}: expected a table in UTF-8 ({error})") from None


def _json_rows(path: Path) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """A list of records, an object of records by id, or one of columns (each an object by row)."""
    found = read_json(path)
    if isinstance(found, list):
        named = {f"record {number}": row for number, row in enumerate(found, 1)}
    elif isinstance(found, dict) and FIELD in found and all(isinstance(column, dict) for column in found.values()):
        named = {f"row {key}": {name: found[name].get(key) for name in found} for key in found[FIELD]}
    elif isinstance(found, dict):
        named = {f"record {key}": row for key, row in found.items()}
    else:
        raise BadInput(f"{path}: expected a list or an object of questions, got {type(found).__name__}")
    for where, row in named.items():
        if not isinstance(row, dict):
            raise BadInput(f"{path}, {where}: expected an object with a '{FIELD}', got {type(row).__name__}")
        yield where, row


def _jsonl_rows(path: Path) -> Iterator[tuple[str, Mapping[str, Any]]]:
    with path.open("rb") as lines:
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                row = json.loads(line)
            except (json.JSONDecodeError, UnicodeDecodeError) as error:
                raise BadInput(f"{path}, line {number}: expected JSON ({error})") from None
            if not isinstance(row, dict):
                raise BadInput(f"{path}, line {number}: expected an object, got {type(row).__name__}")
            yield f"line {number}", row


def _item(path: Path, where: str, row: Mapping[str, Any], field: str) -> Item | None:
    stem = row.get(field)
    if field in row and (stem is None or str(stem).strip() in ("", "nan")):
        return None  # public files have a few: "", null, NaN
    if not isinstance(stem, str):
        known = sorted(str(name) for name in row if name is not None)
        raise BadInput(
            f"{path}, {where}: expected a text in the field '{field}'{nearest(field, known)}; it has {', '.join(known)}"
        )
    options = _options(row.get("options"))
    return Item(
        id=f"r-{digest([stem, options])}", stem=stem.strip(), options=options, gold=_gold(row, options), group=stem
    )


def _options(found: Any) -> tuple[str, ...]:
    if isinstance(found, dict):
        found = [found[letter] for letter in sorted(found)]
    return tuple(map(str, found)) if isinstance(found, list) else ()


def _gold(row: Mapping[str, Any], options: tuple[str, ...]) -> int | None:
    """The place of the answer: by letter, number or text; None where nothing says it."""
    for name in _ANSWERS:
        said = row.get(name)
        if isinstance(said, str) and len(said) == 1 and said in LETTERS[: len(options)]:
            return LETTERS.index(said)
        if isinstance(said, int) and not isinstance(said, bool) and 0 <= said < len(options):
            return said
        if isinstance(said, str) and options.count(said) == 1:
            return options.index(said)
    return None
