"""What the order of the options does: whether answers stay the same, and whether places attract them.

A model that knows the answer chooses it wherever it stands. Measured where an evaluation asked in several orders; the
shares of places also where it did not, as far as the right answers are spread over them.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from itertools import combinations

import numpy as np

from florey.clustered import Mean, mean, share
from florey.evaluation.resampling import Rows, cluster_intervals
from florey.evaluation.verdicts import Scored
from florey.records import LETTERS, Record


class Place(Record):
    """One place (letter) of the options."""

    letter: str
    chosen: float  # of the answers that named an option, those that named this place
    expected: float  # share of the right answers that stood there, among the same predictions
    recall: Mean | None  # accuracy where the right answer stood there; None where it never did


class Orders(Record):
    """Of one benchmark. `same` and `all_same` are None with one order of the options."""

    orders: int  # most that an item was asked in, told apart by where the right answer stood
    items: int
    same: Mean | None  # of two orders of one item, that the same option is chosen; none counts as another option
    all_same: Mean | None  # items with the same option in every sample of every order
    places: tuple[Place, ...]
    spread: float | None  # standard deviation of recall over places (Zheng et al. 2024), 0..1
    attraction: float  # half the sum of |chosen - expected|: share of answers that a fair model would place elsewhere
    attraction_lo: float | None  # 95%, clusters of items resampled; never quite 0 in a finite sample
    attraction_hi: float | None


def orders(samples: Sequence[Sequence[Scored]], *, seed: int = 0) -> Orders:
    """`samples`: of each item, all its samples, as `verdicts.judged` gives them."""
    every = [sample for item in samples for sample in item]
    several = [item for item in samples if len({sample.gold_place for sample in item}) > 1]
    same = [(_agreement(item), item[0].answer_id) for item in several]
    whole = [(len({s.choice for s in item}) == 1 and item[0].choice is not None, item[0].answer_id) for item in several]
    places = _places(every)
    recalls = [place.recall.value for place in places if place.recall]
    lo, hi = _attraction_interval(every, seed)
    return Orders(
        orders=max(len({sample.gold_place for sample in item}) for item in samples),
        items=len(samples),
        same=mean([v for v, _ in same], [c for _, c in same], 0, 1) if same else None,
        all_same=share([v for v, _ in whole], [c for _, c in whole]) if whole else None,
        places=tuple(places),
        spread=float(np.std(recalls)) if len(recalls) > 1 else None,
        attraction=sum(abs(place.chosen - place.expected) for place in places) / 2,
        attraction_lo=lo,
        attraction_hi=hi,
    )


def _attraction_interval(every: Sequence[Scored], seed: int) -> tuple[float | None, float | None]:
    answered = [sample for sample in every if sample.place is not None]
    if not answered:
        return None, None
    count = max(sample.options for sample in every)
    chosen = np.array([sample.place for sample in answered])
    right = np.array([sample.gold_place for sample in answered])

    def figures(rows: Rows) -> list[float]:
        apart = np.bincount(chosen[rows], minlength=count) - np.bincount(right[rows], minlength=count)
        return [float(np.abs(apart).sum()) / (2 * len(rows))]

    [interval] = cluster_intervals([sample.answer_id for sample in answered], figures, seed=seed)
    return interval


def _agreement(item: Sequence[Scored]) -> float:
    """Share of the pairs of samples, in two orders each, that chose the same option: two samples in one order differ
    by chance alone."""
    pairs = [(one, other) for one, other in combinations(item, 2) if one.gold_place != other.gold_place]
    return sum(one.choice is not None and one.choice == other.choice for one, other in pairs) / len(pairs)


def _places(every: Sequence[Scored]) -> list[Place]:
    """Only predictions that named an option speak of places."""
    answered = [sample for sample in every if sample.place is not None]
    chosen, gold = Counter(sample.place for sample in answered), Counter(sample.gold_place for sample in answered)
    standing: dict[int, list[Scored]] = defaultdict(list)
    for sample in every:
        standing[sample.gold_place or 0].append(sample)
    count = max(sample.options for sample in every)
    return [
        Place(
            letter=LETTERS[place],
            chosen=chosen[place] / len(answered) if answered else 0.0,
            expected=gold[place] / len(answered) if answered else 0.0,
            recall=share([s.correct for s in standing[place]], [s.answer_id for s in standing[place]])
            if standing[place]
            else None,
        )
        for place in range(count)
    ]
