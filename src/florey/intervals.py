"""Intervals for shares: pure functions that every room may use."""

from __future__ import annotations

from collections.abc import Iterable
from math import sqrt
from statistics import NormalDist
from typing import NamedTuple


def wilson(successes: float, n: float, level: float = 0.95) -> tuple[float, float]:
    """Score interval of a binomial share (Wilson 1927); `n` must be positive.

    >>> [round(x, 4) for x in wilson(8, 10)]
    [0.4902, 0.9433]
    """
    if not 0 <= successes <= n or n <= 0:
        raise ValueError(f"expected 0 <= successes <= n and n > 0, got {successes} of {n}")
    z = NormalDist().inv_cdf((1 + level) / 2)
    share = successes / n
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    # the ends touch the bounds exactly where the share does; rounding must not move them
    return (0.0 if share == 0 else max(0.0, middle - half), 1.0 if share == 1 else min(1.0, middle + half))


class Stratum(NamedTuple):
    """A part of a population of `size`, of which `n` were drawn evenly and `successes` of these succeeded."""

    successes: int
    n: int
    size: int


def stratified(strata: Iterable[Stratum], level: float = 0.95) -> tuple[float, float, float]:
    """(share, low, high) of the whole population: each stratum's share weighted by its size; n must be positive.

    The interval squares and adds the distances from each stratum's share to the ends of its Wilson interval (Zou &
    Donner, Statistics in Medicine 2008;27:1693). One stratum gives Wilson's own interval.

    >>> [round(x, 4) for x in stratified([Stratum(8, 10, 500)])]
    [0.8, 0.4902, 0.9433]
    """
    found = list(strata)
    whole = sum(stratum.size for stratum in found)
    share = below = above = 0.0
    for successes, n, size in found:
        weight, mine, (lo, hi) = size / whole, successes / n, wilson(successes, n, level)
        share += weight * mine
        below += (weight * (mine - lo)) ** 2
        above += (weight * (hi - mine)) ** 2
    return share, max(0.0, share - sqrt(below)), min(1.0, share + sqrt(above))
