"""How many questions each cell of a mixture gives, so that every axis has its shares.

A cell is one combination of values (medqa, difficult, English). Iterative proportional fitting (Deming & Stephan 1940),
no cell giving more than it has, finds numbers that are not whole. A small integer program then finds the whole numbers
nearest to them whose margins are the shares, rounded up or down ("controlled rounding", Cox 1987): rounding each cell
by itself would let the margins of many small cells drift.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

ROUNDS = 500
NODES = 1000  # of the search for whole numbers; thousands of cells on four axes took 1
EXACT = 1e-7  # a number nearer to a whole one than this is that whole one
# What the program pays for one question: more than it can save by all that comes after.
BELOW_LEAST, SHORT, ROUNDED, MOVED = 1e6, 1e4, 1e2, 1.0
TIE = 1e-3  # sets cells apart that are alike otherwise, so that there is one best answer


@dataclass(frozen=True)
class Margins:
    """What is asked of the values of one axis. Every cell has one of them."""

    values: tuple[str, ...]
    member: NDArray[np.bool_]  # [value][cell]
    shares: Floats | None  # of each value, 1 in all; None: as it comes
    least: Floats
    most: Floats  # infinite where there is no limit

    def goals(self, size: int) -> Floats | None:
        """The numbers asked for: size shared out. What a limit takes from a value or gives to it, the others give or
        take in proportion."""
        if self.shares is None:
            return None
        low, high = 0.0, size / self.shares[self.shares > 0].min()
        for _ in range(100):
            middle = (low + high) / 2
            low, high = (middle, high) if self._limited(middle).sum() < size else (low, middle)
        return _tidied(self._limited(high))

    def _limited(self, scale: float) -> Floats:
        assert self.shares is not None
        return np.minimum(np.maximum(self.shares * scale, self.least), self.most)


def largest(there: Ints, axes: Sequence[Margins]) -> int:
    """The most questions whose shares can all be met at once; 0 where they contradict each other."""
    from scipy.optimize import linprog

    equal = [axis.member - axis.shares[:, None] for axis in axes if axis.shares is not None]
    limits = [(axis.member[value], axis.most[value]) for axis in axes for value in np.flatnonzero(axis.most < np.inf)]
    found = linprog(
        -np.ones(len(there)),
        A_eq=np.vstack(equal) if equal else None,
        b_eq=np.zeros(sum(map(len, equal))) if equal else None,
        A_ub=np.array([row for row, _ in limits], dtype=float) if limits else None,
        b_ub=[most for _, most in limits] if limits else None,
        bounds=np.column_stack([np.zeros(len(there)), there]),
    )
    return int(-found.fun + EXACT)


def apportioned(there: Ints, axes: Sequence[Margins], size: int) -> Ints:
    """Whole numbers of questions, one for each cell: at most `size` in all, at most what is `there`, no margin above
    its share rounded up or above its limit. Where all shares cannot be met, fewer than `size`."""
    if not size:
        return np.zeros_like(there)
    return _whole(_fitted(there, axes, size), there, axes, size)


def _fitted(there: Ints, axes: Sequence[Margins], size: int) -> Floats:
    goals = [axis.goals(size) for axis in axes]
    found = there * (size / there.sum())
    for _ in range(ROUNDS):
        before = found
        for axis, goal in zip(axes, goals, strict=True):
            now = axis.member @ found
            wanted = np.clip(now, axis.least, axis.most) if goal is None else goal
            found = found * (np.divide(wanted, now, out=np.ones_like(now), where=now > 0) @ axis.member)
        found = np.minimum(found, there)
        if np.abs(found - before).max() < EXACT:
            break
    return _tidied(found)


class _Program:
    """Variables with a cost and an upper bound, 0 the lower; rows of sums of them between two bounds."""

    def __init__(self) -> None:
        self.costs: list[Floats] = []
        self.upper: list[Floats] = []
        self.rows: list[dict[int, float]] = []
        self.between: list[tuple[float, float]] = []
        self.count = 0

    def variables(self, cost: Floats, upper: Floats) -> range:
        self.costs.append(cost)
        self.upper.append(upper)
        self.count += len(cost)
        return range(self.count - len(cost), self.count)

    def variable(self, cost: float, upper: float = np.inf) -> int:
        return self.variables(np.array([cost]), np.array([upper]))[0]

    def solved(self) -> Floats:
        """The cheapest whole numbers."""
        from scipy.optimize import Bounds, LinearConstraint, milp
        from scipy.sparse import csr_array

        places = [(row, column) for row, entries in enumerate(self.rows) for column in entries]
        values = [value for entries in self.rows for value in entries.values()]
        matrix = csr_array((values, np.array(places).T), shape=(len(self.rows), self.count))
        found = milp(
            np.concatenate(self.costs),
            integrality=np.ones(self.count),
            bounds=Bounds(0, np.concatenate(self.upper)),
            constraints=LinearConstraint(matrix, *np.array(self.between).T),
            options={"mip_rel_gap": 0, "node_limit": NODES},
        )
        assert found.x is not None, f"apportionment: {found.message}"  # taking nothing always is a solution
        return np.asarray(found.x)


def _whole(found: Floats, there: Ints, axes: Sequence[Margins], size: int) -> Ints:
    """The integer program. |x - found| and |margin - goal| are replaced by the lines between their values at whole
    numbers, so that with one or two axes the program has the whole numbers for its corners."""
    program, cells = _Program(), len(there)
    floor = np.floor(found)
    rest = found - floor
    tie = TIE * np.arange(cells) / cells
    first = program.variables(MOVED * (1 - 2 * rest) + tie, np.minimum(1.0, there - floor))  # rounded up
    more = program.variables(np.full(cells, MOVED) + tie, np.maximum(0.0, there - floor - 1))
    fewer = program.variables(np.full(cells, MOVED) + tie, floor)

    def taken(among: NDArray[np.bool_]) -> tuple[dict[int, float], float]:
        """(change of the sum over some cells, the sum before it)."""
        places = np.flatnonzero(among)
        row = dict.fromkeys([first[cell] for cell in places] + [more[cell] for cell in places], 1.0)
        return row | dict.fromkeys([fewer[cell] for cell in places], -1.0), float(floor[among].sum())

    def limit(among: NDArray[np.bool_], low: float, high: float, extra: dict[int, float]) -> None:
        row, before = taken(among)
        program.rows.append(row | extra)
        program.between.append((low - before, high - before))

    everything = np.ones(cells, dtype=bool)
    limit(everything, size, size, {program.variable(SHORT): 1.0})
    for axis in axes:
        goals = axis.goals(size)
        for value, among in enumerate(axis.member):
            if axis.most[value] < np.inf:
                limit(among, -np.inf, axis.most[value], {})
            if axis.least[value] > 0:
                limit(among, axis.least[value], np.inf, {program.variable(BELOW_LEAST): 1.0})
            if goals is not None:
                goal = np.floor(goals[value])
                up = program.variable(ROUNDED * (1 - 2 * (goals[value] - goal)), float(goals[value] > goal))
                limit(among, goal, goal, {program.variable(SHORT): 1.0, up: -1.0})
    moves = np.rint(program.solved()[: 3 * cells]).reshape(3, cells)
    return np.asarray(floor + moves[0] + moves[1] - moves[2], dtype=np.int64)


def _tidied(numbers: Floats) -> Floats:
    whole = np.rint(numbers)
    return np.where(np.abs(numbers - whole) < EXACT, whole, numbers)
