"""Stage 2's curriculum: mine what the policy fails over the FULL training set, mix right and wrong 1 : 2.

Paper, section 3.3: "repeated failures, Difficult ones first, become high-priority samples"; each round asks
the model of the round before.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, model_validator

from florey.records import TIERS, Question, Tier


class MixConfig(BaseModel):
    """Parts of answered-right and answered-wrong questions in a round."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    right: int = Field(default=1, ge=0)
    wrong: int = Field(default=2, ge=1)

    def wrong_of(self, places: int) -> int:
        """How many of so many places go to wrong ones."""
        return round(places * self.wrong / (self.right + self.wrong))


class MiningConfig(BaseModel):
    """How the full training set is asked before a round. With one sample: greedily, as in evaluation."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    samples: int = Field(default=1, ge=1)  # a question counts as failed where at most half of them are right
    temperature: float = Field(default=0.0, ge=0)
    shuffled: bool = False  # options in another order for every sample, the gold re-keyed

    @model_validator(mode="after")
    def _samples_differ(self) -> Self:
        if self.samples > 1 and self.temperature == 0 and not self.shuffled:
            raise ValueError("several samples at temperature 0 are all the same; raise temperature or set shuffled")
        return self


@dataclass(frozen=True)
class Mined:
    """What a mining found: how many of a question's samples were right, for every question."""

    right: dict[str, int]
    samples: int

    @property
    def failed(self) -> frozenset[str]:
        """Questions of which at most half of the samples are right (with one: that is wrong)."""
        return frozenset(id for id, right in self.right.items() if 2 * right <= self.samples and right < self.samples)

    def failures(self) -> dict[str, int]:
        """Samples that were wrong, of the questions that failed: what repeated failures are counted by."""
        failed = self.failed
        return {id: self.samples - right for id, right in sorted(self.right.items()) if id in failed}


@dataclass(frozen=True)
class Mix:
    """A round's questions in training order, and what was asked for beside what was got."""

    questions: list[Question]
    asked: dict[str, int]
    got: dict[str, int]


def _spread(pool: Sequence[Question], count: int, rng: np.random.Generator) -> list[Question]:
    """`count` questions from `pool`, each as often as the next one to within one; in random order."""
    if not pool:
        return []
    whole, rest = divmod(count, len(pool))
    picked = [q for _ in range(whole) for q in pool]
    picked += [pool[i] for i in sorted(rng.choice(len(pool), size=rest, replace=False).tolist())]
    return picked


def mix_right_wrong(
    questions: Sequence[Question],
    failures: Mapping[str, int],
    last_failed: frozenset[str],
    size: int,
    config: MixConfig,
    seed: int,
) -> Mix:
    """A round of `size` questions.

    `failures` counts, per question id, its wrong samples in the minings so far that it failed in; `last_failed` holds
    the ids it failed in the newest one. Wrong ones are taken by number of failures, Difficult first among
    equals; right ones (easy replay) at random over what it answers. A side that has too few gives its places to
    the other, and the shortfall shows in `got`. Where places outnumber questions, all are asked before any is
    asked again.
    """
    rng = np.random.default_rng(seed)
    ordered = sorted(questions, key=lambda q: q.id)
    wrong = [q for q in ordered if q.id in last_failed]
    right = [q for q in ordered if q.id not in last_failed]
    noise = dict(zip((q.id for q in wrong), rng.random(len(wrong)).tolist(), strict=True))
    hardness: dict[Tier | None, int] = {tier: rank for rank, tier in enumerate(TIERS)}
    wrong.sort(key=lambda q: (-failures.get(q.id, 0), -hardness.get(q.tier, 0), noise[q.id]))
    passes, rest = divmod(size, max(len(ordered), 1))
    rest_wrong = min(max(config.wrong_of(rest), rest - len(right)), len(wrong))
    picked_wrong = wrong * passes + wrong[:rest_wrong]
    picked_right = _spread(right, len(right) * passes + rest - rest_wrong, rng)
    mixed = picked_wrong + picked_right
    order = rng.permutation(len(mixed)).tolist()
    asked = {"right": size - config.wrong_of(size), "wrong": config.wrong_of(size)}
    return Mix([mixed[i] for i in order], asked, {"right": len(picked_right), "wrong": len(picked_wrong)})


def mix_tiers(questions: Sequence[Question], tiers: Sequence[Tier], size: int, seed: int) -> Mix:
    """Stage 1's round: equal parts of `tiers` (the paper: balanced Easy and Moderate). An empty tier gives its
    places to the others."""
    rng = np.random.default_rng(seed)
    pools = {tier: [q for q in sorted(questions, key=lambda q: q.id) if q.tier == tier] for tier in tiers}
    filled = [tier for tier in tiers if pools[tier]]
    asked: dict[str, int] = {}
    got: dict[str, int] = {}
    for rank, tier in enumerate(tiers):
        asked[tier], got[tier] = size // len(tiers) + (rank < size % len(tiers)), 0
    mixed: list[Question] = []
    for rank, tier in enumerate(filled):
        count = size // len(filled) + (rank < size % len(filled))
        mixed += _spread(pools[tier], count, rng)
        got[tier] = count
    order = rng.permutation(len(mixed)).tolist()
    return Mix([mixed[i] for i in order], asked=asked, got=got)
