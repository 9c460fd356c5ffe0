"""Exact draws of trees of typed nodes: a metapath with its branches, each draw in proportion to the product of weights.

A backward dynamic programme gives every node of every variable the weight of its completions:

    W_v(x) = w_v(x) * product over the branches c below v of S_c(x),    S_c(x) = sum over the arcs x -> y of W_c(y)

so forward draws, each among the nodes that can be completed and by W, never come to a dead end, and their distribution
is exact. A leaf that stands for `times` nodes has S_c(x) = 1 where x has so many, else 0; they are drawn one after
another by weight, without replacement. No node may stand twice in a draw: a draw in which one does is drawn again as a
whole, which leaves the distribution of the others as it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from time import perf_counter

import numpy as np
import numpy.typing as npt

from florey.graph.csr import Csr, Ints
from florey.graph.sampling.alias import WIDTH, Cells, Floats, row_tables, vector_table
from florey.graph.sampling.compiled import in_chunks, kernel
from florey.graph.sampling.rng import advance, below, bits, stream, uniform

BLOCK = 64
"""Paths that are drawn step by step side by side: while one waits for memory, the next are asked for."""
TRIES = 64
"""Draws of a row before it is given up because a node stands in it twice."""
_REPICKS = 16  # draws of a further node of a leaf before its row is looked through
_LOW = np.uint64(0xFFFFFFFF)
Longs = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Branch:
    """A variable of the tree and the arcs that lead to it."""

    parent: int  # the number of an earlier variable; 0 is the root
    arcs: Csr  # from the nodes of the parent variable to the nodes of this one: only those allowed
    weights: Floats | None = None  # shape (n,), >= 0, of the nodes of this variable; None: 1 each
    times: int = 1  # of a leaf: so many distinct nodes


class TreeSampler:
    """Draws the nodes of a root and of the branches below it.

    `completions`, shape (n,): for each node as the root the total weight of its completions, 0 if it has none.
    Completions in which a node stands twice are counted; where that cannot be avoided, rows of -1 are drawn.
    `columns`: the columns of each variable in a draw, the root's first.
    """

    completions: Floats
    columns: list[slice]

    def __init__(self, n: int, branches: Sequence[Branch]) -> None:
        """`n`: nodes of the graph. Raises ValueError for a branch that does not fit."""
        _check(n, branches)
        self._starts = np.empty((len(branches), n + 1), np.int64)
        self._weights = np.empty((len(branches), n), np.float64)
        products = [np.ones(n)] + [np.ones(n) if each.weights is None else each.weights.copy() for each in branches]
        cells, offset = [], 0
        for number in range(len(branches) - 1, -1, -1):
            branch = branches[number]
            self._weights[number] = products[number + 1]
            tables = row_tables(branch.arcs, self._weights[number])
            enough = np.diff(tables.indptr) >= branch.times
            products[branch.parent] *= tables.totals if branch.times == 1 else enough
            np.add(tables.indptr, offset, out=self._starts[number])
            offset += len(tables.cells)
            cells.append(tables.cells)
        self.completions = products[0]
        self._cells = np.concatenate(cells) if cells else np.empty((0, WIDTH), np.uint32)
        self._times = np.array([branch.times for branch in branches], np.int64)
        ends = np.concatenate([[1], 1 + np.cumsum(self._times)]).astype(np.int64)
        self.columns = [slice(0, 1)] + [slice(int(end - k), int(end)) for end, k in zip(ends[1:], self._times)]
        self._first = ends[:-1]
        self._parents = np.array([self.columns[branch.parent].start for branch in branches], np.int64)
        self._pairs = self._meeting(products)

    def _meeting(self, products: Sequence[Floats]) -> Longs:
        """Pairs of columns of different variables that can hold the same node, shape (pairs, 2)."""
        possible = [product > 0 for product in products]
        pairs = [
            (i, j)
            for (one, mine), (other, theirs) in combinations(zip(self.columns, possible, strict=True), 2)
            if np.any(mine & theirs)
            for i in range(one.start, one.stop)
            for j in range(other.start, other.stop)
        ]
        return np.array(pairs, np.int64).reshape(-1, 2)

    def complete(self, roots: npt.NDArray[np.integer], seed: int, threads: int = 1) -> Ints:
        """Completions of given roots, shape (roots, columns), each drawn by its weight among those of its root.

        A row is -1 where the root has none, and where TRIES draws had a node twice. Row i depends on the seed, i and
        roots[i] only.
        """
        return self._drawn(np.asarray(roots, np.int32), None, len(roots), seed, threads)

    def draw(self, count: int, seed: int, threads: int = 1, root_weights: Floats | None = None) -> Ints:
        """`count` draws, shape (count, columns), each with probability ~ the product of the weights of its nodes.

        `root_weights`, shape (n,), are the root's (1 each if None). A row is -1 where TRIES draws had a node twice;
        all rows are where nothing can be drawn. Row i depends on the seed and i only.
        """
        weights = self.completions if root_weights is None else self.completions * root_weights
        return self._drawn(np.empty(0, np.int32), vector_table(weights).cells, count, seed, threads)

    def _drawn(self, roots: Ints, table: Cells | None, count: int, seed: int, threads: int) -> Ints:
        drawn = np.empty((count, self.columns[-1].stop), np.int32)
        given = table is None
        cells = np.empty((0, WIDTH), np.uint32) if table is None else table

        def work(start: int, stop: int) -> None:
            _draw(
                *(drawn[start:stop], start, np.uint64(seed % 2**64), roots[start:stop] if given else roots),
                *(given, self.completions, cells, self._starts, self._cells),
                *(self._parents, self._first, self._times, self._weights, self._pairs),
            )

        in_chunks(work, count, threads)
        return drawn


def warm_up() -> float:
    """Seconds until everything is compiled, or read from the cache of compiled code: done once for a process."""
    start = perf_counter()
    sampler = TreeSampler(2, [Branch(0, Csr.from_pairs([0], [1], 2))])
    sampler.draw(1, 0)
    sampler.complete(np.zeros(1, np.int32), 0)
    return perf_counter() - start


def _check(n: int, branches: Sequence[Branch]) -> None:
    for number, branch in enumerate(branches, 1):
        if not 0 <= branch.parent < number:
            raise ValueError(f"branch {number}: its parent is {branch.parent}, expected 0..{number - 1}")
        if branch.parent and branches[branch.parent - 1].times > 1:
            raise ValueError(f"branch {number}: stands below several nodes; only a leaf may be several")
        if branch.times < 1 or branch.arcs.n != n:
            raise ValueError(f"branch {number}: {branch.times} times over {branch.arcs.n} nodes, expected >= 1, {n}")
        if branch.weights is not None and not (np.isfinite(branch.weights).all() and (branch.weights >= 0).all()):
            raise ValueError(f"branch {number}: expected finite weights >= 0")


@kernel
def _draw(
    drawn: Ints,
    first_row: int,
    seed: np.uint64,
    roots: Ints,
    given: bool,
    completions: Floats,
    root_cells: Cells,
    starts: Longs,
    cells: Cells,
    parents: Longs,
    firsts: Longs,
    times: Longs,
    weights: npt.NDArray[np.float64],
    pairs: Longs,
) -> None:
    """Fills `drawn`; its first row is the row `first_row` of the whole run."""
    states = np.empty(BLOCK, np.uint64)
    at = np.empty(BLOCK, np.int64)
    for block in range(0, len(drawn), BLOCK):
        rows = drawn[block : block + BLOCK]
        wanted = np.empty(len(rows), np.int64)
        waiting = 0  # wanted[:waiting] are the rows of the block still to draw
        for i in range(len(rows)):
            states[i] = stream(seed, first_row + block + i)
            root = roots[block + i] if given else 0
            if (completions[root] > 0) if given else len(root_cells) > 0:
                rows[i, 0] = root
                wanted[waiting] = i
                waiting += 1
            else:
                rows[i] = -1
        for attempt in range(TRIES):
            todo = wanted[:waiting]
            if not given:
                for i in todo:
                    states[i] = advance(states[i])
                    at[i] = below(states[i], len(root_cells))
                for i in todo:
                    rows[i, 0] = _choose(root_cells, at[i], states[i])
            for branch in range(len(times)):
                for more in range(times[branch]):
                    column = firsts[branch] + more
                    for i in todo:
                        states[i] = advance(states[i])
                        parent = rows[i, parents[branch]]
                        start = starts[branch, parent]
                        at[i] = start + below(states[i], starts[branch, parent + 1] - start)
                    for i in todo:
                        rows[i, column] = _choose(cells, at[i], states[i])
                    if more:
                        for i in todo:
                            if _within(rows[i], firsts[branch], column):
                                parent = rows[i, parents[branch]]
                                mine = cells[starts[branch, parent] : starts[branch, parent + 1]]
                                states[i] = _another(rows[i], firsts[branch], column, mine, weights[branch], states[i])
            waiting = 0
            for i in todo:
                if _repeats(rows[i], pairs):
                    wanted[waiting] = i
                    waiting += 1
            if not waiting:
                break
        for i in wanted[:waiting]:
            rows[i] = -1


@kernel
def _choose(cells: Cells, at: int, state: np.uint64) -> int:
    """One of the two nodes of a cell, by the lower half of the bits that chose the cell with their upper half."""
    first = (bits(state) & _LOW) < np.uint64(cells[at, 0])
    return np.int32(cells[at, 1] if first else cells[at, 2])


@kernel
def _within(row: Ints, start: int, column: int) -> bool:
    """Whether the node in `column` stands in start..column - 1 already."""
    for earlier in range(start, column):
        if row[earlier] == row[column]:
            return True
    return False


@kernel
def _another(row: Ints, start: int, column: int, cells: Cells, weights: Floats, state: np.uint64) -> np.uint64:
    """Puts a node by weight into `column` that is none of start..column - 1; returns the state it came to."""
    for _ in range(_REPICKS):
        state = advance(state)
        row[column] = _choose(cells, below(state, len(cells)), state)
        if not _within(row, start, column):
            return state
    total = 0.0  # few are left, or light ones: draw among them alone
    for cell in range(len(cells)):
        row[column] = np.int32(cells[cell, 1])
        if not _within(row, start, column):
            total += weights[row[column]]
    state = advance(state)
    mark = uniform(state) * total
    last = row[column]
    for cell in range(len(cells)):
        row[column] = np.int32(cells[cell, 1])
        if not _within(row, start, column):
            last = row[column]
            mark -= weights[last]
            if mark < 0:
                break
    row[column] = last
    return state


@kernel
def _repeats(row: Ints, pairs: Longs) -> bool:
    for pair in range(len(pairs)):
        if row[pairs[pair, 0]] == row[pairs[pair, 1]]:
            return True
    return False
