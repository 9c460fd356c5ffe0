"""What is in a graph, in numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from florey.graph.model import IS_A, NODE_TYPES, RELATIONS, relation_number
from florey.graph.store import Graph
from florey.graph.writer import edge_key

COVERAGE = ("reference", "quote", "score")


WIKI = frozenset({"wikipedia", "wikidata"})
RAREST = 5


def statistics(graph: Graph) -> dict[str, Any]:
    """JSON-able counts of a graph.

    nodes: by type and vocabulary, by source (a node of two sources counts in both), `with_evidence` (an end of an edge
    that is no is_a), `from_wiki` (in Wikipedia or Wikidata), the rarest types;
    edges: by relation (positive, negative by how they deny), by evidence (source and code), by source, coverage (edges
    with a reference, a quote, a score), negative;
    components: how many there are over all edges, and the nodes of the largest;
    degrees: for each relation the quartiles (min, q1, median, q3, max) of distinct positive objects a subject has, and
    of subjects an object has, over those that have any;
    contradictions, merges and refusals, and what the builder noted: dropped and rewritten rows by reason.
    """
    edges = graph.edge_table()
    count, largest = _components(graph)
    return {
        "digest": graph.digest,
        "release": graph.release,
        "licences": list(graph.licences),
        "nodes": {
            "all": len(graph),
            "by_type": (by_type := _node_counts(graph)),
            "by_source": dict(sorted(Counter(source for found in graph.found_in for source in found).items())),
            "with_evidence": _with_evidence(graph),
            "from_wiki": sum(not WIKI.isdisjoint(found) for found in graph.found_in),
            "rarest_types": _rarest({kind: sum(found.values()) for kind, found in by_type.items()}),
        },
        "edges": {
            "all": edges.height,
            "by_relation": _relation_counts(edges),
            "by_evidence": _counts(edges, pl.concat_str("source", pl.lit(" "), pl.col("code").fill_null("-"))),
            "by_source": _counts(edges, pl.col("source").cast(pl.String)),
            "with_frequency": edges["frequency"].count(),
            "coverage": {name: edges[name].count() if name in edges else 0 for name in COVERAGE},
            "negative": int((~edges["positive"]).sum()),
        },
        "components": {"count": count, "largest": largest},
        "degrees": {
            name: {
                side: quartiles(graph.table(name, table).lengths())
                for side, table in (("objects_of_a_subject", "objects"), ("subjects_of_an_object", "subjects"))
            }
            for name in RELATIONS
        },
        "contradictions": graph.manifest["contradictions"],
        **({"joining": graph.manifest["joining"]} if "joining" in graph.manifest else {}),
        **{note: graph.manifest.get(note, {}) for note in ("dropped", "rewritten")},
        "observed": {what: len(which) for what, which in graph.manifest.get("observed", {}).items()},
    }


def quartiles(lengths: npt.NDArray[np.int64]) -> list[float]:
    """[min, q1, median, q3, max] of the positive entries; empty if there are none.

    >>> quartiles(np.array([0, 1, 2, 3]))
    [1.0, 1.5, 2.0, 2.5, 3.0]
    """
    known = lengths[lengths > 0]
    return [float(value) for value in np.percentile(known, [0, 25, 50, 75, 100])] if len(known) else []


def _node_counts(graph: Graph) -> dict[str, dict[str, int]]:
    vocabularies = sorted(set(graph.vocabularies))
    counts = {kind: {name: len(graph.of_type(kind, name)) for name in vocabularies} for kind in NODE_TYPES}
    return {kind: {name: count for name, count in found.items() if count} for kind, found in counts.items()}


def _relation_counts(edges: pl.DataFrame) -> dict[str, dict[str, int]]:
    """For every relation, also those without an edge: all, and by what the edges prove."""
    found = {name: {"all": 0} for name in RELATIONS}
    by = edges.group_by(pl.col("relation").cast(pl.String), "strength").len().sort("relation", "strength")
    for name, strength, count in by.iter_rows():
        found[name] = {**found[name], "all": found[name]["all"] + count, strength: count}
    return found


def _ends(graph: Graph, keys: npt.NDArray[np.int64]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    n = max(len(graph), 1)
    return keys // n % n, keys % n


def _with_evidence(graph: Graph) -> int:
    """Nodes at an end of an edge that is no is_a."""
    n, number = len(graph), relation_number(IS_A)
    keys = graph.edge_keys
    other = keys[(keys < edge_key(number, 0, 0, n)) | (keys >= edge_key(number + 1, 0, 0, n))]
    return len(np.unique(np.concatenate(_ends(graph, other))))


def _components(graph: Graph) -> tuple[int, int]:
    """How many connected components there are, edges of both polarities taken as undirected; nodes of the largest."""
    if not len(graph):
        return 0, 0
    subjects, objects = _ends(graph, graph.edge_keys)
    ones = np.ones(len(subjects), np.int8)
    matrix = sparse.coo_array((ones, (subjects, objects)), shape=(len(graph), len(graph)))
    count, label = connected_components(matrix, directed=False)
    return int(count), int(np.bincount(label).max())


def _rarest(counts: Mapping[str, int]) -> dict[str, int]:
    """The types with the fewest nodes, of those that have any."""
    return dict(sorted(((kind, n) for kind, n in counts.items() if n), key=lambda pair: (pair[1], pair[0]))[:RAREST])


def _counts(edges: pl.DataFrame, by: pl.Expr) -> dict[str, int]:
    found = edges.group_by(by.alias("kind")).len().sort("kind")
    return dict(zip(found["kind"].to_list(), found["len"].to_list(), strict=True))
