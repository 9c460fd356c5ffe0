"""What one piece of stated arithmetic comes to."""

from __future__ import annotations

from typing import Literal

from florey.records import Record

Outcome = Literal["right", "wrong", "unclear"]


class Statement(Record):
    """`start`, `end`: where it stands in the thought, LaTeX read as signs. `key`: what it computes, to find a statement
    that takes back an earlier one."""

    kind: Literal["arithmetic", "units"]  # what is wrong where it is
    outcome: Outcome
    detail: str
    start: int
    end: int
    key: str = ""
