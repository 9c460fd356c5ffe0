"""When stage 1 ends: "performance plateaus, signaled by the emergence of reward sparsity" (paper, 3.3).

Sparsity is the share of groups whose rewards are all equal, so that they carry no gradient; the plateau is a reward of
which it can no longer be said that it climbs: its least-squares slope over a window is small, or a test for slope = 0
against a positive one does not refuse it. The rule fires when both hold, `patience` steps in a row.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from pydantic import BaseModel, ConfigDict, Field
from scipy import stats


class PlateauConfig(BaseModel):
    """The paper gives no rule; these are ours."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    window: int = Field(default=15, ge=3)  # steps
    min_steps: int = Field(default=20, ge=1)
    max_slope: float = 0.002  # mean reward per step
    significance: float = Field(default=0.1, gt=0, lt=1)  # of the test for slope = 0 against a positive one
    min_zero_variance: float = Field(default=0.2, ge=0, le=1)
    patience: int = Field(default=3, ge=1)  # steps


def slope(values: Sequence[float]) -> float:
    """Least-squares slope per step.

    >>> round(slope([0.0, 1.0, 2.0]), 6)
    1.0
    """
    return float(np.polyfit(np.arange(len(values)), np.asarray(values), 1)[0])


def slope_p(values: Sequence[float]) -> float:
    """p of slope = 0 against a positive one, by the t-test of least squares; 1 where the values do not differ.

    >>> slope_p([0.5, 0.5, 0.5]), slope_p([0.0, 1.0, 2.1]) < 0.05, slope_p([2.1, 1.0, 0.0]) > 0.9
    (1.0, True, True)
    """
    if len(set(values)) == 1:
        return 1.0
    return float(stats.linregress(np.arange(len(values)), np.asarray(values), alternative="greater").pvalue)


@dataclass
class Plateau:
    """Watches one number pair a step; `history` holds what it saw and decided, for the log."""

    config: PlateauConfig
    rewards: list[float] = field(default_factory=list)
    zero_variance: list[float] = field(default_factory=list)
    history: list[dict[str, float | int | bool]] = field(default_factory=list)
    run_length: int = 0
    fired_at: int | None = None

    def observe(self, reward: float, zero_variance: float) -> bool:
        """Mean reward and share of zero-variance groups of the step just made. True once the rule has fired."""
        self.rewards.append(reward)
        self.zero_variance.append(zero_variance)
        step, window = len(self.rewards), self.config.window
        if step < window:
            return False
        trend, p = slope(self.rewards[-window:]), slope_p(self.rewards[-window:])
        sparse = float(np.mean(self.zero_variance[-window:]))
        climbs = trend > self.config.max_slope and p < self.config.significance
        quiet = not climbs and sparse >= self.config.min_zero_variance
        self.run_length = self.run_length + 1 if quiet else 0
        fires = self.run_length >= self.config.patience and step >= self.config.min_steps
        if fires and self.fired_at is None:
            self.fired_at = step
        self.history.append(
            {
                "step": step,
                "reward": round(float(np.mean(self.rewards[-window:])), 6),
                "slope": round(trend, 6),
                "p": round(p, 6),
                "zero_variance": round(sparse, 6),
                "quiet": quiet,
                "fires": fires,
            }
        )
        return self.fired_at is not None

    def metrics(self) -> dict[str, float]:
        return {"quiet_steps": float(self.run_length)}

    def state_dict(self) -> dict[str, Any]:
        return {
            "rewards": self.rewards,
            "zero_variance": self.zero_variance,
            "history": self.history,
            "run_length": self.run_length,
            "fired_at": self.fired_at,
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        self.rewards, self.zero_variance = list(state["rewards"]), list(state["zero_variance"])
        self.history, self.run_length, self.fired_at = list(state["history"]), state["run_length"], state["fired_at"]
