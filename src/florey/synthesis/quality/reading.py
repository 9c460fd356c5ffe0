"""Questions from anywhere, as far as they can be read: Question records, or public sets in any format that
`datasets` reads.

A public record has its stem in a field ("question" unless another is named). Where it has them, its options are a list
or an object of letter -> text under "options", and its answer is a letter, a number from 0 or a text, under
"answer_idx", "answer_index" or "answer".
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from florey.datasets.rows import read_rows
from florey.errors import BadInput, nearest
from florey.files import digest, read_jsonl
from florey.records import LETTERS, Question, Record

FIELD = "question"
_ANSWERS = ("answer_idx", "answer_index", "answer")


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
    if field is None and path.is_file() and _has_questions(path):
        return [of_question(question) for question in read_jsonl(path, Question)]
    found = [item for row in read_rows(path) if (item := _item(row.where, row.values, field or FIELD))]
    if not found:
        raise BadInput(f"{path}: no questions in it")
    return found


def _has_questions(path: Path) -> bool:
    if path.suffix not in (".jsonl", ".ndjson"):
        return False
    with path.open(encoding="utf-8", errors="replace") as lines:
        first = next((line for line in lines if line.strip()), "")
    try:
        found = json.loads(first)
    except json.JSONDecodeError:
        return False
    return isinstance(found, dict) and "stem" in found


def _item(where: str, row: Mapping[str, Any], field: str) -> Item | None:
    stem = row.get(field)
    if field in row and (stem is None or str(stem).strip() in ("", "nan")):
        return None  # public files have a few: "", null, NaN
    if not isinstance(stem, str):
        known = sorted(str(name) for name in row if name is not None)
        raise BadInput(
            f"{where}: expected a text in the field '{field}'{nearest(field, known)}; it has {', '.join(known)}"
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
