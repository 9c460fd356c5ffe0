"""A kind of question as flat arrays, what may stand in it, and the room that a search works in."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from florey.graph.csr import Ints
from florey.graph.sampling.compiled import kernel
from florey.synthesis.certificates import MAX_BINDINGS
from florey.synthesis.kernels.relations import Longs, Relations

MOST_CLUES = 16
"""More clues around one node are drawn and held against options, but do not look for them."""
Flags = npt.NDArray[np.bool_]


class Pattern(NamedTuple):
    """A kind's tree by variable, the asked node first; `column`, `times`: where a draw has its nodes (0 times: not)."""

    parent: Longs
    relation: Longs  # to the parent, by its number in Relations
    is_object: Flags  # of that relation; else its subject
    holds: Flags
    leaf: Flags
    told: Flags
    hidden: Flags
    required: Flags
    column: Longs
    times: Longs
    decisive: int  # a variable, or -1
    like: int  # of two similar ones the first, or -1
    unlike: int  # the leaf that a negative condition joins, drawn by the kernel; -1: none
    like_relation: int
    star: bool  # all clues hang on the asked node, in one direction


class Limits(NamedTuple):
    """What may stand in a question."""

    option: Flags  # nodes that may be an option
    neighbour: Flags  # nodes that may stand in the negative leaf
    vocabulary: Longs  # by node; options are of one
    renown: npt.NDArray[np.float32]  # by node: log of how much is known about it
    closeness: float  # how much candidates of like renown are preferred
    breadth: int  # how many of the nodes that satisfy one clue are looked at
    min_shared: int
    temptation: float
    weakest: int  # rank of the weakest strength allowed
    allow_unknown: bool


class Scratch(NamedTuple):
    """Counts by variable and node, valid where the stamp is that of the draw at hand."""

    stamp: npt.NDArray[np.int32]
    counts: npt.NDArray[np.int16]
    touched: Ints
    sizes: Longs
    one: Ints  # ways through the hidden nodes, one row each
    other: Ints
    lists: Longs  # where rows begin and end


def scratch(variables: int, n: int) -> Scratch:
    shape = variables + 1, n  # the last row: the best of one branch before it is added
    ways = np.empty((MAX_BINDINGS, variables), np.int32)
    return Scratch(
        np.zeros(shape, np.int32),
        np.empty(shape, np.int16),
        np.empty(shape, np.int32),
        np.empty(variables + 1, np.int64),
        ways,
        ways.copy(),
        np.empty((MOST_CLUES, 2), np.int64),
    )


@kernel
def upwards(relations: Relations, pattern: Pattern, variable: int, node: int) -> Ints:
    """Nodes of the parent variable to which a node of this one is joined."""
    row = pattern.relation[variable] * relations.n + node
    if pattern.is_object[variable]:
        return relations.holders[relations.holders_at[row] : relations.holders_at[row + 1]]
    return relations.objects[relations.objects_at[row] : relations.objects_at[row + 1]]


@kernel
def downwards(relations: Relations, pattern: Pattern, variable: int, node: int) -> Ints:
    """Candidates of this variable for a node of the parent: as certificates take them."""
    row = pattern.relation[variable] * relations.n + node
    if pattern.is_object[variable]:
        return relations.closure[relations.closure_at[row] : relations.closure_at[row + 1]]
    return relations.holders[relations.holders_at[row] : relations.holders_at[row + 1]]
