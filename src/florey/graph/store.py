"""A graph on disk: Parquet for what people read, memory-mapped arrays for what samplers read.

graph.json            digest, release, licences, counts, hashes of the other files; written last
nodes.parquet         one row a node, sorted by id: the node index is the row number
edges.parquet         one row a statement with its evidence
csr/<relation>.*      objects and subjects (positive edges), closure and satisfied_by (with is_a on the object side)
csr/edges.*           key, strength and id of each row of edges.parquet
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from florey.errors import BadInput, nearest
from florey.files import file_digest, read_json, write_json, written_aside
from florey.graph.csr import Csr, Ints, load_array
from florey.graph.model import IS_A, NODE_TYPES, RELATIONS, Node, Statement, frequency_bounds, relation, strength
from florey.records import Edge, Strength

FORMAT = 1
_RELATIONS = list(RELATIONS)
_STRENGTHS = list(Strength)
_EDGE_SCHEMA = {name: pl.Boolean if name == "positive" else pl.String for name in Statement._fields}
_BOUNDS: dict[str, type[pl.DataType]] = {"frequency_low": pl.Float64, "frequency_high": pl.Float64}


def write_graph(
    nodes: Iterable[Node],
    edges: Iterable[Edge | Statement],
    folder: Path,
    *,
    release: str,
    licences: Sequence[str],
    notes: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Build the folder that `Graph.open` reads; returns its manifest (digest, counts, `notes`).

    Raises BadInput for a repeated id, an unknown node, relation or type, a relation between types it does not join,
    an unreadable frequency, and a cycle in is_a. The result does not depend on the order of nodes and edges.
    `notes` is read after the last edge, so that a streaming source can still be counting into it.
    """
    table = _node_table(nodes)
    n = table.height
    frame, keys, strengths = _edge_table(edges, table)
    arrays: dict[str, npt.NDArray[Any]] = {
        "edges.key": keys,
        "edges.strength": strengths,
        "edges.id": np.array([edge_id.encode() for edge_id in frame["edge_id"]], "S"),
    }
    for name, csr in _relations(keys[strengths == 0], table["id"].to_list()).items():
        arrays[f"{name}.indptr"], arrays[f"{name}.indices"] = csr.indptr, csr.indices

    (folder / "graph.json").unlink(missing_ok=True)  # from here to the last line the folder is not a graph
    for name, parquet in (("nodes", table), ("edges", frame)):
        with written_aside(folder / f"{name}.parquet") as aside:
            parquet.write_parquet(aside)
    for name, array in arrays.items():
        with written_aside(folder / "csr" / f"{name}.npy") as aside, aside.open("wb") as out:
            np.save(out, array, allow_pickle=False)
    files = ["nodes.parquet", "edges.parquet", *(f"csr/{name}.npy" for name in arrays)]
    manifest = {
        "format": FORMAT,
        "digest": _digest(table, frame.select(*_EDGE_SCHEMA)),
        "release": release,
        "licences": list(licences),
        "counts": {"nodes": n, "edges": frame.height},
        **(notes or {}),
    }
    write_json(folder / "graph.json", {**manifest, "files": {file: file_digest(folder / file) for file in files}})
    return manifest


def _node_table(nodes: Iterable[Node]) -> pl.DataFrame:
    ordered = sorted(nodes, key=lambda node: node.id)
    for node, after in pairwise(ordered):
        if node.id == after.id:
            raise BadInput(f"node '{node.id}' is given twice ('{node.name}', '{after.name}')")
    for node in ordered:
        if node.type not in NODE_TYPES:
            raise BadInput(f"node '{node.id}': unknown type '{node.type}'{nearest(node.type, NODE_TYPES)}")
    return pl.DataFrame(
        {
            "id": [node.id for node in ordered],
            "type": [node.type for node in ordered],
            "name": [node.name for node in ordered],
            "vocabulary": [node.vocabulary for node in ordered],
            "aliases": [list(node.aliases) for node in ordered],
        },
        {"id": pl.String, "type": pl.String, "name": pl.String, "vocabulary": pl.String, "aliases": pl.List(pl.String)},
    )


