"""When stage 1 ends: "performance plateaus, signaled by the emergence of reward sparsity" (paper, 3.3).

Sparsity is the share of groups whose rewards are all equal, so that they carry no gradient; the plateau is
a reward that no longer climbs. The rule fires when both hold over a window, `patience` steps in a row.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from pydantic import BaseModel, ConfigDict, Field


class PlateauConfig(BaseModel):
    """The paper gives no rule; these are ours."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    window: int = Field(default=15, ge=3)  # steps
    min_steps: int = Field(default=20, ge=1)
    max_slope: float = 0.002  # mean reward per step
    min_zero_variance: float = Field(default=0.2, ge=0, le=1)
    patience: int = Field(default=3, ge=1)  # steps


def slope(values: Sequence[float]) -> float:
    """Least-squares slope per step.

    >>> round(slope([0.0, 1.0, 2.0]), 6)
    1.0
    """
    return float(np.polyfit(np.arange(len(values)), np.asarray(values), 1)[0])


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
        trend = slope(self.rewards[-window:])
        sparse = float(np.mean(self.zero_variance[-window:]))
        quiet = trend <= self.config.max_slope and sparse >= self.config.min_zero_variance
        self.run_length = self.run_length + 1 if quiet else 0
        fires = self.run_length >= self.config.patience and step >= self.config.min_steps
        if fires and self.fired_at is None:
            self.fired_at = step
        self.history.append(
            {
                "step": step,
                "reward": round(float(np.mean(self.rewards[-window:])), 6),
                "slope": round(trend, 6),
                "zero_variance": round(sparse, 6),
                "quiet": quiet,
                "fires": fires,
            }
        )
        return self.fired_at is not None
