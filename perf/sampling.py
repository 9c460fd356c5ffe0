"""Sampling: typed paths, walks and tables per second, beside the same algorithm in numpy and rejection in libraries.

    python -m perf.sampling [--json FILE] [--graph GRAPH] [--repeats N]

The random graph has PrimeKG's shape: 129,375 nodes of ten types and 7.3 million arcs (both directions of each edge) of
28 relations, degrees by a power law, seeded. Paths have three hops, phenotype - disease - gene - drug, and the rarity
weight degree^-0.5 on every node. --graph measures on a graph of yours as well: finding - disease - gene - disease.
Each figure is the median of some repeats, with the lowest and the highest. Peers draw far fewer paths; rejection counts
only paths that reach the last type, and takes uniform steps, so its distribution is another one. Memory is that of
arrays beyond the graph, and of the compiler.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import numpy.typing as npt

from florey.graph.csr import Csr
from florey.graph.sampling.compiled import kernel
from florey.graph.sampling.tree import Branch, TreeSampler, warm_up
from florey.graph.sampling.walks import restart_visits, undirected
from florey.graph.store import Graph
from perf.common import arguments, save, show
from perf.skeletons import going, graph_parts, plain_parts, questions_s, skeletons_per_s

SEED = 3
ALPHA = 0.5
REPEATS = 5
PATHS = 2_000_000
WALKS, STEPS = 100_000, 100
GOALS = {
    "paths_per_s": ">= 5,000,000 (two threads)",
    "walks_per_s": ">= 300,000",
    "skeletons_per_s": ">= 100,000 (two threads)",
    "questions_20k_s": "<= 60",
    "tables_ms": "<= 50",
    "memory_mb": "<= 300",
}
# PrimeKG's nodes by type, and its relations with about their number of edges
TYPES = {
    **{"biological_process": 28_642, "gene": 27_671, "disease": 17_080, "phenotype": 15_311, "anatomy": 14_035},
    **{"molecular_function": 11_169, "drug": 7_957, "cellular_component": 4_176, "pathway": 2_516, "exposure": 818},
}
RELATIONS = (
    *(("anatomy", "gene", 1_518_203), ("drug", "drug", 1_336_314), ("gene", "gene", 321_075)),
    *(
        ("disease", "phenotype", 150_317),
        ("biological_process", "gene", 144_805),
        ("cellular_component", "gene", 83_402),
    ),
    *(("disease", "gene", 80_411), ("molecular_function", "gene", 69_530), ("drug", "phenotype", 64_784)),
    *(
        ("biological_process", "biological_process", 52_886),
        ("pathway", "gene", 42_646),
        ("disease", "disease", 32_194),
    ),
    *(
        ("drug", "disease", 30_675),
        ("drug", "gene", 25_653),
        ("anatomy", "gene", 19_887),
        ("phenotype", "phenotype", 18_736),
    ),
    *(("anatomy", "anatomy", 14_032), ("molecular_function", "molecular_function", 13_574), ("drug", "disease", 9_388)),
    *(("cellular_component", "cellular_component", 4_845), ("phenotype", "gene", 3_330), ("drug", "disease", 2_568)),
    *(("pathway", "pathway", 2_535), ("exposure", "disease", 2_304), ("exposure", "exposure", 2_070)),
    *(("exposure", "biological_process", 1_625), ("exposure", "gene", 1_212), ("disease", "phenotype", 1_193)),
)
EDGES = 3_650_000  # all together: what is missing is drawn in proportion
Draws = npt.NDArray[np.int32]
Row = tuple[str, Sequence[float]]
"""A key of the JSON and its repeats."""


@dataclass(frozen=True)
class Subject:
    """What is measured: a graph as one undirected whole, and the three hops of a typed path."""

    neighbours: Csr
    hops: tuple[Csr, ...]
    kinds: tuple[npt.NDArray[np.bool_], ...]  # which nodes may stand in each place of a path
    weights: npt.NDArray[np.float64]
    folder: Path | None  # None: it was drawn at random

    @classmethod
    def of(cls, neighbours: Csr, hops: Sequence[Csr], folder: Path | None = None) -> Subject:
        kinds = [hops[0].lengths() > 0, *(hop.transposed().lengths() > 0 for hop in hops)]
        degrees = np.maximum(neighbours.lengths(), 1)
        return cls(neighbours, tuple(hops), tuple(kinds), degrees**-ALPHA, folder)

    def sampler(self) -> TreeSampler:
        return TreeSampler(self.neighbours.n, [Branch(place, hop, self.weights) for place, hop in enumerate(self.hops)])


def random_graph() -> Subject:
    """PrimeKG's shape: each relation's ends drawn from power laws over the nodes of their types."""
    draw = np.random.default_rng(SEED)
    firsts = dict(zip(TYPES, np.cumsum([0, *TYPES.values()]).tolist(), strict=False))
    n = sum(TYPES.values())
    ranks = {kind: draw.permutation(count) + firsts[kind] for kind, count in TYPES.items()}
    scale = EDGES / sum(count for *_, count in RELATIONS)
    tables = []
    for subject, object, count in RELATIONS:
        size = int(count * scale)
        one, other = (
            ranks[kind][(len(ranks[kind]) * draw.random(size) ** 2).astype(int)] for kind in (subject, object)
        )
        tables.append((subject, object, Csr.from_pairs(one, other, n)))

    def between(one: str, other: str) -> Csr:
        found = undirected((csr for *ends, csr in tables if set(ends) == {one, other}), n)
        rows = np.repeat(np.arange(n), found.lengths())
        mine = (rows >= firsts[one]) & (rows < firsts[one] + TYPES[one])
        return Csr.from_pairs(rows[mine], found.indices[mine], n)

    hops = [between(*pair) for pair in (("phenotype", "disease"), ("disease", "gene"), ("gene", "drug"))]
    return Subject.of(undirected((csr for *_, csr in tables), n), hops)


def real_graph(folder: Path) -> Subject:
    from florey.graph.sampling.region import joined

    graph = Graph.open(folder)
    findings, genes = graph.table("has_finding", "subjects"), graph.table("associated_gene", "objects")
    return Subject.of(joined(graph), [findings, genes, graph.table("associated_gene", "subjects")], folder)


def repeated(work: Callable[[], float], repeats: int) -> list[float]:
    """`work` returns a figure; the first call, which fills caches, is not counted."""
    work()
    return [work() for _ in range(repeats)]


def rate(count: int, work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return count / (time.perf_counter() - start)


def paths(subject: Subject, repeats: int) -> Iterator[Row]:
    sampler = subject.sampler()
    for key, threads in (("paths_per_s", 2), ("paths_1t_per_s", 1)):

        def once(threads: int = threads) -> float:
            return rate(PATHS, lambda: sampler.draw(PATHS, SEED, threads, subject.weights))

        yield key, repeated(once, repeats)
    yield "tables_ms", repeated(lambda: 1000 / rate(1, subject.sampler), repeats)


def paths_numpy(subject: Subject, repeats: int) -> Iterator[Row]:
    """The same exact algorithm with whole arrays: cumulative weights of the arcs, found by binary search."""
    size = PATHS // 10
    ahead = subject.weights.copy()
    sums: list[npt.NDArray[np.float64]] = []
    for hop in reversed(subject.hops):
        sums.insert(0, np.concatenate([[0.0], np.cumsum(ahead[hop.indices])]))
        ahead = subject.weights * (sums[0][hop.indptr[1:]] - sums[0][hop.indptr[:-1]])
    root = np.cumsum(ahead)
    draw = np.random.default_rng(SEED)

    def once() -> None:
        at = np.searchsorted(root, draw.random(size) * root[-1], "right")
        for hop, total in zip(subject.hops, sums, strict=True):
            low, high = total[hop.indptr[at]], total[hop.indptr[at + 1]]
            arc = np.searchsorted(total, low + draw.random(size) * (high - low), "right") - 1
            at = hop.indices[np.clip(arc, hop.indptr[at], hop.indptr[at + 1] - 1)]

    yield "paths_numpy_per_s", repeated(lambda: rate(size, once), repeats)


def rejection(subject: Subject, neighbours: Callable[[int], Iterable[int]], seconds: float) -> float:
    """Valid paths per second of uniform steps to a neighbour of the right type: those that come to the end."""
    draw, kinds, valid = random.Random(SEED), [kind.tolist() for kind in subject.kinds], 0
    roots = np.flatnonzero(subject.kinds[0]).tolist()
    start = time.perf_counter()
    while time.perf_counter() - start < seconds:
        path = [draw.choice(roots)]
        for kind in kinds[1:]:
            found = [node for node in neighbours(path[-1]) if kind[node]]
            if not found or (following := draw.choice(found)) in path:
                break
            path.append(following)
        valid += len(path) == len(kinds)
    return valid / (time.perf_counter() - start)


def pairs(subject: Subject) -> tuple[npt.NDArray[np.int64], Draws]:
    """Each edge once."""
    rows = np.repeat(np.arange(subject.neighbours.n), subject.neighbours.lengths())
    once = rows < subject.neighbours.indices
    return rows[once], subject.neighbours.indices[once]


def paths_networkx(subject: Subject, repeats: int) -> Iterator[Row]:
    import networkx  # type: ignore[import-untyped]

    graph: Any = networkx.Graph()
    one, other = pairs(subject)
    graph.add_edges_from(zip(one.tolist(), other.tolist(), strict=True))
    yield "paths_networkx_per_s", repeated(lambda: rejection(subject, lambda node: graph[node], 2), repeats)


def paths_rustworkx(subject: Subject, repeats: int) -> Iterator[Row]:
    import rustworkx

    graph: Any = rustworkx.PyGraph(multigraph=False)
    graph.add_nodes_from(range(subject.neighbours.n))
    one, other = pairs(subject)
    graph.add_edges_from_no_data(list(zip(one.tolist(), other.tolist(), strict=True)))
    yield (
        "paths_rustworkx_per_s",
        repeated(lambda: rejection(subject, graph.neighbors, 2), repeats),
    )


@kernel
def _chase(following: Draws, at: Draws, steps: int) -> None:
    """As many chains side by side as `at` is long; in each a read needs the one before."""
    for _ in range(steps):
        for chain in range(len(at)):
            at[chain] = following[at[chain]]


def gather(subject: Subject, repeats: int) -> Iterator[Row]:
    """ns of a random read from an array as large as the arcs: 64 at a time, as samplers do, and one after another."""
    size, steps = max(len(subject.neighbours.indices), 2), 2_000_000
    order = np.random.default_rng(SEED).permutation(size).astype(np.int32)
    following = np.empty(size, np.int32)
    following[order] = np.roll(order, -1)  # one cycle through all of it
    for key, chains in (("gather_ns", 64), ("gather_alone_ns", 1)):
        at = order[np.linspace(0, size - 1, chains).astype(int)]

        def once(chains: int = chains, at: Draws = at) -> float:
            return 1e9 / rate(steps, lambda: _chase(following, at, steps // chains))

        yield key, repeated(once, repeats)


def walks(subject: Subject, repeats: int) -> Iterator[Row]:
    starts = np.flatnonzero(subject.kinds[1])

    def once() -> object:
        return restart_visits(subject.neighbours, starts, WALKS, steps=STEPS, seed=SEED, threads=2)

    yield "walks_per_s", repeated(lambda: rate(WALKS, once), repeats)


def skeletons(subject: Subject, repeats: int) -> Iterator[Row]:
    """Disease, four findings, three distractors that share at least two, and the certificate as an array."""
    findings = subject.hops[0].transposed()
    parts = going(graph_parts(subject.folder) if subject.folder else plain_parts(findings, subject.weights))
    for key, threads in (("skeletons_per_s", 2), ("skeletons_1t_per_s", 1)):
        yield key, repeated(partial(skeletons_per_s, parts, threads), repeats)


def questions(subject: Subject, repeats: int) -> Iterator[Row]:
    """Finished questions, of a real graph only: words need names."""
    if subject.folder:
        times = [questions_s(subject.folder) for _ in range(min(repeats, 3))]
        yield "questions_20k_s", [seconds for seconds, _ in times]
        yield "questions_20k_made", [float(made) for _, made in times]


def memory(subject: Subject, repeats: int) -> Iterator[Row]:
    """MB that tables of a metapath, a million paths and walks add to the graph at most, and numba itself."""
    tracemalloc.start()
    paths = subject.sampler().draw(1_000_000, SEED, 2, subject.weights)
    restart_visits(subject.neighbours, [0], WALKS, seed=SEED, threads=2)
    peak = tracemalloc.get_traced_memory()[1] / 1e6
    tracemalloc.stop()
    assert len(paths)
    command = [sys.executable, "-c", COMPILER]
    yield "memory_mb", [peak + float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)]


COMPILER = """
import resource
import numpy, florey.graph.csr
def resident():
    return int(open("/proc/self/statm").read().split()[1]) * resource.getpagesize() / 1e6