def _edge_table(
    edges: Iterable[Edge | Statement], nodes: pl.DataFrame
) -> tuple[pl.DataFrame, npt.NDArray[np.int64], npt.NDArray[np.int8]]:
    """edges.parquet, the keys and the ranks of the strengths, all sorted by key and then edge id."""
    index, types = {node: i for i, node in enumerate(nodes["id"])}, nodes["type"].to_list()
    columns: dict[str, list[Any]] = {name: [] for name in (*_EDGE_SCHEMA, *_BOUNDS)}  # lists of columns, not of rows:
    appends = [column.append for column in columns.values()]  # a million small tuples would cost seconds of gc
    keys, ranks = [], []
    for item in edges:
        row = item if isinstance(item, Statement) else Statement.of(item)
        joins = relation(row.relation)
        subject = _end(row, row.subject, joins.subjects, index, types)
        object = _end(row, row.object, joins.objects, index, types)
        try:
            bounds = frequency_bounds(row.frequency)
        except ValueError as error:
            raise BadInput(f"edge '{row.edge_id}': {error}") from None
        keys.append(_key(_RELATIONS.index(row.relation), subject, object, len(index)))
        ranks.append(_STRENGTHS.index(strength(row.positive, row.frequency)))
        for append, value in zip(appends, (*row, *bounds), strict=True):
            append(value)
    frame = pl.DataFrame(columns, {**_EDGE_SCHEMA, **_BOUNDS})
    if repeated := frame.filter(pl.col("edge_id").is_duplicated())["edge_id"].sort().to_list():
        raise BadInput(f"edge id '{repeated[0]}' is given twice")
    order = frame.select(pl.arg_sort_by(pl.Series("key", keys, pl.Int64), "edge_id")).to_series().to_numpy()
    return frame[order], np.array(keys, np.int64)[order], np.array(ranks, np.int8)[order]


def _end(row: Statement, node: str, allowed: Sequence[str], index: Mapping[str, int], types: Sequence[str]) -> int:
    if node not in index:
        raise BadInput(f"edge '{row.edge_id}': no node '{node}'{nearest(node, index)}")
    if types[index[node]] not in allowed:
        raise BadInput(
            f"edge '{row.edge_id}' ({row.subject} {row.relation} {row.object}): '{node}' is of type "
            f"{types[index[node]]}, expected {' or '.join(allowed)}"
        )
    return index[node]


def _digest(*tables: pl.DataFrame) -> str:
    """32 hex digits over the rows as JSON Lines: of the content, not of the Parquet encoding."""
    return hashlib.sha256("".join(table.write_ndjson() for table in tables).encode()).hexdigest()[:32]


def _key(relation: int, subject: int, object: int, n: int) -> int:
    """Sorting edges by this one number sorts them by relation, subject, object. Exact below 2^63: n < 1e9."""
    return (relation * n + subject) * n + object


def _relations(keys: npt.NDArray[np.int64], ids: Sequence[str]) -> dict[str, Csr]:
    """The four tables of each relation, from the keys of the positive edges. BadInput for a cycle in is_a."""
    n = len(ids)
    base = {}
    for number, name in enumerate(_RELATIONS):
        mine = keys[(keys >= _key(number, 0, 0, n)) & (keys < _key(number + 1, 0, 0, n))] - _key(number, 0, 0, n)
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
        tables[f"{name}.closure"], tables[f"{name}.satisfied_by"] = closure, closure.transposed()
    return tables


