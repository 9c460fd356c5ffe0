"""A text with holes: what was replaced counts as one character that no pattern accepts.

So what is found in a text does not depend on what a placeholder is called, and redacting twice changes nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from florey.curation.privacy.config import TYPES

HOLE = "\ufffc"
PLACEHOLDER = re.compile(rf"\[({'|'.join(TYPES)})(?: (\d+))?\]|\[AGE 90\+\]")

Range = tuple[int, int]


def placeholders(text: str) -> Iterator[Range]:
    """Where a text has placeholders already."""
    return (found.span() for found in PLACEHOLDER.finditer(text))


class Masked:
    """`text` with `holes` (sorted, apart) closed to one character each."""

    def __init__(self, text: str, holes: Sequence[Range]) -> None:
        edges = [(0, 0), *holes, (len(text), len(text))]
        self._runs: list[tuple[int, int]] = []  # (start in the masked text, start in the original) of what is left
        pieces, at = [], 0
        for (_, start), (end, _) in pairwise(edges):
            self._runs.append((at, start))
            pieces.append(text[start:end])
            at += end - start + 1
        self.text = HOLE.join(pieces)

    def original(self, start: int, end: int) -> Range:
        """The place in the original text of a stretch without holes."""
        here, there = max(run for run in self._runs if run[0] <= start)
        return there + start - here, there + end - here


def bare(text: str) -> str:
    """Without placeholders: what a text says beside them.

    >>> bare("seen on [DATE 2]")
    'seen on '
    """
    return PLACEHOLDER.sub("", text)


def without_numbers(text: str) -> str:
    """Placeholders without their numbers, but for persons, whom the numbers tell apart throughout a question.

    >>> without_numbers("[DATE 2] or [PERSON 1]")
    '[DATE] or [PERSON 1]'
    """
    return PLACEHOLDER.sub(lambda found: f"[{found[1]}]" if found[1] not in (None, "PERSON") else found[0], text)
