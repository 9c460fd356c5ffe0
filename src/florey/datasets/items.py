"""What every loader needs: columns by name, answers by letter or number, and rows that are left out for a reason."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from florey.datasets.rows import Row
from florey.errors import BadInput, nearest
from florey.records import LETTERS


class Skip(Exception):
    """A row that is no single-answer question. `reason` is counted."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def column(row: Row, name: str) -> Any:
    """The value in a column that every row must have. BadInput with the nearest column."""
    if name not in row.values:
        raise BadInput(f"{row.where}: no '{name}'{nearest(name, row.values)}; there are {', '.join(row.values)}")
    return row.values[name]


def text(row: Row, name: str) -> str:
    """The column as text, trimmed; Skip("empty_row") where it is empty or NaN."""
    value = column(row, name)
    if value is None or (isinstance(value, float) and math.isnan(value)) or not str(value).strip():
        raise Skip("empty_row")
    return str(value).strip()


def optional(row: Row, name: str) -> str | None:
    """The column as text, or None where it is missing or empty."""
    value = row.values.get(name)
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None
    return str(value).strip() or None


def lettered(options: object, where: str) -> tuple[str, ...]:
    """Options from {"A": …, "B": …}: in the letters' order, which must have no gap."""
    if not isinstance(options, Mapping):
        raise BadInput(f"{where}: expected options by letter, found {type(options).__name__}")
    given = {str(letter).strip().upper(): option for letter, option in options.items() if option is not None}
    letters = sorted(given)
    if letters != list(LETTERS[: len(letters)]):
        raise BadInput(f"{where}: expected options A, B, C, … without a gap, found {', '.join(letters)}")
    return checked([str(given[letter]).strip() for letter in letters])


def checked(options: Sequence[str]) -> tuple[str, ...]:
    """2 to 26 options, as they are; Skip otherwise."""
    if len(options) < 2:
        raise Skip("fewer_than_two_options")
    if len(options) > len(LETTERS):
        raise Skip("more_than_26_options")
    return tuple(options)


def by_letter(answer: str, options: Sequence[str]) -> int:
    """The index of a letter. Skip for several letters, for one beyond the options, for none."""
    letters = [character for character in answer.upper() if character.isalnum()]
    if not letters:
        raise Skip("no_answer")
    if len(letters) > 1:
        raise Skip("several_answers")
    return in_range(LETTERS.find(letters[0]), options)


def by_number(answer: object, base: int, options: Sequence[str]) -> int:
    """The index of a number that counts from `base`."""
    try:
        number = float(str(answer))
    except ValueError:
        raise Skip("no_answer") from None
    if math.isnan(number) or not number.is_integer():
        raise Skip("no_answer")
    return in_range(int(number) - base, options)


def in_range(index: int, options: Sequence[str]) -> int:
    """Never wrapped round: Python would take -1 for the last."""
    if not 0 <= index < len(options):
        raise Skip("answer_out_of_range")
    return index