class Graph:
    """A built graph, read only. Nodes are handled by their index: the rank of their id in sorted order."""

    def __init__(self, folder: Path, manifest: Mapping[str, Any]) -> None:
        self.folder = folder
        self.manifest = manifest
        self.digest: str = manifest["digest"]
        self.release: str = manifest["release"]
        self.licences: tuple[str, ...] = tuple(manifest["licences"])
        nodes = pl.read_parquet(folder / "nodes.parquet")
        self.ids: list[str] = nodes["id"].to_list()
        self.types: list[str] = nodes["type"].to_list()
        self.names: list[str] = nodes["name"].to_list()
        self.vocabularies: list[str] = nodes["vocabulary"].to_list()
        self.aliases: list[list[str]] = nodes["aliases"].to_list()
        self._index = {node: i for i, node in enumerate(self.ids)}
        self._tables = {
            (name, table): Csr.load(f"{name}.{table}", folder / "csr")
            for name in _RELATIONS
            for table in ("objects", "subjects", "closure", "satisfied_by")
        }
        self.edge_keys: npt.NDArray[np.int64] = load_array(folder / "csr/edges.key.npy")
        self.edge_strengths: npt.NDArray[np.int8] = load_array(folder / "csr/edges.strength.npy")
        self.edge_ids: npt.NDArray[np.bytes_] = load_array(folder / "csr/edges.id.npy")

    @classmethod
    def open(cls, folder: Path) -> Graph:
        """Open what `write_graph` wrote. BadInput if the folder is no graph or a file of it is missing or changed."""
        if not (folder / "graph.json").is_file():
            raise BadInput(f"{folder}: not a graph (no graph.json); build one with 'florey graph build --out {folder}'")
        manifest = read_json(folder / "graph.json")
        needed = {"format", "digest", "release", "licences", "files"}
        if not isinstance(manifest, dict) or not needed <= manifest.keys() or manifest["format"] != FORMAT:
            raise BadInput(f"{folder / 'graph.json'}: expected a graph of format {FORMAT}; build it again")
        for name, expected in manifest["files"].items():
            if not (folder / name).is_file() or file_digest(folder / name) != expected:
                raise BadInput(f"{folder / name}: missing or not as it was built; build the graph again")
        return cls(folder, manifest)

    def __len__(self) -> int:
        return len(self.ids)

    def __contains__(self, node_id: str) -> bool:
        return node_id in self._index

    def index(self, node_id: str) -> int:
        """The index of a node id. BadInput with the nearest known id if there is none."""
        try:
            return self._index[node_id]
        except KeyError:
            raise BadInput(f"no node '{node_id}' in {self.folder}{nearest(node_id, self.ids)}") from None

    def of_type(self, node_type: str, vocabulary: str | None = None) -> npt.NDArray[np.int64]:
        """Sorted indices of the nodes of a type, optionally of one vocabulary. BadInput for an unknown type."""
        if node_type not in NODE_TYPES:
            raise BadInput(f"unknown node type '{node_type}'{nearest(node_type, NODE_TYPES)}")
        found = self._of_type[node_type]
        return found if vocabulary is None else found[self._vocabulary_array[found] == vocabulary]

    @cached_property
    def _of_type(self) -> dict[str, npt.NDArray[np.int64]]:
        types = np.array(self.types)
        return {name: np.flatnonzero(types == name) for name in NODE_TYPES}

    @cached_property
    def _vocabulary_array(self) -> npt.NDArray[np.str_]:
        return np.array(self.vocabularies)

    def table(self, name: str, table: str) -> Csr:
        """A relation's whole table: "objects", "subjects", "closure" or "satisfied_by" (see the module's head)."""
        relation(name)
        return self._tables[name, table]

    def objects(self, subject: int, relation: str) -> Ints:
        """Distinct objects of the positive edges, sorted."""
        return self.table(relation, "objects").row(subject)

    def subjects(self, object: int, relation: str) -> Ints:
        """Distinct subjects of the positive edges, sorted."""
        return self.table(relation, "subjects").row(object)

    def ancestors(self, node: int) -> Ints:
        """Strict ancestors over is_a, sorted."""
        return self._tables[IS_A, "closure"].row(node)

    def descendants(self, node: int) -> Ints:
        """Strict descendants over is_a, sorted."""
        return self._tables[IS_A, "satisfied_by"].row(node)

    def rows(self, subject: int, relation: str, object: int | None = None) -> range:
        """Row numbers in edges.parquet of the edges of either polarity, sorted by object."""
        n, number = len(self), _RELATIONS.index(relation)
        start = _key(number, subject, object or 0, n)
        low, high = self.edge_keys.searchsorted([start, start + (n if object is None else 1)])
        return range(int(low), int(high))

    def edge_at(self, row: int) -> Edge:
        """The edge in a row of edges.parquet."""
        return Statement(*self._edges.row(row)).edge

    def edges_between(self, subject: int, relation: str, object: int) -> list[Edge]:
        """Every edge from one node to another with its evidence, both polarities, by edge id."""
        return [self.edge_at(row) for row in self.rows(subject, relation, object)]

    def edges_of(self, node: int) -> list[Edge]:
        """Every edge from or to a node, both polarities, by relation, subject and object."""
        n = len(self)
        touching = (self.edge_keys % n == node) | (self.edge_keys // n % n == node)
        return [self.edge_at(row) for row in np.flatnonzero(touching).tolist()]

    def edge(self, edge_id: str) -> Edge:
        """The edge of that id, or BadInput."""
        try:
            return self.edge_at(self._rows_by_id[edge_id.encode()])
        except KeyError:
            raise BadInput(f"no edge '{edge_id}' in {self.folder}") from None

    @cached_property
    def _rows_by_id(self) -> dict[bytes, int]:
        return {edge_id: row for row, edge_id in enumerate(self.edge_ids.tolist())}

    def edge_table(self) -> pl.DataFrame:
        """All of edges.parquet, with a column `strength`: what each edge proves."""
        names = pl.Series("strength", [_STRENGTHS[rank].value for rank in self.edge_strengths.tolist()], pl.String)
        return pl.read_parquet(self.folder / "edges.parquet").with_columns(names)

    @cached_property
    def _edges(self) -> pl.DataFrame:
        return pl.read_parquet(self.folder / "edges.parquet", columns=list(_EDGE_SCHEMA))

    def negatives(self, relation: str) -> dict[int, list[int]]:
        """Rows of the negative edges of a relation, by subject."""
        number, n = _RELATIONS.index(relation), len(self)
        low, high = self.edge_keys.searchsorted([_key(number, 0, 0, n), _key(number + 1, 0, 0, n)])
        found: dict[int, list[int]] = defaultdict(list)
        for row in (low + np.flatnonzero(self.edge_strengths[low:high])).tolist():
            found[int(self.edge_keys[row]) // n % n].append(row)
        return dict(found)

    def object_of(self, row: int) -> int:
        return int(self.edge_keys[row]) % len(self)
