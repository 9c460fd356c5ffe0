"""Certificates replayed on the machines of a cluster: a question is replayed by itself.

Apart from `verification`, which shares no code with what it checks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from florey.distributed import chunks, mapped
from florey.records import Question
from florey.synthesis.replay.verification import Failure, Progress, verify

PART = 1000
"""Questions that are sent to a worker at a time: reading the graph again is a small share of their time."""


@dataclass(frozen=True)
class _Part:
    questions: tuple[Question, ...]
    folder: Path
    min_completeness: float

    def __str__(self) -> str:
        return f"certificates from question {self.questions[0].id} on"


def verify_on_cluster(
    questions: Sequence[Question], graph_folder: Path, min_completeness: float, progress: Progress, ray: str
) -> list[Failure]:
    """What `verify` finds. Every node must see the graph's folder."""
    parts = [_Part(tuple(some), graph_folder.resolve(), min_completeness) for some in chunks(questions, PART)]
    whole = len(questions)
    made = mapped(_replayed, parts, ray, lambda done, _: progress(min(done * PART, whole), whole, ""))
    return [failure for found in made for failure in found]


def _replayed(part: _Part) -> list[Failure]:
    return verify(part.questions, part.folder, part.min_completeness)
