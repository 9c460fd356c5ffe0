"""What is in a graph, in numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from florey.graph.model import NODE_TYPES, RELATIONS
from florey.graph.store import Graph


def statistics(graph: Graph) -> dict[str, Any]:
    """JSON-able counts of a graph.

    nodes, by type and vocabulary; edges, by relation (positive, negative by how they deny) and by evidence
    (source and code); degrees: for each relation the quartiles (min, q1, median, q3, max) of distinct positive
    objects a subject has, and of subjects an object has, over those that have any; and what the builder noted:
    dropped and rewritten rows by reason.
    """
    edges = graph.edge_table()
    return {
        "digest": graph.digest,
        "release": graph.release,
        "licences": list(graph.licences),
        "nodes": {"all": len(graph), "by_type": _node_counts(graph)},
        "edges": {
            "all": edges.height,
            "by_relation": {name: _relation_counts(edges.filter(pl.col("relation") == name)) for name in RELATIONS},
            "by_evidence": _counts(edges, pl.concat_str("source", pl.lit(" "), pl.col("code").fill_null("-"))),
            "with_frequency": edges["frequency"].count(),
        },
        "degrees": {
            name: {
                side: quartiles(graph.table(name, table).lengths())
                for side, table in (("objects_of_a_subject", "objects"), ("subjects_of_an_object", "subjects"))
            }
            for name in RELATIONS
        },
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


def _relation_counts(edges: pl.DataFrame) -> dict[str, int]:
    return {"all": edges.height, **_counts(edges, pl.col("strength"))}


def _counts(edges: pl.DataFrame, by: pl.Expr) -> dict[str, int]:
    found = edges.group_by(by.alias("kind")).len().sort("kind")
    return dict(zip(found["kind"].to_list(), found["len"].to_list(), strict=True))
