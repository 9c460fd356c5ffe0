"""What every loader needs: columns by name, options with their letters, answers, and rows left out for a reason."""

from __future__ import annotations

import ast
import json
import math
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from florey.datasets.rows import Row
from florey.errors import BadInput, nearest
from florey.records import LETTERS

_NO_LETTER = re.compile(r"[\W_]+")
_NOTHING = ("", "nan", "NaN")  # "nan": how tables that went through pandas write an empty cell


class Skip(Exception):
    """A row that is no single-answer question. `reason` is counted."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def blank(value: object) -> bool:
    """Whether a cell is empty: None, NaN, white space, or "nan"."""
    return value is None or (isinstance(value, float) and math.isnan(value)) or str(value).strip() in _NOTHING


def column(row: Row, name: str) -> Any:
    """The value in a column that every row must have. BadInput with the nearest column."""
    if name not in row.values:
        raise BadInput(f"{row.where}: no '{name}'{nearest(name, row.values)}; there are {', '.join(row.values)}")
    return row.values[name]


def stem(row: Row, name: str) -> str:
    """The question's text, trimmed. Skip("empty_row") where nothing stands in the whole row, else Skip("no_stem")."""
    value = column(row, name)
    if blank(value):
        raise Skip("empty_row" if all(map(blank, row.values.values())) else "no_stem")
    return str(value).strip()


def optional(row: Row, name: str) -> str | None:
    """The column as text, trimmed, or None where it is missing or empty."""
    value = row.values.get(name)
    return None if blank(value) else str(value).strip()


def facets(row: Row, **columns: str) -> dict[str, str]:
    """The subgroups that the source files a row under: axis -> what stands in the column of that name, where there is
    something."""
    found = {axis: optional(row, name) for axis, name in columns.items()}
    return {axis: value.removesuffix(".0") for axis, value in found.items() if value}


@dataclass(frozen=True)
class Options:
    """The options that have a text, each with the letter that its source gives it.

    A source may leave one out (A, B, D, E): the answer is then found by the letter, never by counting.
    """

    letters: str
    texts: tuple[str, ...]

    @property
    def flags(self) -> tuple[str, ...]:
        """For `Question.flags`: whether the source has left an option out."""
        return () if LETTERS.startswith(self.letters) else ("option_missing",)


def placed(values: Iterable[object]) -> Options:
    """Options in order: the first is A, also where a later one is empty. Skip where they are not 2 to 26."""
    every = list(values)
    if len(every) > len(LETTERS):
        raise Skip("more_than_26_options")
    pairs = [(letter, str(value).strip()) for letter, value in zip(LETTERS, every, strict=False) if not blank(value)]
    if len(pairs) < 2:
        raise Skip("fewer_than_two_options")
    return Options("".join(letter for letter, _ in pairs), tuple(text for _, text in pairs))


def options_of(cell: object, where: str) -> Options:
    """Options from one cell: {"A": …, "B": …}, a list, or either as JSON or Python writes it. BadInput otherwise."""
    cell = written(cell)
    if isinstance(cell, Mapping):
        by_letter = {str(letter).strip().upper(): value for letter, value in cell.items()}
        if by_letter and all(len(letter) == 1 and letter in LETTERS for letter in by_letter):
            return placed(by_letter.get(letter) for letter in LETTERS)
    elif isinstance(cell, list | tuple):
        return placed(cell)
    elif blank(cell):
        raise Skip("fewer_than_two_options")
    raise BadInput(f"{where}: expected options as a list or by letter (A, B, …), found {str(cell)[:60]!r}")


def written(cell: object) -> Any:
    """A list or mapping that stands in a cell as text, as JSON or as Python writes it; any other cell as it is."""
    if isinstance(cell, str) and cell.lstrip()[:1] in ("[", "{"):
        for read in (json.loads, ast.literal_eval):
            try:
                return read(cell.strip())
            except (ValueError, SyntaxError, RecursionError, MemoryError):
                continue
    return cell


def by_letter(answer: object, options: Options) -> int:
    """The place of the option that a letter names: "B", "(b)", "Ｂ". Skip for none, for several, for one not there."""
    letters = "" if blank(answer) else _NO_LETTER.sub("", unicodedata.normalize("NFKC", str(answer)).upper())
    if not letters:
        raise Skip("no_answer")
    if len(letters) > 1:
        distinct = len(set(letters)) == len(letters) and set(letters) <= set(options.letters)
        raise Skip("several_answers" if distinct else "answer_unreadable")
    if letters not in LETTERS:
        raise Skip("answer_unreadable")
    return _place(letters, options)


def by_number(answer: object, base: int, options: Options) -> int:
    """The place of the option that a number names, counted from `base`. -1 is how the hub writes a hidden answer."""
    try:
        number = float("nan" if blank(answer) else str(answer))
    except ValueError:
        raise Skip("answer_unreadable") from None
    if math.isnan(number) or number == -1:
        raise Skip("no_answer")
    if not number.is_integer():
        raise Skip("answer_unreadable")
    index = int(number) - base
    # a negative index is not wrapped round: Python would take -1 for the last
    return _place(LETTERS[index] if 0 <= index < len(LETTERS) else "", options)


def by_text(answer: object, options: Options) -> int:
    """The place of the one option with that text; white space does not count."""
    if blank(answer):
        raise Skip("no_answer")
    places = [place for place, text in enumerate(options.texts) if text.split() == str(answer).split()]
    if len(places) != 1:
        raise Skip("several_answers" if places else "answer_out_of_range")
    return places[0]


def agreeing(place: int, options: Options, said: str | None) -> int:
    """`place`, where the answer's text `said` (None: the source has none) is that option's; else Skip."""
    if said is not None and said.split() != options.texts[place].split():
        raise Skip("answers_disagree")
    return place


def _place(letter: str, options: Options) -> int:
    place = options.letters.find(letter) if letter else -1
    if place < 0:
        raise Skip("answer_out_of_range")
    return place
