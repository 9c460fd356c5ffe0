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
Longs = npt.NDArray[np.int64]
Cells = npt.NDArray[np.uint32]  # shape (entries, 3): chance of the first node in 2^-32, first node, other node
_FULL = 2.0**32
_WHOLE = np.uint32(0xFFFFFFFF)


@dataclass(frozen=True, slots=True)
class AliasTables:
    """A table for each row; entries without weight have no cell."""

    indptr: npt.NDArray[np.int64]  # shape (rows + 1,): the cells of row i are indptr[i]:indptr[i + 1]
    cells: Cells
    totals: Floats  # shape (rows,): the weight of a row's entries together


def empty_cells(count: int) -> Cells:
    """Room for so many cells; memory that is never written to is never taken."""
    return np.empty((count, 3), np.uint32)


def row_tables(arcs: Csr, weights: Floats, room: Cells | None = None) -> AliasTables:
    """A table for each row of `arcs`; the weight of an arc is that of the node it leads to, shape (n,), >= 0.

    The cells are put at the beginning of `room`, if given: at least one for each arc.
    """
    indptr, totals = np.empty(arcs.n + 1, np.int64), np.empty(arcs.n, np.float64)
    cells = empty_cells(len(arcs.indices)) if room is None else room
    _build(arcs.indptr, arcs.indices, weights, indptr, cells, totals)
    return AliasTables(indptr, cells[: indptr[-1]], totals)


def vector_table(weights: Floats) -> AliasTables:
    """One table over the indices of `weights`."""
    n = len(weights)
    indptr, totals, cells = np.empty(2, np.int64), np.empty(1, np.float64), empty_cells(n)
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
    shares = np.empty(longest, np.float64)
    light, heavy = np.empty(longest + 1, np.int64), np.empty(longest + 1, np.int64)
    starts[0] = end = np.int64(0)
    for row in range(len(indptr) - 1):
        start, total = end, 0.0
        for arc in range(indptr[row], indptr[row + 1]):
            weight = weights[indices[arc]]
            if weight > 0:
                shares[end - start] = weight
                cells[end, 1] = indices[arc]
                total += weight
                end += 1
        starts[row + 1], totals[row] = end, total
        if end > start:
            _sweep(cells, start, shares[: end - start], total, light, heavy)


@kernel
def _sweep(cells: Cells, start: np.int64, shares: Floats, total: float, light: Longs, heavy: Longs) -> None:
    """Pairs what light entries lack with what heavy ones have too much. `shares` come as weights; the lists are filled.

    Both loops choose by selection and not by jumps: which entries are light is chance, and no processor guesses it.
    """
    n = len(shares)
    lights = heavies = 0
    for i in range(n):
        shares[i] *= n / total  # in units of the row's mean
        cells[start + i, 0], cells[start + i, 2] = _WHOLE, cells[start + i, 1]  # itself, until it gets another
        light[lights] = heavy[heavies] = i
        is_light = shares[i] < 1
        lights += is_light
        heavies += not is_light
    if not heavies:  # all alike, up to rounding
        return
    one, two = 0, 0  # the next light entry, and the heavy one that gives
    left = shares[heavy[0]]  # of the heavy one, for itself and for light ones
    light[lights], heavy[heavies] = heavy[0], heavy[0]  # so that looking one too far is no harm
    while True:
        gives = left >= 1  # to a light one; else it lacks something itself now, and the next heavy one gives it
        if (gives and one == lights) or (not gives and two == heavies - 1):
            return
        giver = heavy[two if gives else two + 1]
        taker = light[one] if gives else heavy[two]
        chance = shares[taker] if gives else max(left, 0.0)
        cells[start + taker, 0], cells[start + taker, 2] = np.uint32(chance * _FULL), cells[start + giver, 1]
        left += (shares[taker] if gives else shares[giver]) - 1
        one += gives
        two += not gives
