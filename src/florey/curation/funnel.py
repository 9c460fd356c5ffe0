"""What one stage of curation did, and a row of them as a funnel."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from florey.records import Question, Record


@dataclass(frozen=True)
class Step:
    """Questions in the order given; every one of the input is in `kept` or in `dropped`."""

    kept: list[Question]
    dropped: list[tuple[str, str]] = field(default_factory=list)  # (question id, reason)
    noticed: dict[str, int] = field(default_factory=dict)  # what was found and not dropped for, by name

    @property
    def reasons(self) -> dict[str, int]:
        """Number of questions dropped, by reason, sorted."""
        return dict(sorted(Counter(reason for _, reason in self.dropped).items()))


class Row(Record):
    """One stage of the funnel in numbers: given = kept + all dropped."""

    stage: str
    given: int
    kept: int
    dropped: dict[str, int]  # by reason
    noticed: dict[str, int]  # found and not dropped for, by name


@dataclass
class Funnel:
    """Questions on their way through the stages, and what became of them."""

    questions: list[Question]
    rows: list[Row] = field(default_factory=list)
    dropped: list[tuple[str, str]] = field(default_factory=list)  # (question id, reason), stage by stage
    seconds: dict[str, float] = field(default_factory=dict)  # by stage

    def through(self, stage: str, work: Callable[[list[Question]], Step]) -> None:
        """Sends what is left through one stage."""
        started = time.monotonic()
        given = len(self.questions)
        step = work(self.questions)
        assert len(step.kept) + len(step.dropped) == given, f"{stage} lost or made questions"
        self.questions = step.kept
        self.rows.append(
            Row(stage=stage, given=given, kept=len(step.kept), dropped=step.reasons, noticed=dict(step.noticed))
        )
        self.dropped += step.dropped
        self.seconds[stage] = round(time.monotonic() - started, 2)

    @property
    def reasons(self) -> dict[str, int]:
        """Number of questions dropped by all stages, by reason, sorted."""
        return dict(sorted(Counter(reason for _, reason in self.dropped).items()))
