"""A claim: this option, or the patient, has or lacks what this condition names."""

from __future__ import annotations

from typing import Literal, NamedTuple

State = Literal["present", "absent", "unknown"]


class Subject(NamedTuple):
    """An option, a hidden node that the certificate puts in the middle of its path, or the patient of the stem."""

    option: int | None = None
    bridge: str | None = None
    binding: int | None = None  # which of the option's bindings, where the text says it


PATIENT = Subject()


class Claim(NamedTuple):
    """`condition` is None for a node that none of the question's names, then it is `other`. `start`: where in the
    text it was read."""

    subject: Subject
    condition: int | None
    state: State
    start: int
    other: str | None = None
