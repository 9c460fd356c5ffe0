"""Whether an option satisfies a drawn pattern, definitely fails it, or neither."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from florey.graph.csr import Ints
from florey.graph.sampling.compiled import bare_kernel
from florey.synthesis.certificates import MAX_BINDINGS
from florey.synthesis.kernels.pattern import Pattern, Scratch
from florey.synthesis.kernels.relations import PRESENT, UNKNOWN, Relations, state

SATISFIED, UNDECIDED, NOTHING, TOO_MANY = -1, -2, -3, -4
"""What an option may be beside excluded, which is told by the rank (0 to 4) of the weakest exclusion."""


@bare_kernel
def _ways(relations: Relations, pattern: Pattern, option: int, work: Scratch) -> int:
    """Fills `work.one` with the ways through the hidden nodes; how many there are, or TOO_MANY."""
    one, other = work.one, work.other
    one[0, 0] = option
    size, variables = 1, len(pattern.parent)
    for v in range(1, variables):
        if not pattern.hidden[v]:
            continue
        new = 0
        below = relations.closure if pattern.is_object[v] else relations.holders
        starts = relations.closure_at if pattern.is_object[v] else relations.holders_at
        for i in range(size):
            row = pattern.relation[v] * relations.n + one[i, pattern.parent[v]]
            for place in range(starts[row], starts[row + 1]):
                if new == MAX_BINDINGS:
                    return TOO_MANY
                for earlier in range(v):
                    other[new, earlier] = one[i, earlier]
                other[new, v] = below[place]
                new += 1
        size = new
        for i in range(size):
            for earlier in range(v + 1):
                one[i, earlier] = other[i, earlier]
    return size


@bare_kernel
def judge(relations: Relations, pattern: Pattern, row: Ints, option: int, work: Scratch) -> tuple[int, int, bool, bool]:
    """(verdict, strength, anything unknown, fails the deciding condition only).

    The verdict is SATISFIED (with the rank of what it rests on), the rank of the weakest exclusion, or why neither.
    """
    ways = _ways(relations, pattern, option, work)
    if ways <= 0:
        return (TOO_MANY if ways < 0 else NOTHING), 0, False, False
    weakest, satisfied_by, undecided, unknown, rival = 0, UNKNOWN, False, False, False
    for way in range(ways):
        filled = work.one[way]
        fails, rests, other_fails, decisive_fails = UNKNOWN, 0, False, False
        fits = True
        for v in range(1, len(pattern.parent)):
            if not pattern.required[v]:
                continue
            p = pattern.parent[v]
            above = filled[p] if p == 0 or pattern.hidden[p] else row[pattern.column[p]]
            for i in range(max(1, pattern.times[v])):
                node = filled[v] if pattern.hidden[v] else row[pattern.column[v] + i]
                if pattern.is_object[v]:
                    found = state(relations, pattern.relation[v], above, node)
                else:
                    found = state(relations, pattern.relation[v], node, above)
                if found == UNKNOWN:
                    unknown, fits, other_fails = True, False, True
                elif (found == PRESENT) == pattern.holds[v]:
                    rests = max(rests, found)
                else:
                    fits = False
                    fails = min(fails, found)
                    if v == pattern.decisive:
                        decisive_fails = True
                    else:
                        other_fails = True
        if fits:
            satisfied_by = min(satisfied_by, rests)
        elif fails == UNKNOWN:
            undecided = True
        else:
            weakest = max(weakest, fails)
            rival = rival or (decisive_fails and not other_fails)
    if satisfied_by < UNKNOWN:
        return SATISFIED, satisfied_by, unknown, False
    if undecided:
        return UNDECIDED, 0, unknown, rival
    return weakest, weakest, unknown, rival


@bare_kernel
def certify(relations: Relations, pattern: Pattern, draws: Ints, chosen: Ints, states: npt.NDArray[np.int8]) -> None:
    """Fills `states`, shape (draws, options, conditions), for patterns without hidden nodes: the answer is option 0."""
    for d in range(len(draws)):
        for option in range(chosen.shape[1] + 1):
            node = chosen[d, option - 1] if option else draws[d, 0]
            at = 0
            for v in range(1, len(pattern.parent)):
                for i in range(pattern.times[v]):
                    clue = draws[d, pattern.column[v] + i]
                    if pattern.is_object[v]:
                        states[d, option, at] = state(relations, pattern.relation[v], node, clue)
                    else:
                        states[d, option, at] = state(relations, pattern.relation[v], clue, node)
                    at += 1
