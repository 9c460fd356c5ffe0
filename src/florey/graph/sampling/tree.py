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
from florey.graph.sampling.alias import Cells, Floats, empty_cells, row_tables, vector_table
from florey.graph.sampling.compiled import in_chunks
from florey.graph.sampling.forward import Longs, Tables, draw_rows


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
        times = np.array([branch.times for branch in branches], np.int64)
        firsts = 1 + np.cumsum(times) - times
        self.columns = [slice(0, 1), *(slice(int(at), int(at + k)) for at, k in zip(firsts, times, strict=True))]
        parents = np.array([self.columns[branch.parent].start for branch in branches], np.int64)
        products = [np.ones(n), *(np.ones(n) if each.weights is None else each.weights.copy() for each in branches)]
        starts = np.empty((len(branches), n + 1), np.int64)
        cells, offset = empty_cells(sum(len(branch.arcs.indices) for branch in branches)), 0
        for number in range(len(branches), 0, -1):  # children before their parents
            branch = branches[number - 1]
            tables = row_tables(branch.arcs, products[number], cells[offset:])
            enough = np.diff(tables.indptr) >= branch.times
            products[branch.parent] *= tables.totals if branch.times == 1 else enough
            np.add(tables.indptr, offset, out=starts[number - 1])
            offset += len(tables.cells)
        self.completions = products[0]
        weights = np.array(products[1:]).reshape(-1, n)
        self._tables = Tables(starts, cells[:offset], weights, parents, firsts, times, self._meeting(products))

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

        A row is -1 where the root has none, and where 64 draws had a node twice. Row i depends on the seed, i and
        roots[i] only.
        """
        return self._drawn(np.asarray(roots, np.int32), empty_cells(0), len(roots), seed, threads)

    def draw(self, count: int, seed: int, threads: int = 1, root_weights: Floats | None = None) -> Ints:
        """`count` draws, shape (count, columns), each with probability ~ the product of the weights of its nodes.

        `root_weights`, shape (n,), are the root's (1 each if None). A row is -1 where 64 draws had a node twice;
        all rows are where nothing can be drawn. Row i depends on the seed and i only.
        """
        weights = self.completions if root_weights is None else self.completions * root_weights
        return self._drawn(np.empty(0, np.int32), vector_table(weights).cells, count, seed, threads)

    def _drawn(self, roots: Ints, cells: Cells, count: int, seed: int, threads: int) -> Ints:
        drawn = np.empty((count, self.columns[-1].stop), np.int32)

        def work(start: int, stop: int) -> None:
            rows, mine = drawn[start:stop], roots[start:stop]
            draw_rows(rows, start, np.uint64(seed % 2**64), mine, self.completions, cells, self._tables)

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
