"""The forward draws of `florey.graph.sampling.tree`, in blocks of paths that go step by step side by side.

A draw costs what fetching a few cells from memory costs. In a block all places of a step are known before the first
cell is fetched, so that the processor asks for many at once instead of waiting for each.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from florey.graph.csr import Ints
from florey.graph.sampling.alias import Cells, Floats
from florey.graph.sampling.compiled import kernel
from florey.graph.sampling.rng import advance, below, bits, stream, uniform

BLOCK = 64
TRIES = 64
"""Draws of a row before it is given up because a node stands in it twice."""
_REPICKS = 16  # draws of a further node of a leaf before its row is looked through
_LOW = np.uint64(0xFFFFFFFF)
Longs = npt.NDArray[np.int64]
States = npt.NDArray[np.uint64]


class Tables(NamedTuple):
    """The alias tables of all branches, one after another, and the columns of a draw."""

    starts: Longs  # shape (branches, n + 1): the cells of branch b below node x are starts[b, x]:starts[b, x + 1]
    cells: Cells
    weights: npt.NDArray[np.float64]  # shape (branches, n): of a node and what stands below it
    parents: Longs  # shape (branches,): the column of the node that a branch starts from
    firsts: Longs  # shape (branches,): its first column
    times: Longs  # shape (branches,): how many columns
    meeting: Longs  # shape (pairs, 2): columns of different variables that can hold the same node


@kernel
def draw_rows(
    drawn: Ints, first: int, seed: np.uint64, roots: Ints, possible: Floats, root_cells: Cells, tables: Tables
) -> None:
    """Fills `drawn`, whose first row is row `first` of the whole run, from `roots` or, if there are none, `root_cells`.

    Rows are -1 where `possible` (of a root) is 0, where there is no root, and where TRIES draws had a node twice.
    """
    states, wanted, at = np.empty(BLOCK, np.uint64), np.empty(BLOCK, np.int64), np.empty(BLOCK, np.int64)
    given = len(roots) > 0
    for block in range(0, len(drawn), BLOCK):
        rows = drawn[block : block + BLOCK]
        waiting = 0  # wanted[:waiting] are the rows of the block still to draw
        for i in range(len(rows)):
            states[i] = stream(seed, first + block + i)
            rows[i] = -1
            if given and possible[roots[block + i]] > 0:
                rows[i, 0] = roots[block + i]
                wanted[waiting] = i
                waiting += 1
            elif not given and len(root_cells) > 0:
                wanted[waiting] = i
                waiting += 1
        for _ in range(TRIES):
            todo = wanted[:waiting]
            if not given:
                _step_to_root(rows, todo, states, at, root_cells)
            for branch in range(len(tables.times)):
                for more in range(tables.times[branch]):
                    _step(rows, todo, states, at, tables, branch, more)
            waiting = 0
            for i in todo:
                if _meets(rows[i], tables.meeting):
                    wanted[waiting] = i
                    waiting += 1
            if not waiting:
                break
        for i in wanted[:waiting]:
            rows[i] = -1


@kernel
def _step_to_root(rows: Ints, todo: Longs, states: States, at: Longs, cells: Cells) -> None:
    for i in todo:
        states[i] = advance(states[i])
        at[i] = below(states[i], len(cells))
    for i in todo:
        rows[i, 0] = _choice(cells, at[i], states[i])


@kernel
def _step(rows: Ints, todo: Longs, states: States, at: Longs, tables: Tables, branch: int, more: int) -> None:
    """Draws the node number `more` of a branch for each row of `todo`."""
    starts, column = tables.starts[branch], tables.firsts[branch] + more
    for i in todo:
        states[i] = advance(states[i])
        start, stop = starts[rows[i, tables.parents[branch]]], starts[rows[i, tables.parents[branch]] + 1]
        at[i] = start + below(states[i], stop - start)
    for i in todo:
        rows[i, column] = _choice(tables.cells, at[i], states[i])
    if more:
        for i in todo:
            mine = rows[i, tables.firsts[branch] : column + 1]
            if _last_is_known(mine):
                parent = rows[i, tables.parents[branch]]
                cells = tables.cells[starts[parent] : starts[parent + 1]]
                states[i] = _another(mine, cells, tables.weights[branch], states[i])


@kernel
def _choice(cells: Cells, at: np.int64, state: np.uint64) -> np.int32:
    """One of the two nodes of a cell, by the lower half of the bits whose upper half chose the cell."""
    first = (bits(state) & _LOW) < np.uint64(cells[at, 0])
    return np.int32(cells[at, 1] if first else cells[at, 2])


@kernel
def _another(nodes: Ints, cells: Cells, weights: Floats, state: np.uint64) -> np.uint64:
    """Draws the last of `nodes`, by weight among those that are none of the others; returns the state it came to."""
    for _ in range(_REPICKS):
        state = advance(state)
        nodes[-1] = _choice(cells, below(state, len(cells)), state)
        if not _last_is_known(nodes):
            return state
    total = 0.0  # few are left, or light ones: draw among them alone
    for cell in range(len(cells)):
        nodes[-1] = np.int32(cells[cell, 1])
        if not _last_is_known(nodes):
            total += weights[nodes[-1]]
    state = advance(state)
    mark, last = uniform(state) * total, np.int32(-1)
    for cell in range(len(cells)):
        nodes[-1] = np.int32(cells[cell, 1])
        if not _last_is_known(nodes):
            last = nodes[-1]
            mark -= weights[last]
            if mark < 0:
                break
    nodes[-1] = last
    return state


@kernel
def _last_is_known(nodes: Ints) -> bool:
    for node in nodes[:-1]:  # noqa: SIM110 - numba compiles no generators
        if node == nodes[-1]:
            return True
    return False


@kernel
def _meets(row: Ints, pairs: Longs) -> bool:
    for pair in range(len(pairs)):  # noqa: SIM110
        if row[pairs[pair, 0]] == row[pairs[pair, 1]]:
            return True
    return False
