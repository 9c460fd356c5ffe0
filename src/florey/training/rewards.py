"""The reward: correctness of the final answer + adherence to the format, nothing else (paper, section 3.3).

Length is left out on purpose, against reward hacking.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, Field

from florey.answer import parse, verdict
from florey.records import Verdict


class RewardConfig(BaseModel):
    """Weights of the two parts; the paper does not give them."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    correct: float = Field(default=1.0, gt=0)
    format: float = Field(default=0.1, ge=0)


@dataclass(frozen=True)
class Reward:
    correct: float  # 0 or 1
    format: float  # 0 or 1
    total: float
    verdict: Verdict


def reward(
    text: str,
    options: Sequence[str],
    gold: int,
    config: RewardConfig,
    *,
    finished: bool = True,
    prefilled: bool = False,
) -> Reward:
    """The reward of one completion. One that its budget cut off before a closed answer earns 0; one that answers and
    then rambles into its budget can be correct but is not well-formed.

    >>> reward("<think>a</think><answer>A</answer>", ["x", "y"], 0, RewardConfig()).total
    1.1
    """
    parsed = parse(text, options, prefilled=prefilled)
    outcome = verdict(parsed, gold, finished=finished)
    correct, well_formed = float(outcome is Verdict.CORRECT), float(parsed.well_formed and finished)
    return Reward(correct, well_formed, config.correct * correct + config.format * well_formed, outcome)


def advantages(rewards: Sequence[float]) -> list[float]:
    """A(x, y_i) = r_i - mean_j r_j for one group; no division by the standard deviation (paper, 3.3)."""
    mean = sum(rewards) / len(rewards)
    return [r - mean for r in rewards]


def is_uninformative(rewards: Sequence[float]) -> bool:
    """Whether every reward of a group is the same, by exact comparison: float noise is not variance."""
    return len(set(rewards)) == 1
