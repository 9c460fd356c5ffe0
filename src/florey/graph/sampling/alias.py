"""Alias tables: a draw from any distribution in constant time (Walker 1977; Vose 1991).

A table has one cell for each entry of positive weight: a node, another node, and the chance of the first. To draw, take
a cell with equal chances and one of its two nodes. A cell holds all three side by side, because a draw from a large
table costs what fetching its cell from memory costs. It is made in one sweep with two pointers (Hübschle-Schneider and
Sanders 2022), without lists of light and heavy entries.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from florey.graph.csr import Csr
from florey.graph.sampling.compiled import kernel

Floats = npt.NDArray[np.float64]
Cells = npt.NDArray[np.uint32]  # shape (entries, 3): chance of the first node in 2^-32, first node, other node
WIDTH = 3
_FULL = 2.0**32
_WHOLE = np.uint32(0xFFFFFFFF)


@dataclass(frozen=True, slots=True)
class AliasTables:
    """A table for each row; entries without weight have no cell."""

    indptr: npt.NDArray[np.int64]  # shape (rows + 1,): the cells of row i are indptr[i]:indptr[i + 1]
    cells: Cells
    totals: Floats  # shape (rows,): the weight of a row's entries together


def row_tables(arcs: Csr, weights: Floats) -> AliasTables:
    """A table for each row of `arcs`; the weight of an arc is that of the node it leads to, shape (n,), >= 0."""
    indptr, totals = np.empty(arcs.n + 1, np.int64), np.empty(arcs.n, np.float64)
    cells = np.empty((len(arcs.indices), WIDTH), np.uint32)
    _build(arcs.indptr, arcs.indices, weights, indptr, cells, totals)
    return AliasTables(indptr, cells[: indptr[-1]], totals)


def vector_table(weights: Floats) -> AliasTables:
    """One table over the indices of `weights`."""
    n = len(weights)
    indptr, totals, cells = np.empty(2, np.int64), np.empty(1, np.float64), np.empty((n, WIDTH), np.uint32)
    _build(np.array([0, n], np.int64), np.arange(n, dtype=np.int32), weights, indptr, cells, totals)
    return AliasTables(indptr, cells[: indptr[-1]], totals)


@kernel
def _build(
    indptr: npt.NDArray[np.int64],
    indices: npt.NDArray[np.int32],
    weights: Floats,
    starts: npt.NDArray[np.int64],
    cells: Cells,
    totals: Floats,
) -> None:
    """Fills `starts`, `cells` and `totals` row by row; the entries of a row stand in the order of its indices."""
    longest = 0
    for row in range(len(indptr) - 1):
        longest = max(longest, indptr[row + 1] - indptr[row])
    scaled = np.empty(longest, np.float64)  # an entry's weight in units of the row's mean
    starts[0] = end = np.int64(0)
    for row in range(len(indptr) - 1):
        start, total = end, 0.0
        for arc in range(indptr[row], indptr[row + 1]):
            weight = weights[indices[arc]]
            if weight > 0:
                scaled[end - start] = weight
                cells[end, 1] = indices[arc]
                total += weight
                end += 1
        starts[row + 1], totals[row] = end, total
        _sweep(cells[start:end], scaled[: end - start], total)


@kernel
def _sweep(cells: Cells, weights: Floats, total: float) -> None:
    """Pairs what light entries lack with what heavy ones have too much; `weights` are used up."""
    n = len(weights)
    for i in range(n):
        weights[i] *= n / total
        cells[i, 0], cells[i, 2] = _WHOLE, cells[i, 1]  # itself either way, until it gets another
    light, heavy = _light_from(weights, 0), _heavy_from(weights, 0)
    left = weights[heavy] if heavy < n else 0.0  # of the heavy entry, for itself and for light ones
    while heavy < n:
        if left >= 1:
            if light == n:
                break
            cells[light, 0], cells[light, 2] = np.uint32(weights[light] * _FULL), cells[heavy, 1]
            left -= 1 - weights[light]
            light = _light_from(weights, light + 1)
        else:  # it lacks something itself now, and the next heavy one gives it
            following = _heavy_from(weights, heavy + 1)
            if following == n:
                break
            cells[heavy, 0], cells[heavy, 2] = np.uint32(max(left, 0.0) * _FULL), cells[following, 1]
            left += weights[following] - 1
            heavy = following


@kernel
def _light_from(weights: Floats, at: int) -> int:
    while at < len(weights) and weights[at] >= 1:
        at += 1
    return at


@kernel
def _heavy_from(weights: Floats, at: int) -> int:
    while at < len(weights) and weights[at] < 1:
        at += 1
    return at
