"""Krippendorff's alpha: how far raters agree beyond chance, for any number of them and with ratings missing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

import numpy as np


def alpha(units: Iterable[Sequence[int]], level: Literal["nominal", "ordinal"]) -> float | None:
    """1 - observed / expected disagreement; None where nothing was rated twice or only one value was ever given.

    `units`: for each item the ratings it got, in any order. (Krippendorff, Computing Krippendorff's Alpha-Reliability,
    2011: https://repository.upenn.edu/asc_papers/43.)

    >>> alpha([[1, 1], [2, 2], [1, 1]], "nominal"), alpha([[1, 2], [2, 1]], "nominal"), alpha([[1], [2]], "ordinal")
    (1.0, -0.5, None)
    """
    paired = [unit for unit in units if len(unit) > 1]
    values = sorted({value for unit in paired for value in unit})
    if len(values) < 2:
        return None
    place = {value: i for i, value in enumerate(values)}
    coincidences = np.zeros((len(values), len(values)))
    for unit in paired:
        counts = np.bincount([place[value] for value in unit], minlength=len(values)).astype(float)
        coincidences += (np.outer(counts, counts) - np.diag(counts)) / (len(unit) - 1)
    totals = coincidences.sum(axis=1)
    expected = (np.outer(totals, totals) - np.diag(totals)) / (totals.sum() - 1)
    distances = _ordinal(totals) if level == "ordinal" else 1 - np.eye(len(values))
    return float(1 - (coincidences * distances).sum() / (expected * distances).sum())


def _ordinal(totals: np.ndarray[tuple[int], np.dtype[np.float64]]) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    """Squared distance of two ranks: the ratings that lie between them, the ends counted half."""
    middle = np.cumsum(totals) - totals / 2
    squared: np.ndarray[tuple[int, int], np.dtype[np.float64]] = (middle[:, None] - middle[None, :]) ** 2
    return squared
