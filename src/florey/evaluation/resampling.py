"""Intervals of figures that are no means, such as an area under a curve: whole clusters are drawn again."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence

import numpy as np
import numpy.typing as npt

from florey.clustered import numbered

RESAMPLES = 1000
FEWER_FROM = 2_000  # rows; from there on a fifth of the draws will do, as the interval is narrow: its ends are then
# uncertain by about a fifth of a standard error, and scoring stays quick

Rows = npt.NDArray[np.int64]
Interval = tuple[float | None, float | None]


def cluster_intervals(
    clusters: Sequence[Hashable], figures: Callable[[Rows], Sequence[float]], *, seed: int
) -> list[Interval]:
    """95% percentile intervals of `figures`, a function of rows, over samples of whole clusters.

    The rows of a sample ascend and stand as often as their cluster was drawn, so that sorted values stay sorted.
    (None, None) for every figure where a single cluster says nothing of its spread.
    """
    owners = numbered(clusters)
    every = np.arange(len(owners))
    count = int(owners.max()) + 1
    if count < 2:
        return [(None, None)] * len(figures(every))
    rng = np.random.default_rng(seed)
    drawn = [
        figures(np.repeat(every, np.bincount(rng.integers(count, size=count), minlength=count)[owners]))
        for _ in range(RESAMPLES if len(owners) < FEWER_FROM else RESAMPLES // 5)
    ]
    return [(float(lo), float(hi)) for lo, hi in np.quantile(np.array(drawn), [0.025, 0.975], axis=0).T]
