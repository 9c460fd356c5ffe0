"""How far two judges agree: share of equal tiers, and Cohen's kappa with quadratic weights (Cohen 1968)."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from florey.curation.difficulty.judgement import JUDGES, Judge, Judgement, by_question
from florey.intervals import wilson
from florey.records import TIERS, Record

RESAMPLES = 2000
_PLACES = np.arange(len(TIERS))
_WEIGHTS = (_PLACES[:, None] - _PLACES[None, :]) ** 2


class Agreement(Record):
    """Two judges over the questions that both gave a tier. `kappa` is None where a judge knows one tier only."""

    one: Judge
    other: Judge
    n: int
    equal: float
    equal_lo: float  # Wilson, 95%
    equal_hi: float
    kappa: float | None
    kappa_lo: float | None  # percentile bootstrap over questions
    kappa_hi: float | None
    table: tuple[tuple[int, ...], ...]  # [tier of one][tier of other], in the order of TIERS


def agreements(judgements: Sequence[Judgement], seed: int = 0) -> list[Agreement]:
    """Every pair of judges that have at least one question in common."""
    tables = {pair: np.zeros((len(TIERS), len(TIERS)), dtype=np.int64) for pair in combinations(JUDGES, 2)}
    for said in by_question(judgements).values():
        tier = {each.judge: TIERS.index(each.tier) for each in said if each.tier is not None}
        for (one, other), table in tables.items():
            if one in tier and other in tier:
                table[tier[one], tier[other]] += 1
    return [_agreement(one, other, table, seed) for (one, other), table in tables.items() if table.sum()]


def _agreement(one: Judge, other: Judge, table: NDArray[np.int64], seed: int) -> Agreement:
    n, equal = int(table.sum()), int(np.trace(table))
    lo, hi = wilson(equal, n)
    kappa = float(_kappas(table[None])[0])
    drawn = np.random.default_rng(seed).multinomial(n, table.ravel() / n, size=RESAMPLES).reshape(-1, *table.shape)
    spread = _kappas(drawn)
    spread = spread[~np.isnan(spread)]
    known = not np.isnan(kappa) and len(spread) > 0
    ends = np.quantile(spread, [0.025, 0.975]) if known else (0.0, 0.0)
    return Agreement(
        one=one,
        other=other,
        n=n,
        equal=equal / n,
        equal_lo=lo,
        equal_hi=hi,
        kappa=round(kappa, 6) if known else None,
        kappa_lo=round(float(ends[0]), 6) if known else None,
        kappa_hi=round(float(ends[1]), 6) if known else None,
        table=tuple(tuple(int(cell) for cell in row) for row in table),
    )


def _kappas(tables: NDArray[np.int64]) -> NDArray[np.float64]:
    """Kappa of each table of shape (tables, tiers, tiers); NaN where a judge gives all questions one tier."""
    n = tables.sum(axis=(1, 2))
    rows, columns = tables.sum(axis=2), tables.sum(axis=1)
    seen = (tables * _WEIGHTS).sum(axis=(1, 2)) / n
    expected = (rows[:, :, None] * columns[:, None, :] * _WEIGHTS).sum(axis=(1, 2)) / n.astype(float) ** 2
    one_tier = ((rows > 0).sum(axis=1) < 2) | ((columns > 0).sum(axis=1) < 2)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(one_tier, np.nan, 1 - seen / expected)
