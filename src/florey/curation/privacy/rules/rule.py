"""One pattern with what it finds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, get_args

Language = Literal["en", "zh"]
LANGUAGES: tuple[Language, ...] = get_args(Language)

LIKELY = 0.6
"""It looks like one; a name of the graph or a clinical value at the same place is believed instead."""
CERTAIN = 0.95
"""A label, a title or a check digit says so; believed above everything else."""


@dataclass(frozen=True)
class Rule:
    """A pattern in the syntax of the package `regex`; what stands before ``\\K`` is looked at and not replaced.

    Patterns begin and end with `START` and `END` instead of a word boundary: between a Chinese character and a digit
    there is none.
    """

    name: str
    finds: str  # one of `config.TYPES`
    pattern: str
    languages: tuple[Language, ...] = LANGUAGES
    score: float = LIKELY
    valid: Callable[[str], bool] | None = None  # a check digit, a calendar: False rejects what was matched


START = r"(?<![A-Za-z0-9])"
END = r"(?![A-Za-z0-9])"
