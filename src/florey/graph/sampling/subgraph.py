"""A part of a graph as a graph of its own, in which what is kept stays true.

Presence is a question about the ontology: an annotation to a descendant satisfies the ancestor. So a part keeps, beside
the nodes asked for, all their ancestors; and of each annotation to a dropped term that satisfies a kept one, the term:
else what holds in the whole graph would be missing in the part, and a missing edge is taken for evidence.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from florey.errors import BadInput
from florey.graph.csr import Csr
from florey.graph.model import IS_A, RELATIONS, Node, Statement
from florey.graph.store import Graph
from florey.graph.writer import EDGE_SCHEMA, write_graph

Mask = npt.NDArray[np.bool_]
_TERMS = ("frequency", "onset", "modifier")  # columns of an edge that can name nodes, several with ";"


def write_subgraph(
    graph: Graph, nodes: npt.ArrayLike, folder: Path, notes: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Write the part of `graph` induced by `faithful(graph, nodes)`; returns its manifest.

    All edges of either polarity between two kept nodes stay, with their evidence, and the licences and sources of the
    whole. `notes` go into graph.json. Raises BadInput where `folder` is the graph itself, and where it exists and holds
    anything else than a graph.
    """
    if folder.exists() and folder.samefile(graph.folder):
        raise BadInput(f"{folder}: is the graph that is sampled; name another folder")
    if folder.exists() and not (folder / "graph.json").is_file() and (not folder.is_dir() or any(folder.iterdir())):
        raise BadInput(f"{folder}: exists and is not a graph; name a new folder")
    kept = faithful(graph, nodes)
    rows = _inside(graph, kept)
    return write_graph(
        _nodes(graph, kept),
        _statements(graph, rows),
        folder,
        release=graph.release,
        licences=graph.licences,
        sources=graph.sources,
        notes={"part_of": {"digest": graph.digest, "counts": graph.manifest["counts"]}, **(notes or {})},
    )


def faithful(graph: Graph, nodes: npt.ArrayLike) -> Mask:
    """The smallest set found, shape (n,), with `nodes` in which what is true of its members in the graph stays true.

    With a node all its ancestors over is_a; with two nodes one of which satisfies the other by way of a descendant,
    such a descendant; with an edge between two nodes the terms that its evidence names.
    """
    kept = np.zeros(len(graph), bool)
    kept[np.asarray(nodes, np.int64)] = True
    while True:
        before = np.count_nonzero(kept)
        kept |= _members(graph.table(IS_A, "closure"), kept)
        for name in RELATIONS:
            if name != IS_A:
                _keep_witnesses(graph, name, kept)
        _keep_terms(graph, kept)
        if np.count_nonzero(kept) == before:
            return kept


def _members(table: Csr, rows: Mask) -> Mask:
    """What stands in any of the rows."""
    found = np.zeros(table.n, bool)
    found[table.indices[np.repeat(rows, table.lengths())]] = True
    return found


def _keep_witnesses(graph: Graph, name: str, kept: Mask) -> None:
    """Adds objects of kept subjects, the lowest index first, until all kept nodes they satisfy are satisfied."""
    objects, closure = graph.table(name, "objects"), graph.table(name, "closure")
    if len(closure.indices) == len(objects.indices):
        return
    inside = kept.copy()
    dropped = np.repeat(inside, objects.lengths()) & ~inside[objects.indices]
    subjects = np.unique(np.repeat(np.arange(len(graph)), objects.lengths())[dropped])
    for subject in subjects.tolist():
        mine, satisfied = objects.row(subject), closure.row(subject)
        lacking = set(satisfied[inside[satisfied]].tolist())
        for known in mine[inside[mine]].tolist():
            lacking -= {known, *graph.ancestors(known).tolist()}
        for other in mine[~inside[mine]].tolist():
            above = lacking.intersection(graph.ancestors(other).tolist())
            if above:
                kept[other] = True
                lacking -= above


def _keep_terms(graph: Graph, kept: Mask) -> None:
    """Adds the nodes that the evidence of the edges between kept nodes names."""
    table = _edge_columns(graph, _TERMS)
    inside = table.filter(pl.Series(_inside(graph, kept)))
    for column in inside.columns:
        for value in inside[column].cast(pl.String).drop_nulls().unique().sort().to_list():
            for term in value.split(";"):
                if term in graph:
                    kept[graph.index(term)] = True


def _inside(graph: Graph, kept: Mask) -> Mask:
    """Which rows of edges.parquet join two kept nodes."""
    n = len(graph)
    found: Mask = kept[graph.edge_keys // n % n] & kept[graph.edge_keys % n]
    return found


def _edge_columns(graph: Graph, wanted: tuple[str, ...]) -> pl.DataFrame:
    """Those of the columns that the file has: what is empty throughout is not written."""
    path = graph.file("edges.parquet")
    return pl.read_parquet(path, columns=[name for name in pl.read_parquet_schema(path) if name in wanted])


def _nodes(graph: Graph, kept: Mask) -> Iterator[Node]:
    for i in np.flatnonzero(kept).tolist():
        yield Node(
            graph.ids[i],
            graph.types[i],
            graph.names[i],
            tuple(graph.aliases[i]),
            tuple(graph.xrefs[i]),
            tuple(graph.found_in[i]),
        )


def _statements(graph: Graph, rows: Mask) -> Iterator[Statement]:
    table = _edge_columns(graph, tuple(EDGE_SCHEMA)).filter(pl.Series(rows))
    for row in table.iter_rows(named=True):
        yield Statement(**row)
