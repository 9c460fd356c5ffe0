"""Nodes for conditions that say "not": near what has the answer, and without it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from florey.graph.csr import Ints
from florey.graph.sampling.compiled import bare_kernel, kernel
from florey.graph.sampling.rng import advance, below
from florey.synthesis.kernels.kin import Kin, related
from florey.synthesis.kernels.pattern import Limits, Pattern, Scratch, downwards, upwards
from florey.synthesis.kernels.relations import PRESENT, Longs, Relations, state
from florey.synthesis.kernels.scoring import add

NEIGHBOURS = 40
"""Neighbours looked at for one draw."""
GUMBEL = -np.log(-np.log((np.arange(4096) + 0.5) / 4096))
"""Quantiles of the noise that makes the best by score a weighted draw."""


@kernel
def draw_similar(
    relations: Relations,
    pattern: Pattern,
    limits: Limits,
    kin: Kin,
    row: Ints,
    work: Scratch,
    epoch: int,
    rng: np.uint64,
) -> bool:
    """Puts a neighbour of the first of two similar nodes, one that definitely lacks the answer, in its place."""
    first = row[pattern.column[pattern.like]]
    at = pattern.like_relation * relations.n
    spare = len(pattern.parent)
    work.sizes[spare] = 0
    for i in range(relations.objects_at[at + first], relations.objects_at[at + first + 1]):
        node = at + relations.objects[i]
        add(work, spare, relations.holders[relations.holders_at[node] : relations.holders_at[node + 1]], epoch, 1)
    v = pattern.unlike
    keys, nodes = np.empty(NEIGHBOURS, np.float64), np.empty(NEIGHBOURS, np.int64)
    kept = 0
    needed = max(2, limits.min_shared)
    for i in range(work.sizes[spare]):
        node = work.touched[spare, i]
        common = work.counts[spare, node]
        if common < needed or node == first or not limits.neighbour[node] or kin.types[node] != kin.types[first]:
            continue
        if limits.vocabulary[node] != limits.vocabulary[first]:
            continue
        rng = advance(rng)
        kept = keep(keys, nodes, kept, 0.5 * limits.temptation * common + GUMBEL[below(rng, len(GUMBEL))], node)
    for i in np.argsort(-keys[:kept]):
        node = nodes[i]
        if pattern.is_object[v]:
            found = state(relations, pattern.relation[v], row[0], node)
        else:
            found = state(relations, pattern.relation[v], node, row[0])
        if PRESENT < found <= limits.weakest and not related(kin, node, first):
            row[pattern.column[v]] = node
            return True
    return False


@kernel
def draw_unlike(relations: Relations, pattern: Pattern, limits: Limits, row: Ints, rng: np.uint64) -> bool:
    """Puts a node that the answer definitely lacks, but one that shares a clue with it has, in the negative leaf."""
    v = pattern.unlike
    clue = 0
    for each in range(1, len(pattern.parent)):
        if each != v and pattern.parent[each] == 0 and pattern.times[each] and pattern.holds[each]:
            clue = each
    if not clue or pattern.parent[v] != 0:
        return False
    fellows = upwards(relations, pattern, clue, row[pattern.column[clue]])
    for _ in range(NEIGHBOURS):
        rng = advance(rng)
        fellow = fellows[below(rng, len(fellows))]
        theirs = downwards(relations, pattern, v, fellow)
        rng = advance(rng)
        if not len(theirs):
            continue
        node = theirs[below(rng, len(theirs))]
        if pattern.is_object[v]:
            found = state(relations, pattern.relation[v], row[0], node)
        else:
            found = state(relations, pattern.relation[v], node, row[0])
        if PRESENT < found <= limits.weakest and limits.neighbour[node]:
            row[pattern.column[v]] = node
            return True
    return False


@bare_kernel
def keep(keys: npt.NDArray[np.float64], nodes: Longs, kept: int, key: float, node: int) -> int:
    """Keeps the nodes with the highest keys in a heap with the lowest at its top; how many it holds now."""
    if kept < len(keys):
        at = kept
        while at and keys[(at - 1) >> 1] > key:
            keys[at], nodes[at] = keys[(at - 1) >> 1], nodes[(at - 1) >> 1]
            at = (at - 1) >> 1
        keys[at], nodes[at] = key, node
        return kept + 1
    if key > keys[0]:
        at = 0
        while 2 * at + 1 < kept:
            child = 2 * at + 1
            if child + 1 < kept and keys[child + 1] < keys[child]:
                child += 1
            if keys[child] >= key:
                break
            keys[at], nodes[at] = keys[child], nodes[child]
            at = child
        keys[at], nodes[at] = key, node
    return kept
