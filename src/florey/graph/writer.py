"""Writing the graph folder that `florey.graph.store` describes and opens."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice, pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from florey.errors import BadInput, nearest
from florey.files import file_digest, write_json, written_aside
from florey.graph.csr import Csr
from florey.graph.model import (
    IS_A,
    NODE_TYPES,
    RELATIONS,
    Node,
    Statement,
    ends_in_words,
    frequency_bounds,
    joins,
    relation,
    relation_number,
    strength,
)
from florey.graph.sources import Licence
from florey.records import Edge, Strength

FORMAT = 3
CHUNK = 100_000
"""Rows that are Python objects at one time: more costs memory, fewer cost time."""
_RANKS = {name: rank for rank, name in enumerate(Strength)}
_TYPES: dict[str, type[pl.DataType]] = {
    **dict.fromkeys(("start", "end"), pl.Int64),
    **dict.fromkeys(("score", "confidence"), pl.Float64),
    "positive": pl.Boolean,
}
EDGE_SCHEMA = {name: _TYPES.get(name, pl.String) for name in Statement._fields}
_LATER = Statement._fields[Statement._fields.index("page") :]  # columns that are left out where they are empty
_REPEATING = [name for name, kind in EDGE_SCHEMA.items() if kind is pl.String and name != "edge_id"]


def write_graph(
    nodes: Iterable[Node],
    edges: Iterable[Edge | Statement],
    folder: Path,
    *,
    release: str,
    licences: Sequence[str],
    sources: Mapping[str, Licence] | None = None,
    notes: Mapping[str, Any] | None = None,
    more: Callable[[Path], Sequence[str]] | None = None,
) -> dict[str, Any]:
    """Build the folder that `Graph.open` reads; returns its manifest (digest, counts, `notes`).

    Raises BadInput for a repeated id, an unknown node, relation or type, a relation between types it does not join,
    an unreadable frequency, and a cycle in is_a. The result does not depend on the order of nodes and edges.
    `notes` is read after the last edge, so that a streaming source can still be counting into it; `more` writes
    further files into the folder then and returns their names. Statements of several polarities about one triple are
    listed in contradictions.parquet.
    """
    table = _node_table(nodes)
    frame, keys, strengths = _edge_table(edges, table)
    edge_ids = np.array([edge_id.encode() for edge_id in frame["edge_id"]], "S")
    arrays: dict[str, npt.NDArray[Any]] = {
        "edges.key": keys,
        "edges.strength": strengths,
        "edges.id": edge_ids,
        "edges.by_id": np.argsort(edge_ids).astype(np.int32),
    }
    for name, csr in _relations(keys[strengths == 0], table["id"].to_list()).items():
        arrays[f"{name}.indptr"], arrays[f"{name}.indices"] = csr.indptr, csr.indices

    (folder / "graph.json").unlink(missing_ok=True)  # from here to the last line the folder is not a graph
    for stale in sorted((folder / "csr").glob("*.npy")):
        stale.unlink()
    against = contradictions(frame, keys, strengths)
    for name, parquet in (("nodes", table), ("edges", frame), ("contradictions", against)):
        with written_aside(folder / f"{name}.parquet") as aside:
            parquet.write_parquet(aside)
    for name, array in arrays.items():
        with written_aside(folder / "csr" / f"{name}.npy") as aside, aside.open("wb") as out:
            np.save(out, array, allow_pickle=False)
    tables = ["nodes.parquet", "edges.parquet", "contradictions.parquet"]
    files = [*tables, *(more(folder) if more else ()), *(f"csr/{name}.npy" for name in arrays)]
    manifest = {
        "format": FORMAT,
        "digest": _digest(table, frame.drop("frequency_low", "frequency_high")),
        "release": release,
        "licences": list(licences),
        "sources": {
            name: {"name": licence.name, "attribution": licence.attribution}
            for name, licence in sorted((sources or {}).items())
        },
        "counts": {"nodes": table.height, "edges": frame.height},
        "contradictions": {
            "all": against.height,
            "between_sources": against.filter(pl.col("between_sources")).height,
        },
        **(notes or {}),
    }
    known = {file: [(folder / file).stat().st_size, file_digest(folder / file)] for file in files}
    write_json(folder / "graph.json", {**manifest, "files": known})
    return manifest


def contradictions(frame: pl.DataFrame, keys: npt.NDArray[np.int64], strengths: npt.NDArray[np.int8]) -> pl.DataFrame:
    """One row a triple that some edges assert and others deny: their ids and sources, by polarity.

    `between_sources`: whether a source asserts what another denies; the rest is one source's own disagreement.
    """
    denied, asserted = np.unique(keys[strengths > 0]), np.unique(keys[strengths == 0])
    both = np.isin(keys, np.intersect1d(denied, asserted, assume_unique=True))
    rows = frame.filter(pl.Series(both)).with_columns(pl.col("source").cast(pl.String))
    sides = []
    for name, side in (("positive", pl.col("positive")), ("negative", ~pl.col("positive"))):
        sides += [
            pl.col("edge_id").filter(side).sort().alias(f"{name}_edges"),
            pl.col("source").filter(side).unique().sort().alias(f"{name}_sources"),
        ]
    found = rows.group_by("subject", "relation", "object", maintain_order=True).agg(sides)
    alone = pl.concat_list("positive_sources", "negative_sources").list.unique().list.len() == 1
    return found.with_columns((~alone).alias("between_sources"))


def _node_table(nodes: Iterable[Node]) -> pl.DataFrame:
    ordered = sorted(nodes, key=lambda node: node.id)
    for node, after in pairwise(ordered):
        if node.id == after.id:
            raise BadInput(f"node '{node.id}' is given twice ('{node.name}', '{after.name}')")
    for node in ordered:
        if node.type not in NODE_TYPES:
            raise BadInput(f"node '{node.id}': unknown type '{node.type}'{nearest(node.type, NODE_TYPES)}")
    names = pl.List(pl.String)
    return pl.DataFrame(
        {
            "id": [node.id for node in ordered],
            "type": [node.type for node in ordered],
            "name": [node.name for node in ordered],
            "vocabulary": [node.vocabulary for node in ordered],
            "aliases": [list(node.aliases) for node in ordered],
            "xrefs": [list(node.xrefs) for node in ordered],
            "sources": [list(node.sources) for node in ordered],
        },
        {
            **dict.fromkeys(("id", "type", "name", "vocabulary"), pl.String),
            **dict.fromkeys(("aliases", "xrefs", "sources"), names),
        },
    )


def _edge_table(
    edges: Iterable[Edge | Statement], nodes: pl.DataFrame
) -> tuple[pl.DataFrame, npt.NDArray[np.int64], npt.NDArray[np.int8]]:
    """edges.parquet, the keys and the ranks of the strengths, all sorted by key and then edge id."""
    ids, types = nodes["id"].to_list(), nodes["type"].to_list()
    index = {node: i for i, node in enumerate(ids)}
    joined: set[tuple[str, str, str]] = set()  # relations and types already found to fit
    frames, keys, ranks = [_frame([])], [np.zeros(0, np.int64)], [np.zeros(0, np.int8)]
    for rows in _chunks(edges):
        found = []
        for row in rows:
            subject, object = index.get(row.subject, -1), index.get(row.object, -1)
            if subject < 0 or object < 0 or (row.relation, types[subject], types[object]) not in joined:
                _check(row, index, types)
                joined.add((row.relation, types[subject], types[object]))
            found.append(edge_key(relation_number(row.relation), subject, object, len(ids)))
        frames.append(_frame(rows))
        keys.append(np.array(found, np.int64))
        ranks.append(np.array([_RANKS[strength(row.positive, row.frequency)] for row in rows], np.int8))
    frame = pl.concat(frames)
    frames.clear()
    if repeated := frame.filter(pl.col("edge_id").is_duplicated())["edge_id"].sort().to_list():
        raise BadInput(f"edge id '{repeated[0]}' is given twice")
    key, rank = np.concatenate(keys), np.concatenate(ranks)
    order = frame.select(pl.arg_sort_by(pl.Series("key", key), "edge_id")).to_series().to_numpy()
    empty = [name for name in _LATER if frame[name].null_count() == frame.height]
    return frame.drop(empty)[order], key[order], rank[order]


def _chunks(edges: Iterable[Edge | Statement]) -> Iterator[list[Statement]]:
    rows = (edge if isinstance(edge, Statement) else Statement.of(edge) for edge in edges)
    while chunk := list(islice(rows, CHUNK)):
        yield chunk


def _frame(rows: Sequence[Statement]) -> pl.DataFrame:
    """Strings that repeat as numbers of a dictionary: a quarter of the memory of a million rows."""
    columns = dict(zip(EDGE_SCHEMA, zip(*rows, strict=True), strict=True)) if rows else {}
    bounds = []
    for row in rows:
        try:
            bounds.append(frequency_bounds(row.frequency))
        except ValueError as error:
            raise BadInput(f"edge '{row.edge_id}': {error}") from None
    low_high = {"frequency_low": [low for low, _ in bounds], "frequency_high": [high for _, high in bounds]}
    schema: dict[str, type[pl.DataType]] = {**EDGE_SCHEMA, "frequency_low": pl.Float64, "frequency_high": pl.Float64}
    frame = pl.DataFrame({**columns, **low_high} if rows else {}, schema)
    return frame.with_columns(pl.col(_REPEATING).cast(pl.Categorical))


def _check(row: Statement, index: Mapping[str, int], types: Sequence[str]) -> None:
    """BadInput unless both ends are nodes that the relation can join."""
    relation(row.relation)
    for node in (row.subject, row.object):
        if node not in index:
            raise BadInput(f"edge '{row.edge_id}': no node '{node}'{nearest(node, index)}")
    subject, object = types[index[row.subject]], types[index[row.object]]
    if not joins(row.relation, subject, object):
        raise BadInput(
            f"edge '{row.edge_id}' ({row.subject} {row.relation} {row.object}) leads from {subject} to {object}; "
            f"expected {ends_in_words(row.relation)}"
        )


def _digest(*tables: pl.DataFrame) -> str:
    """32 hex digits over the rows as JSON Lines: of the content, not of the Parquet encoding."""
    found = hashlib.sha256()
    for table in tables:
        for rows in table.iter_slices(CHUNK):
            found.update(rows.write_ndjson().encode())
    return found.hexdigest()[:32]


def edge_key(relation: int, subject: int, object: int, n: int) -> int:
    """Sorting edges by this one number sorts them by relation, subject, object. Exact below 2^63: n < 4e8."""
    return (relation * n + subject) * n + object


def _relations(keys: npt.NDArray[np.int64], ids: Sequence[str]) -> dict[str, Csr]:
    """The tables of each relation that has any, from the keys of the positive edges. BadInput for a cycle in is_a."""
    n = len(ids)
    base = {}
    for number, name in enumerate(RELATIONS):
        mine = keys[(keys >= edge_key(number, 0, 0, n)) & (keys < edge_key(number + 1, 0, 0, n))]
        if len(mine) or name == IS_A:
            mine = mine - edge_key(number, 0, 0, n)
            base[name] = Csr.from_pairs(mine // max(n, 1), mine % max(n, 1), n)
    ancestors = base[IS_A].closure()
    loops = np.flatnonzero(np.repeat(np.arange(n), ancestors.lengths()) == ancestors.indices)
    if len(loops):
        names = ", ".join(ids[i] for i in ancestors.indices[loops[:3]].tolist())
        raise BadInput(f"is_a has a cycle through {len(loops)} nodes, among them {names}")
    tables = {}
    for name, csr in base.items():
        tables[f"{name}.objects"], tables[f"{name}.subjects"] = csr, csr.transposed()
        closure = ancestors if name == IS_A else csr.through(ancestors)
        if len(closure.indices) > len(csr.indices):
            tables[f"{name}.closure"], tables[f"{name}.satisfied_by"] = closure, closure.transposed()
    return tables
