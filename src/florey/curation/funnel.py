"""What one stage of curation did, and a row of them as a funnel."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from florey.records import Question


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
