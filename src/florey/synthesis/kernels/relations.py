"""Some relations of a graph side by side as flat arrays, and presence over them: compiled.

The rules are those of `florey.graph.presence`, which also names the edges; it has the last word on every certificate.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from florey.graph.csr import Csr, Ints
from florey.graph.model import IS_A
from florey.graph.presence import Presence
from florey.graph.sampling.compiled import bare_kernel

PRESENT, CLOSED_WORLD, UNKNOWN = 0, 4, 5
"""States of a statement: the rank of the strength that it is asserted (0) or denied (1 to 4) by, or unknown."""
Longs = npt.NDArray[np.int64]


class Relations(NamedTuple):
    """R relations over n nodes; row r * n + node of a table is the node's row in relation r."""

    n: int
    closure_at: Longs  # all objects present for a subject
    closure: Ints
    holders_at: Longs  # all subjects that an object is present for
    holders: Ints
    objects_at: Longs  # the objects annotated
    objects: Ints
    denied_at: Longs  # the objects denied, each with the rank of the strongest denial
    denied: Ints
    denials: npt.NDArray[np.int8]
    complete: npt.NDArray[np.bool_]  # shape (R * n,): whether a missing edge of the subject counts as absent
    up_at: Longs  # strict ancestors, n rows
    up: Ints


def stack(presence: Presence, names: Sequence[str]) -> Relations:
    """The relations of those names, numbered in their order."""
    graph = presence.graph
    n = len(graph)
    ancestors = graph.table(IS_A, "closure")
    denied = [_denied(presence, name) for name in names]
    return Relations(
        n,
        *_stacked([graph.table(name, "closure") for name in names]),
        *_stacked([graph.table(name, "satisfied_by") for name in names]),
        *_stacked([graph.table(name, "objects") for name in names]),
        *_stacked([table for table, _ in denied]),
        np.concatenate([ranks for _, ranks in denied]),
        np.concatenate([presence.is_complete(name) for name in names]),
        np.array(ancestors.indptr),
        np.array(ancestors.indices),
    )


def _stacked(tables: Sequence[Csr]) -> tuple[Longs, Ints]:
    starts = np.cumsum([0, *(len(table.indices) for table in tables)])
    at = [table.indptr[:-1] + start for table, start in zip(tables, starts, strict=False)]
    return np.concatenate([*at, starts[-1:]]), np.concatenate([table.indices for table in tables])


def _denied(presence: Presence, name: str) -> tuple[Csr, npt.NDArray[np.int8]]:
    graph = presence.graph
    best: dict[tuple[int, int], int] = {}
    for subject, rows in graph.negatives(name).items():
        for row in rows:
            pair = subject, graph.object_of(row)
            best[pair] = min(best.get(pair, CLOSED_WORLD), int(graph.edge_strengths[row]))
    pairs = sorted(best)
    table = Csr.from_pairs([pair[0] for pair in pairs], [pair[1] for pair in pairs], len(graph))
    return table, np.array([best[pair] for pair in pairs], np.int8)


@bare_kernel
def within(indices: Ints, start: int, stop: int, wanted: int) -> bool:
    """Whether the sorted part of `indices` from `start` to `stop` holds `wanted`."""
    while start < stop:
        middle = (start + stop) >> 1
        if indices[middle] < wanted:
            start = middle + 1
        elif indices[middle] > wanted:
            stop = middle
        else:
            return True
    return False


@bare_kernel
def state(relations: Relations, relation: int, subject: int, object: int) -> int:
    """What the graph says of a statement: PRESENT, the rank of what denies it, or UNKNOWN."""
    row = relation * relations.n + subject
    first, last = relations.up_at[object], relations.up_at[object + 1]
    start, stop = relations.closure_at[row], relations.closure_at[row + 1]
    best, contradicted = UNKNOWN, False
    for i in range(relations.denied_at[row], relations.denied_at[row + 1]):
        denied = relations.denied[i]
        if denied == object or within(relations.up, first, last, denied):
            if within(relations.closure, start, stop, denied):
                contradicted = True
            else:
                best = min(best, int(relations.denials[i]))
    if best < UNKNOWN:
        return best
    if contradicted:
        return UNKNOWN
    if within(relations.closure, start, stop, object):
        return PRESENT
    if not relations.complete[row]:
        return UNKNOWN
    start, stop = relations.objects_at[row], relations.objects_at[row + 1]
    while start < stop and first < last:  # whether an ancestor is annotated: both rows are sorted
        annotated, ancestor = relations.objects[start], relations.up[first]
        if annotated == ancestor:
            return UNKNOWN
        if annotated < ancestor:
            start += 1
        else:
            first += 1
    return CLOSED_WORLD
