"""Against the collapse of stage 2: where hard questions stop teaching, the mix is softened.

Two signs (the paper names "curriculum collapse" and gives no rule; this one is ours): the share of groups with a
gradient stays low for long, or the held-out development score falls from round to round.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class GuardConfig(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    window: int = Field(default=10, ge=1)  # steps whose mean is looked at
    patience: int = Field(default=5, ge=1)  # steps in a row
    least_informative: float = Field(default=0.25, ge=0, le=1)  # share of groups with a gradient
    soften: float = Field(default=0.5, gt=0, lt=1)  # what the share of wrong questions is multiplied by
    least_share: float = Field(default=0.1, gt=0, lt=1)  # of wrong questions; never less
    dev: int = Field(default=0, ge=0)  # development questions asked before every round; 0: none
    dev_drop: float = Field(default=0.05, ge=0, le=1)  # below the best so far, for `dev_patience` rounds
    dev_patience: int = Field(default=1, ge=1)


class Guard:
    """`observe` after every step; `observe_dev` before every round. Both say whether to soften now."""

    def __init__(self, config: GuardConfig) -> None:
        self.config = config
        self.informative: list[float] = []
        self.low = 0
        self.dev: list[float] = []
        self.events: list[dict[str, Any]] = []

    def observe(self, informative: float) -> bool:
        """Share of groups with a gradient in the step just made. After it fired, a whole window is waited for."""
        self.informative.append(informative)
        window = self.informative[-self.config.window :]
        if len(window) < self.config.window:
            return False
        share = sum(window) / len(window)
        self.low = self.low + 1 if share < self.config.least_informative else 0
        if self.low < self.config.patience:
            return False
        self.informative, self.low = [], 0
        self._note("few groups with a gradient", round(share, 6))
        return True

    def observe_dev(self, score: float) -> bool:
        """Accuracy on development questions before a round."""
        self.dev.append(score)
        best = max(self.dev)
        fallen = [each < best - self.config.dev_drop for each in self.dev[-self.config.dev_patience :]]
        if len(self.dev) <= self.config.dev_patience or not all(fallen):
            return False
        self._note("development score fell", round(score, 6))
        return True

    def _note(self, why: str, value: float) -> None:
        self.events.append({"why": why, "value": value})

    def softened(self, wrong: float, right: float) -> tuple[float, float]:
        """New shares of (wrong, right) questions; their sum stays."""
        whole = wrong + right
        less = max(self.config.soften * wrong, min(wrong, self.config.least_share * whole))
        return less, whole - less

    def metrics(self) -> dict[str, float]:
        return {"softened": float(len(self.events))}

    def state_dict(self) -> dict[str, Any]:
        return {"informative": self.informative, "low": self.low, "dev": self.dev, "events": self.events}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        self.informative, self.low = list(state["informative"]), state["low"]
        self.dev, self.events = list(state["dev"]), list(state["events"])
