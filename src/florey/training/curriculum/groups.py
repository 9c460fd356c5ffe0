"""What a curriculum sees of training: the rewards of one question's rollouts in one step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Group:
    """One question's rollouts in one step."""

    question_id: str
    position: int  # its row in the round
    options: int
    rewards: tuple[float, ...]
    correct: tuple[bool, ...]

    @property
    def informative(self) -> bool:
        """Whether it has a gradient: rewards that are not all one number, by exact comparison (float noise is not
        variance)."""
        return len(set(self.rewards)) > 1

    @property
    def right(self) -> int:
        return sum(self.correct)


def informative_share(groups: Sequence[Group]) -> float:
    """Share of the groups that carry a gradient; 0 of none."""
    return sum(group.informative for group in groups) / len(groups) if groups else 0.0


def mean_reward(groups: Sequence[Group]) -> float:
    rewards = [reward for group in groups for reward in group.rewards]
    return sum(rewards) / len(rewards) if rewards else 0.0
