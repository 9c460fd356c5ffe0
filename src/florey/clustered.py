"""Means of values that come in clusters, with their intervals: questions that share an answer, ratings of one item.

The standard error of a mean is the cluster-robust one (Liang & Zeger, Biometrika 1986;73:13) with the usual factor
clusters / (clusters - 1). No draws: the same values give the same interval.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from math import sqrt

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import stdtrit  # the quantile of t; scipy.stats takes a third of a second to import

from florey.intervals import wilson
from florey.records import Record


class Mean(Record):
    """A mean with its 95% interval. `lo` and `hi` are None where a single cluster says nothing of its spread."""

    value: float
    lo: float | None
    hi: float | None
    n: int
    clusters: int

    def scaled(self, factor: float, shift: float = 0.0) -> Mean:
        """The mean of `factor` (positive) times the values plus `shift`."""
        bounds = {name: None if (end := getattr(self, name)) is None else factor * end + shift for name in ("lo", "hi")}
        return self.model_copy(update={"value": factor * self.value + shift, **bounds})


def mean(values: ArrayLike, clusters: Sequence[Hashable], low: float = -np.inf, high: float = np.inf) -> Mean:
    """Mean of at least one value with a t interval on clusters - 1 degrees of freedom, cut at `low` and `high`.

    >>> mean([1, 2, 3, 4], "abcd").scaled(2).value
    5.0
    """
    data = np.asarray(values, dtype=float)
    error, count = standard_error(data, clusters)
    value = float(data.mean())
    if count < 2:
        return Mean(value=value, lo=None, hi=None, n=len(data), clusters=count)
    half = float(stdtrit(count - 1, 0.975)) * error
    return Mean(value=value, lo=max(low, value - half), hi=min(high, value + half), n=len(data), clusters=count)


def share(values: ArrayLike, clusters: Sequence[Hashable]) -> Mean:
    """Mean of at least one value within 0..1: Wilson's interval at the effective sample size p(1 - p) / error².

    Where all values are equal the clusters are the sample. (Dean & Pavlou, Survey Methodology 2015;41:113.)

    >>> found = share([1, 1, 1, 1, 0, 0], "aaaabb")
    >>> found.clusters, found.lo < 0.2, found.hi > 0.9
    (2, True, True)
    """
    data = np.asarray(values, dtype=float)
    error, count = standard_error(data, clusters)
    p = float(data.mean())
    size = p * (1 - p) / error**2 if error > 0 else float(count)
    lo, hi = wilson(min(p, 1.0) * size, size)
    return Mean(value=p, lo=lo, hi=hi, n=len(data), clusters=count)


def standard_error(values: ArrayLike, clusters: Sequence[Hashable]) -> tuple[float, int]:
    """(error of the mean, number of clusters); 0.0 where there is one cluster."""
    data = np.asarray(values, dtype=float)
    if len(data) == 0 or len(data) != len(clusters):
        raise ValueError(f"expected one cluster per value and at least one, got {len(data)} and {len(clusters)}")
    owners = numbered(clusters)
    count = int(owners.max()) + 1
    if count < 2:
        return 0.0, count
    totals = np.bincount(owners, weights=data - data.mean())
    return sqrt(float(totals @ totals) * count / (count - 1)) / len(data), count


def numbered(labels: Iterable[Hashable]) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """The labels as 0, 1, 2, … in order of their first appearance."""
    numbers: dict[Hashable, int] = {}
    return np.array([numbers.setdefault(label, len(numbers)) for label in labels], dtype=np.int64)