before = resident()
from florey.graph.sampling.tree import warm_up
warm_up()
print(resident() - before)
"""
"""Prints the memory that numba and the compiled kernels take, in a process of its own."""


MEASURES = (paths, walks, skeletons, questions, gather, memory, paths_numpy, paths_networkx, paths_rustworkx)
"""Each takes what is measured and how often, and yields its rows."""


def _short(value: float) -> str:
    return f"{value:,.3g}" if value < 100 else f"{value:,.0f}"


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--graph", type=Path, metavar="GRAPH", help="measure on this graph as well")
    parser.add_argument("--repeats", type=int, default=REPEATS)
    asked = parser.parse_args()
    found: list[Row] = [("compile_s", [warm_up()])]
    for prefix, folder in (("", None), ("real_", asked.graph)):
        if prefix and not folder:
            continue
        subject = real_graph(folder) if folder else random_graph()
        found += [
            (key if key.startswith("questions") else f"{prefix}{key}", figures)
            for measure in MEASURES
            for key, figures in measure(subject, asked.repeats)
        ]
    rows = [(key, *(_short(of(figures)) for of in (median, min, max)), GOALS.get(key, "")) for key, figures in found]
    show("sampling", ("figure", "median", "lowest", "highest", "goal"), rows)
    print("load of the machine over 1, 5 and 15 minutes:", *(f"{load:.1f}" for load in os.getloadavg()))
    save(asked.json, {key: median(figures) for key, figures in found})


if __name__ == "__main__":
    main()
