"""How many clues of a draw each node in the asked place satisfies, in the best case."""

from __future__ import annotations

import numpy as np

from florey.graph.csr import Ints
from florey.graph.sampling.compiled import bare_kernel, kernel
from florey.graph.sampling.rng import advance, below
from florey.synthesis.kernels.pattern import MOST_CLUES, Limits, Pattern, Scratch, downwards, upwards
from florey.synthesis.kernels.relations import Relations, within

SEARCH = 8
"""So many times as long, and a row is searched rather than walked along."""
CONTEXT = 24
"""Neighbours of a dropped branch that look for candidates: more cost time and find the same."""


@bare_kernel
def add(work: Scratch, variable: int, nodes: Ints, epoch: int, points: int, highest: bool = False) -> None:
    """Adds points to the counts of nodes, or raises them to so many."""
    stamp, count, touched = work.stamp[variable], work.counts[variable], work.touched[variable]
    size = work.sizes[variable]
    for node in nodes:
        if stamp[node] != epoch:
            stamp[node] = epoch
            count[node] = points
            touched[size] = node
            size += 1
        else:
            count[node] = max(count[node], points) if highest else count[node] + points
    work.sizes[variable] = size


@bare_kernel
def needed_of(min_shared: int, clues: int) -> int:
    return min(min_shared, max(1, clues - 1))


@kernel
def score(relations: Relations, pattern: Pattern, limits: Limits, row: Ints, work: Scratch, epoch: int) -> int:
    """Counts, for nodes in the asked place, the clues they satisfy; returns how many clues there are."""
    variables = len(pattern.parent)
    work.sizes[:] = 0
    clues, told = np.zeros(variables, np.int64), np.zeros(variables, np.int64)
    for v in range(variables - 1, 0, -1):
        p = pattern.parent[v]
        if v == pattern.decisive or (v == pattern.unlike and pattern.like < 0):
            continue
        if pattern.leaf[v] and pattern.times[v]:
            for i in range(pattern.times[v]):
                node = row[pattern.column[v] + i]
                if pattern.holds[v]:
                    add(work, p, upwards(relations, pattern, v, node), epoch, 1)
                    clues[p] += 1
                    told[p] += 1
                else:
                    add(work, p, upwards(relations, pattern, v, node), epoch, 0)
        elif pattern.leaf[v]:
            around = downwards(relations, pattern, v, row[pattern.column[p]])
            step = 1 + len(around) // CONTEXT
            for i in range(0, len(around), step):
                if around[i] != row[0]:
                    add(work, p, upwards(relations, pattern, v, around[i]), epoch, 1)
                    clues[p] += 1
        elif clues[v]:
            needed = needed_of(limits.min_shared, clues[v])
            if clues[v] > told[v]:  # around a dropped branch many have a little in common
                best = 0
                for i in range(work.sizes[v]):
                    best = max(best, work.counts[v, work.touched[v, i]])
                needed = max(needed, best // 2)
            spare = variables
            work.sizes[spare] = 0
            mark = epoch * variables + v  # a stamp of its own for each branch of each draw
            for i in range(work.sizes[v]):
                node = work.touched[v, i]
                points = work.counts[v, node]
                if points >= needed and node != row[pattern.column[v]]:
                    add(work, spare, upwards(relations, pattern, v, node), mark, points, True)
            for i in range(work.sizes[spare]):
                node = work.touched[spare, i]
                add(work, p, work.touched[spare, i : i + 1], epoch, work.counts[spare, node])
            clues[p] += clues[v]
            told[p] += told[v]
    return int(clues[0])


@bare_kernel
def score_star(
    relations: Relations, pattern: Pattern, limits: Limits, row: Ints, work: Scratch, epoch: int, rng: np.uint64
) -> int:
    """`score` for clues that all hang on the asked node, of nodes that satisfy enough of them only.

    What satisfies two clues is where their sorted rows meet; pairs of the rarest come first, each from a place by lot,
    until there are as many nodes as `breadth` says.
    """
    work.sizes[:] = 0
    lists = work.lists
    clues, are_objects = 0, False
    for v in range(1, len(pattern.parent)):
        if v == pattern.decisive:  # may hang there in the other direction
            continue
        are_objects = pattern.is_object[v]
        for i in range(pattern.times[v]):
            if clues < MOST_CLUES:
                at = pattern.relation[v] * relations.n + row[pattern.column[v] + i]
                starts = relations.holders_at if pattern.is_object[v] else relations.objects_at
                lists[clues, 0], lists[clues, 1] = starts[at], starts[at + 1]
                clues += 1
    upwards_of = relations.holders if are_objects else relations.objects
    needed = needed_of(limits.min_shared, clues)
    for i in range(1, clues):  # the shortest first
        for j in range(i, 0, -1):
            if lists[j, 1] - lists[j, 0] < lists[j - 1, 1] - lists[j - 1, 0]:
                for end in range(2):
                    lists[j, end], lists[j - 1, end] = lists[j - 1, end], lists[j, end]
    for one in range(clues):
        if needed == 1:
            rng = advance(rng)
            _meet(work, upwards_of, clues, one, one, 1, limits.breadth, epoch, rng)
        else:
            for other in range(one + 1, clues):
                rng = advance(rng)
                _meet(work, upwards_of, clues, one, other, needed, limits.breadth, epoch, rng)
    return clues


@bare_kernel
def _meet(
    work: Scratch,
    nodes: Ints,
    clues: int,
    one: int,
    other: int,
    needed: int,
    breadth: int,
    epoch: int,
    rng: np.uint64,
) -> None:
    """Counts for the nodes that are in both of two rows (or in one, where they are the same) and in enough rows."""
    lists = work.lists
    start, stop, other_start, other_stop = lists[one, 0], lists[one, 1], lists[other, 0], lists[other, 1]
    if start == stop or work.sizes[0] >= breadth:
        return
    turn = start + below(rng, stop - start)
    search = other == one or (other_stop - other_start) > SEARCH * (stop - start)
    for half in range(2):
        i, end = (turn, stop) if half == 0 else (start, turn)
        j = other_start
        if not search and half == 0:
            j = _first_from(nodes, other_start, other_stop, nodes[turn])
        while i < end:
            node = nodes[i]
            if search:
                met = other == one or within(nodes, other_start, other_stop, node)
            else:
                while j < other_stop and nodes[j] < node:
                    j += 1
                if j == other_stop:
                    break
                met = nodes[j] == node
            i += 1
            if not met or work.stamp[0, node] == epoch:
                continue
            work.stamp[0, node] = epoch
            points = 1 if other == one else 2
            for more in range(clues):
                if more not in (one, other) and within(nodes, lists[more, 0], lists[more, 1], node):
                    points += 1
            if points >= needed:
                work.counts[0, node] = points
                work.touched[0, work.sizes[0]] = node
                work.sizes[0] += 1
                if work.sizes[0] == breadth:
                    return


@bare_kernel
def _first_from(nodes: Ints, start: int, stop: int, wanted: int) -> int:
    """The first place in a sorted part whose node is not below `wanted`."""
    while start < stop:
        middle = (start + stop) >> 1
        if nodes[middle] < wanted:
            start = middle + 1
        else:
            stop = middle
    return start
