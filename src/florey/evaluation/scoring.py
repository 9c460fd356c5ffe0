"""From verdicts to scores: shares with intervals, for all items and for groups of them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence

import numpy as np
from pydantic import field_validator

from florey.errors import BadInput
from florey.evaluation.statistics import Method, cluster_interval
from florey.evaluation.verdicts import Scored, score
from florey.records import TIERS, Record, Verdict

__all__ = ["Cell", "Score", "Scored", "StageScore", "cell", "rarest", "score", "summarise", "summary"]

RAREST = 0.75
"""The rarest quartile: items whose answer's rarity is at or above this quantile over the evaluated items."""


class Cell(Record):
    """A share of correct answers with its 95% interval, clustered by answer."""

    n: int
    clusters: int
    accuracy: float
    lo: float
    hi: float
    interval: Method  # "wilson": too few clusters or no variance to resample


class Score(Cell):
    """One model on one set of questions; accuracy is over ALL items and samples, whatever the verdict."""

    chance: float  # accuracy to expect of a uniform guess
    tokens: float  # mean length of a generation
    verdicts: dict[Verdict, int]  # all five, zeros included
    parsed: Cell  # "accuracy" here is the share of completions that name exactly one option
    given_parsed: Cell | None  # accuracy among those; None if there are none

    @property
    def parsed_rate(self) -> float:
        return self.parsed.accuracy

    @property
    def accuracy_given_parsed(self) -> float | None:
        return self.given_parsed.accuracy if self.given_parsed else None


class StageScore(Score):
    """One checkpoint of the staircase, with what synthetic questions tell of themselves."""

    tiers: dict[str, Cell]
    metapaths: dict[str, Cell]
    shapes: dict[str, Cell]
    rarest: Cell | None  # None where no question has a rarity

    @field_validator("tiers")
    @classmethod
    def _in_order(cls, tiers: dict[str, Cell]) -> dict[str, Cell]:
        """Tiers in their own order, also when read back from a file with sorted keys."""
        return {tier: tiers[tier] for tier in sorted(tiers, key=lambda tier: (*TIERS, tier).index(tier))}


def cell(items: Sequence[Scored], *, seed: int, share: str = "correct") -> Cell:
    """Share of `items` (at least one) whose property `share` ("correct" or "parsed") holds."""
    found = cluster_interval([float(getattr(i, share)) for i in items], [i.answer_id for i in items], seed=seed)
    return Cell(
        n=found.n, clusters=found.clusters, accuracy=found.value, lo=found.lo, hi=found.hi, interval=found.method
    )


def _cells(items: Sequence[Scored], group: str, seed: int) -> dict[str, Cell]:
    """A cell per value of the property `group`; items without one are left out. Tiers stand in their own order."""
    members: dict[str, list[Scored]] = defaultdict(list)
    for item in items:
        if (value := getattr(item, group)) is not None:
            members[value].append(item)
    order = [tier for tier in TIERS if tier in members] if group == "tier" else sorted(members)
    return {value: cell(members[value], seed=seed) for value in order}


def rarest(items: Sequence[Scored]) -> list[Scored]:
    """The items at or above the `RAREST` quantile of rarity over those that have one (ties included)."""
    rarities = [item.rarity for item in items if item.rarity is not None]
    if not rarities:
        return []
    # "higher" keeps the threshold one of the values, so that rounding cannot exclude the item that sets it
    threshold = float(np.quantile(rarities, RAREST, method="higher"))
    return [item for item in items if item.rarity is not None and item.rarity >= threshold]


def summarise(items: Sequence[Scored], *, seed: int) -> StageScore:
    """The score of one stage. `seed` drives the bootstrap alone. Raises BadInput on an empty list."""
    rare = rarest(items)
    return StageScore(
        **dict(summary(items, seed=seed)),
        tiers=_cells(items, "tier", seed),
        metapaths=_cells(items, "metapath", seed),
        shapes=_cells(items, "shape", seed),
        rarest=cell(rare, seed=seed) if rare else None,
    )


def summary(items: Sequence[Scored], *, seed: int, accuracy: Cell | None = None) -> Score:
    """What can be said of any predictions; `accuracy`: that of all, where they do not weigh alike.

    Raises BadInput on an empty list.
    """
    if not items:
        raise BadInput("evaluation: nothing to score; expected at least one scored prediction")
    counts = Counter(item.verdict for item in items)
    answered = [item for item in items if item.parsed]
    return Score(
        **(accuracy or cell(items, seed=seed)).model_dump(),
        chance=sum(1 / item.options for item in items) / len(items),
        tokens=sum(item.tokens for item in items) / len(items),
        verdicts={verdict: counts[verdict] for verdict in Verdict},
        parsed=cell(items, seed=seed, share="parsed"),
        given_parsed=cell(answered, seed=seed) if answered else None,
    )
