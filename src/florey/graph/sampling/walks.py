"""Neighbourhoods in an undirected graph: walks with restart, forest fire, ego net.

Each depends on its seed only, never on threads. `neighbours` is symmetric: see `undirected`.
"""

from __future__ import annotations

from collections.abc import Iterable
from threading import Lock

import numpy as np
import numpy.typing as npt

from florey.graph.csr import Csr, Ints
from florey.graph.sampling.compiled import in_chunks, kernel
from florey.graph.sampling.rng import advance, below, bits, stream, uniform

Longs = npt.NDArray[np.int64]
BLOCK = 64
_LOW = np.uint64(0xFFFFFFFF)


def undirected(tables: Iterable[Csr], n: int) -> Csr:
    """Who is joined to whom by any of the tables, whichever way."""
    here, there = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    for table in tables:
        here.append(np.repeat(np.arange(n, dtype=np.int64), table.lengths()))
        there.append(table.indices.astype(np.int64))
    return Csr.from_pairs(np.concatenate(here + there), np.concatenate(there + here), n)


def restart_visits(
    neighbours: Csr,
    starts: npt.ArrayLike,
    count: int,
    *,
    steps: int = 100,
    restart: float = 0.15,
    seed: int = 0,
    threads: int = 1,
    first: int = 0,
) -> Longs:
    """How often `count` walks come to each node, shape (n,), their starts not counted (Tong, Faloutsos, Pan 2006).

    Walk i begins at starts[i % len(starts)]; in each step it returns there with probability `restart`, and where there
    is no neighbour, else goes on to a neighbour, all alike. `first`: the number of the first walk, to go on after
    others. The shares of visits approach the personalised PageRank of the starts as `steps` grows.
    """
    begins = np.asarray(starts, np.int32)
    visits, lock = np.zeros(neighbours.n, np.int64), Lock()
    back = np.uint64(restart * 2.0**32)

    def work(start: int, stop: int) -> None:
        mine = np.zeros(neighbours.n, np.int64)
        _walk(
            neighbours.indptr, neighbours.indices, begins, first + start, first + stop, steps, back, _whole(seed), mine
        )
        with lock:
            np.add(visits, mine, out=visits)

    in_chunks(work, count, threads)
    return visits


def forest_fire(neighbours: Csr, starts: npt.ArrayLike, limit: int, *, forward: float = 0.7, seed: int = 0) -> Ints:
    """Up to `limit` nodes in the order in which they burn, the starts first (Leskovec and Faloutsos 2006).

    A burning node sets fire to x of its neighbours that are not burnt, x geometric with mean forward / (1 - forward),
    drawn without replacement. Where the fire dies, it breaks out anew at a burnt node with a neighbour that is not
    burnt, all alike, and there x is at least 1; fewer than `limit` nodes are all that can be reached.
    """
    begins = np.asarray(starts, np.int32)
    longest = int(neighbours.lengths().max(initial=0))
    return _burn(neighbours.indptr, neighbours.indices, begins, limit, forward, longest, _whole(seed))


def ego_net(neighbours: Csr, starts: npt.ArrayLike, radius: int, limit: int, *, seed: int = 0) -> Ints:
    """Up to `limit` nodes at most `radius` steps from a start, the nearest first.

    Of the ring that does not fit whole, a random part is taken; a ring stands in the order of its indices.
    """
    ring = np.unique(np.asarray(starts, np.int32))[:limit]
    near, rings = np.zeros(neighbours.n, bool), [ring]
    near[ring] = True
    for _ in range(radius):
        room = limit - sum(map(len, rings))
        lengths = neighbours.indptr[ring + 1] - neighbours.indptr[ring]
        offsets = np.arange(lengths.sum()) - np.repeat(np.cumsum(lengths) - lengths, lengths)
        reached = np.unique(neighbours.indices[np.repeat(neighbours.indptr[ring], lengths) + offsets])
        ring = reached[~near[reached]]
        if len(ring) > room:
            ring = np.sort(np.random.default_rng(seed).choice(ring, room, replace=False))
        if not len(ring):
            break
        near[ring] = True
        rings.append(ring)
    return np.concatenate(rings)


def _whole(seed: int) -> np.uint64:
    return np.uint64(seed % 2**64)


@kernel
def _walk(
    indptr: Longs,
    indices: Ints,
    begins: Ints,
    first: int,
    stop: int,
    steps: int,
    back: np.uint64,
    seed: np.uint64,
    visits: Longs,
) -> None:
    """Walks first..stop - 1, BLOCK of them in lockstep: their places are fetched from memory side by side."""
    nodes, home, states = np.empty(BLOCK, np.int64), np.empty(BLOCK, np.int64), np.empty(BLOCK, np.uint64)
    at = np.empty(BLOCK, np.int64)
    for block in range(first, stop, BLOCK):
        size = min(BLOCK, stop - block)
        for i in range(size):
            nodes[i] = home[i] = begins[(block + i) % len(begins)]
            states[i] = stream(seed, block + i)
        for _ in range(steps):
            for i in range(size):
                states[i] = advance(states[i])
                start, end = indptr[nodes[i]], indptr[nodes[i] + 1]
                goes_on = ((bits(states[i]) & _LOW) >= back) & (end > start)
                at[i] = start + below(states[i], end - start) if goes_on else -1
            for i in range(size):
                nodes[i] = indices[at[i]] if at[i] >= 0 else home[i]
                visits[nodes[i]] += 1


@kernel
def _burn(
    indptr: Longs, indices: Ints, begins: Ints, limit: int, forward: float, longest: int, seed: np.uint64
) -> Ints:
    burnt, order = np.zeros(len(indptr) - 1, np.bool_), np.empty(min(limit, len(indptr) - 1), np.int32)
    fuel, embers = np.empty(longest, np.int32), np.empty(len(order), np.int32)
    count = burning = 0  # order[burning:count] burn
    glowing = np.int64(0)  # embers[:glowing] are done and may have unburnt neighbours
    for node in begins:
        if count < len(order) and not burnt[node]:
            burnt[node] = True
            order[count] = node
            count += 1
    state = stream(seed, 0)
    while count < len(order):
        anew = burning == count
        if anew:
            if not glowing:
                break
            state = advance(state)
            chosen = below(state, glowing)
            node = np.int64(embers[chosen])
        else:
            node = np.int64(order[burning])
            embers[glowing] = node
            chosen = glowing
            burning += 1
            glowing += 1
        left = 0
        for arc in range(indptr[node], indptr[node + 1]):
            if not burnt[indices[arc]]:
                fuel[left] = indices[arc]
                left += 1
        if not left:
            glowing -= 1
            embers[chosen] = embers[glowing]
        spread = 0
        while spread < left and count < len(order):
            state = advance(state)
            if uniform(state) >= forward and not (anew and not spread):
                break
            state = advance(state)
            pick = below(state, left - spread)
            lit = fuel[pick]
            fuel[pick] = fuel[left - spread - 1]
            spread += 1
            burnt[lit] = True
            order[count] = lit
            count += 1
    return order[:count]
