"""Intervals and tests for shares of correct answers whose items share an answer entity.

Items about the same answer are not independent, so intervals resample whole clusters (percentile bootstrap:
Efron & Tibshirani 1993, chapter 13). Everything is a pure function of its arguments and a seed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from math import comb, sqrt
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt
from numpy.typing import ArrayLike

from florey.intervals import wilson

Method = Literal["cluster_bootstrap", "wilson"]
RESAMPLES = 2000
FEWEST_CLUSTERS = 5
"""With fewer, resampling clusters says little about clusters not seen; Wilson on the clusters is used instead."""
_REMEMBERED = 16_000_000  # numbers: 128 MB
_BLOCK = 4_000_000  # numbers drawn at once: bounds memory to about 100 MB however many clusters there are


class Interval(NamedTuple):
    """A mean with its 95% interval. `method` says how: "wilson" marks the fallback, see `cluster_interval`."""

    value: float
    lo: float
    hi: float
    n: int
    clusters: int
    method: Method


def _per_cluster(
    values: npt.NDArray[np.float64], clusters: Sequence[str]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int64]]:
    """(sum of the values, number of items) of each cluster."""
    places = {cluster: place for place, cluster in enumerate(sorted(set(clusters)))}
    owner = np.fromiter(map(places.__getitem__, clusters), np.int64, len(clusters))
    sums: npt.NDArray[np.float64] = np.bincount(owner, weights=values).astype(np.float64)
    return sums, np.bincount(owner).astype(np.int64)


def bootstrap_means(
    values: ArrayLike, clusters: Sequence[str], *, seed: int, resamples: int = RESAMPLES
) -> npt.NDArray[np.float64]:
    """Means of `resamples` samples of whole clusters drawn with replacement: float64 of shape (resamples,)."""
    sums, sizes = _per_cluster(np.asarray(values, dtype=float), clusters)
    even = sizes.min() == sizes.max()  # as nearly always, where each item is a cluster
    means = [
        sums[drawn].sum(axis=1) / (sizes[0] * len(sums) if even else sizes[drawn].sum(axis=1))
        for drawn in _draws(seed, len(sums), resamples)
    ]
    return np.concatenate(means)


def _draws(seed: int, clusters: int, resamples: int) -> Iterable[npt.NDArray[np.int64]]:
    """Blocks of rows of clusters drawn with replacement. Remembered where they are few enough: one set of items has
    many figures."""
    if clusters * resamples <= _REMEMBERED:
        return _remembered(seed, clusters, resamples)
    return _drawn(seed, clusters, resamples)


def _drawn(seed: int, clusters: int, resamples: int) -> Iterator[npt.NDArray[np.int64]]:
    rng, rows = np.random.default_rng(seed), max(1, _BLOCK // clusters)
    for start in range(0, resamples, rows):
        yield rng.integers(clusters, size=(min(rows, resamples - start), clusters))


@lru_cache(maxsize=2)
def _remembered(seed: int, clusters: int, resamples: int) -> tuple[npt.NDArray[np.int64], ...]:
    return tuple(_drawn(seed, clusters, resamples))


def _resampled(
    values: ArrayLike, clusters: Sequence[str], seed: int, resamples: int, level: float
) -> tuple[float, float] | None:
    """Percentile interval, or None where the bootstrap has nothing to say (few clusters, no variance)."""
    if len(set(clusters)) < FEWEST_CLUSTERS:
        return None
    means = bootstrap_means(values, clusters, seed=seed, resamples=resamples)
    if np.ptp(means) < 1e-12:
        return None
    lo, hi = np.quantile(means, [(1 - level) / 2, (1 + level) / 2])
    return float(lo), float(hi)


def _checked(clusters: Sequence[str], *columns: Sequence[float]) -> None:
    if not clusters or any(len(column) != len(clusters) for column in columns):
        raise ValueError(f"expected one value per cluster id and at least one, got {[*map(len, (clusters, *columns))]}")


def cluster_interval(
    values: Sequence[float], clusters: Sequence[str], *, seed: int, resamples: int = RESAMPLES, level: float = 0.95
) -> Interval:
    """Mean of `values` (each in 0..1, one per item) with a cluster-bootstrap percentile interval.

    `clusters` gives each item's cluster id. With fewer than `FEWEST_CLUSTERS` clusters, or no variance between
    resamples (all right, all wrong), it is Wilson's interval with the number of *clusters* as sample size.
    """
    _checked(clusters, values)
    mean, count = float(np.mean(values)), len(set(clusters))
    bounds = _resampled(values, clusters, seed, resamples, level)
    method: Method = "cluster_bootstrap" if bounds else "wilson"
    return Interval(mean, *(bounds or wilson(mean * count, count, level)), len(values), count, method)


def paired_interval(
    before: Sequence[float],
    after: Sequence[float],
    clusters: Sequence[str],
    *,
    seed: int,
    resamples: int = RESAMPLES,
    level: float = 0.95,
) -> Interval:
    """Mean of `after - before` over the same items, with a cluster-bootstrap percentile interval.

    The fallback (see `cluster_interval`) is Newcombe's square-and-add of two Wilson intervals over the clusters
    (Statistics in Medicine 1998;17:2635, without its correlation term, hence on the wide side).
    """
    _checked(clusters, before, after)
    first, second, count = float(np.mean(before)), float(np.mean(after)), len(set(clusters))
    difference = second - first
    bounds = _resampled(np.subtract(after, before), clusters, seed, resamples, level)
    if bounds:
        return Interval(difference, *bounds, len(before), count, "cluster_bootstrap")
    lo1, hi1 = wilson(first * count, count, level)
    lo2, hi2 = wilson(second * count, count, level)
    lo = difference - sqrt((second - lo2) ** 2 + (hi1 - first) ** 2)
    hi = difference + sqrt((hi2 - second) ** 2 + (first - lo1) ** 2)
    return Interval(difference, lo, hi, len(before), count, "wilson")


def mcnemar(gained: int, lost: int) -> float:
    """Exact two-sided McNemar p: items that changed sides against a fair coin. It takes items as independent.

    >>> mcnemar(10, 0) == 2 / 2**10
    True
    """
    changed = gained + lost
    tail = sum(comb(changed, i) for i in range(min(gained, lost) + 1))
    return min(1.0, float(2 * tail / 2**changed))


def holm(p_values: Sequence[float]) -> list[float]:
    """Holm's step-down adjusted p values, in the order given (Holm 1979).

    >>> holm([0.01, 0.04, 0.03])
    [0.03, 0.06, 0.06]
    """
    adjusted, worst = [0.0] * len(p_values), 0.0
    for rank, index in enumerate(sorted(range(len(p_values)), key=lambda i: p_values[i])):
        worst = max(worst, min(1.0, (len(p_values) - rank) * p_values[index]))
        adjusted[index] = worst
    return adjusted
