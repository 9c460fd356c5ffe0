"""Kinship of the nodes of one graph: a thin face of `florey.synthesis.kernels.kin` for one pair at a time."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from florey.graph.model import IS_A, RELATIONS
from florey.graph.store import Graph
from florey.synthesis.kernels.kin import kin_of, related


class Kinship:
    """Answers for node indices of one graph."""

    def __init__(self, graph: Graph, nodes: Iterable[int] | None = None) -> None:
        """`nodes`: those whose names are read; None: all that could come into a question."""
        self.graph = graph
        self.arrays = kin_of(graph, joined_nodes(graph) if nodes is None else nodes)

    def related(self, left: int, right: int) -> bool:
        """The same thing, or too close to it: diseases by name or gene, genes by disease, terms by ancestry."""
        return bool(related(self.arrays, int(left), int(right)))


def joined_nodes(graph: Graph) -> list[int]:
    """Sorted: the nodes that are an end of anything but is_a. No others come into a question."""
    seen = np.zeros(len(graph), bool)
    for name in RELATIONS:
        if name != IS_A:
            for table in ("objects", "subjects"):
                seen |= graph.table(name, table).lengths() > 0
    return [int(node) for node in np.flatnonzero(seen)]
