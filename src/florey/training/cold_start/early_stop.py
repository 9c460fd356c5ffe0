"""When fine-tuning has learned what it can from the traces: the loss on traces that were held out."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from florey.files import digest


class EarlyStop(BaseModel):
    """A share of the questions is held out with all their traces; every so many steps the loss on them is measured;
    where it has not fallen for `patience` measurements the training stops. The best weights are kept in any case."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    share: float = Field(default=0.1, gt=0, lt=1)  # of the questions
    every: int = Field(default=20, ge=1)  # steps
    patience: int = Field(default=3, ge=1)  # measurements without a new best
    least: float = Field(default=0.0, ge=0)  # nats per token that a new best must be better by


def held_out(owners: Iterable[str], share: float, seed: int) -> frozenset[str]:
    """The questions that are held out: as many as the share says, at least one. A question is chosen by a hash of its
    id and the seed, so neither its place nor the number of its traces matters.

    >>> held_out(["a", "b", "c", "d"], 0.5, 0) == held_out("dcbaa", 0.5, 0)
    True
    """
    ranked = sorted(set(owners), key=lambda owner: digest([seed, owner]))
    return frozenset(ranked[: max(1, round(share * len(ranked)))])


class Watcher:
    """Remembers the measurements."""

    def __init__(self, rule: EarlyStop) -> None:
        self.rule = rule
        self.measured: list[tuple[int, float]] = []  # (step, loss)
        self.best: int | None = None  # place in `measured`

    def observe(self, step: int, loss: float) -> bool:
        """Whether this is a new best. A loss that is no number never is."""
        self.measured.append((step, loss))
        known = None if self.best is None else self.measured[self.best][1]
        if not math.isnan(loss) and (known is None or loss < known - self.rule.least):
            self.best = len(self.measured) - 1
            return True
        return False

    @property
    def stopped(self) -> bool:
        since = len(self.measured) - 1 - (-1 if self.best is None else self.best)
        return since >= self.rule.patience

    @property
    def best_step(self) -> int | None:
        return None if self.best is None else self.measured[self.best][0]

    def state_dict(self) -> dict[str, Any]:
        return {"measured": [list(each) for each in self.measured], "best": self.best}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        measured: Sequence[Sequence[Any]] = state["measured"]
        self.measured = [(int(step), float(loss)) for step, loss in measured]
        self.best = state["best"]
