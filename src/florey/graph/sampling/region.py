"""The nodes of a graph around some of its nodes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from florey.errors import BadInput, nearest
from florey.graph.csr import Csr, Ints
from florey.graph.model import RELATIONS
from florey.graph.sampling.walks import ego_net, forest_fire, restart_visits, undirected
from florey.graph.store import Graph

METHODS = {
    "walk": "the nodes that random walks with restart come to most often",
    "fire": "a forest fire: a node sets some of its neighbours on fire",
    "ego": "the nearest nodes",
}
_WALKS, _ROUNDS = 4096, 8


def region(
    graph: Graph,
    starts: Sequence[int],
    method: str,
    nodes: int,
    seed: int = 0,
    relations: Sequence[str] | None = None,
    radius: int | None = None,
) -> Ints:
    """Sorted indices of up to `nodes` nodes around `starts`, these among them; fewer where fewer can be reached.

    Follows the positive edges of `relations` (None: all), whichever way; `radius` bounds the steps of "ego". Depends on
    the graph, the arguments and the seed only. Raises BadInput for an unknown method or relation, a relation without
    edges, and where `nodes` is less than the number of starts.
    """
    if method not in METHODS:
        raise BadInput(f"unknown method '{method}'{nearest(method, METHODS)}; known: {', '.join(METHODS)}")
    begins = np.unique(np.asarray(starts, np.int32))
    if not 0 < len(begins) <= nodes:
        raise BadInput(
            f"a region of {nodes} nodes around {len(begins)}: expected at least one, and no more than it has"
        )
    neighbours = joined(graph, relations)
    if method == "walk":
        return _most_visited(neighbours, begins, nodes, seed)
    if method == "fire":
        return np.sort(forest_fire(neighbours, begins, nodes, seed=seed))
    return np.sort(ego_net(neighbours, begins, len(graph) if radius is None else radius, nodes, seed=seed))


def joined(graph: Graph, relations: Sequence[str] | None = None) -> Csr:
    """Which nodes the positive edges of the relations (None: all) join, whichever way. BadInput as `region` says."""
    tables = {name: graph.table(name, "objects") for name in sorted({*(RELATIONS if relations is None else relations)})}
    for name, table in tables.items():
        if relations is not None and not len(table.indices):
            having = [known for known in RELATIONS if len(graph.table(known, "objects").indices)]
            raise BadInput(f"{graph.folder} has no edge of the relation '{name}'; it has {', '.join(having)}")
    return undirected(tables.values(), len(graph))


def _most_visited(neighbours: Csr, begins: Ints, nodes: int, seed: int) -> Ints:
    """Walks, in rounds of twice as many, until twice as many nodes as wanted are seen, or a round sees no new one."""
    visits, walked, seen = np.zeros(neighbours.n, np.int64), 0, 0
    for number in range(_ROUNDS):
        count = _WALKS << number
        visits += restart_visits(neighbours, begins, count, seed=seed, first=walked)
        walked, before, seen = walked + count, seen, int(np.count_nonzero(visits))
        if seen >= 2 * nodes or seen == before:
            break
    visits[begins] = np.iinfo(np.int64).max
    best = np.argsort(-visits, kind="stable")[:nodes]
    return np.sort(best[visits[best] > 0]).astype(np.int32)
