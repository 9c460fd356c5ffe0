"""Few rollouts first, the rest only where they are undecided (after SPEED-RL, arXiv 2506.09016).

Rollouts of a screening only inform the choice and are thrown away: a group that was chosen because of them and then
counted them among its own would have a biased gradient (`tests/training/curriculum/test_screening.py` computes it).
They are counted as generations all the same.
"""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict, Field

from florey.training.curriculum.pass_rates import PassRates


class ScreenConfig(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    rollouts: int = Field(default=2, ge=1)  # per question, by the round's parent
    least_mixed: float = Field(default=0.3, ge=0, le=1)  # probability that a group would have a gradient


def undecided(rates: PassRates, rollouts: int, least_mixed: float) -> list[str]:
    """Questions whose group of so many rollouts is likely enough to have a gradient, in their order."""
    likely = rates.mixed(rollouts)
    return [id for id, share in zip(rates.ids, likely.tolist(), strict=True) if share >= least_mixed]


def allotted(rates: PassRates, choices: Sequence[int], least_mixed: float) -> dict[str, int]:
    """Rollouts by question: the fewest of `choices` that are likely enough to be mixed; else the most (the hardest and
    the easiest get the largest groups; after Knapsack RL, arXiv 2509.25849)."""
    ordered = sorted(choices)
    found = dict.fromkeys(rates.ids, ordered[-1])
    for rollouts in reversed(ordered):
        found |= dict.fromkeys(undecided(rates, rollouts, least_mixed), rollouts)
    return found
