"""What is wrong with a trace: a reason that is counted, and the case at hand in words."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from florey.records import Question


class Problem(NamedTuple):
    """`reason` is one of few names; `detail` may be empty."""

    reason: str
    detail: str = ""

    @property
    def in_words(self) -> str:
        """For a model or a person."""
        return self.detail or self.reason.replace("_", " ")


Judge = Callable[[Question, str], list[Problem]]
"""All problems of a completion of a question; none where it may be trained on."""
