"""A graph on disk: Parquet for what people read, memory-mapped arrays for what samplers read.

graph.json            digest, release, licences, counts, size and hash of every other file; written last
nodes.parquet         one row a node, sorted by id: the node index is the row number
edges.parquet         one row a statement with its evidence
contradictions.parquet  what some edges assert and others deny, with the ids of both
joining.json, merges.parquet, refused.parquet  where several sources were joined: see `florey.graph.joining.report`
csr/<relation>.*      objects and subjects (positive edges), closure and satisfied_by (with is_a on the object side);
                      only of relations that have edges, and the last two only where is_a adds something
csr/edges.*           key, strength and id of each row of edges.parquet, and the order of the ids

Opening compares sizes; a file's content is compared with its hash when it is first read, or all at once by `verify`.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from florey.errors import BadInput, nearest
from florey.files import file_digest, read_json
from florey.graph.csr import Csr, Ints, load_array
from florey.graph.model import IS_A, NODE_TYPES, Statement, relation, relation_number
from florey.graph.sources import Licence
from florey.graph.writer import EDGE_SCHEMA, FORMAT, edge_key
from florey.records import Edge, Strength

_STRENGTHS = list(Strength)
_WITHOUT_IS_A = {"closure": "objects", "satisfied_by": "subjects"}


class Graph:
    """A built graph, read only. Nodes are handled by their index: the rank of their id in sorted order."""

    def __init__(self, folder: Path, manifest: Mapping[str, Any]) -> None:
        self.folder = folder
        self.manifest = manifest
        self.digest: str = manifest["digest"]
        self.release: str = manifest["release"]
        self.licences: tuple[str, ...] = tuple(manifest["licences"])
        self.sources = {name: Licence(**licence) for name, licence in manifest["sources"].items()}
        self._tables: dict[tuple[str, str], Csr] = {}
        self._unread: set[str] = set(manifest["files"])

    # What is not asked for is not read: opening must stay quick however large the graph is.

    def file(self, name: str) -> Path:
        """The path of a file of the graph, by its name in graph.json. BadInput if it is not as it was built."""
        path = self.folder / name
        if name in self._unread:
            if not path.is_file() or file_digest(path) != self.manifest["files"][name][1]:
                raise _damaged(path)
            self._unread.discard(name)
        return path

    def verify(self) -> None:
        """Compare every file with its hash. BadInput for the first that differs."""
        for name in self.manifest["files"]:
            self.file(name)

    def _array(self, name: str) -> npt.NDArray[Any]:
        return load_array(self.file(f"csr/{name}.npy"))

    @cached_property
    def edge_keys(self) -> npt.NDArray[np.int64]:
        return self._array("edges.key")

    @cached_property
    def edge_strengths(self) -> npt.NDArray[np.int8]:
        return self._array("edges.strength")

    @cached_property
    def edge_ids(self) -> npt.NDArray[np.bytes_]:
        return self._array("edges.id")

    @cached_property
    def ids(self) -> list[str]:
        return self._column("id")

    @cached_property
    def types(self) -> list[str]:
        return self._column("type")

    @cached_property
    def names(self) -> list[str]:
        return self._column("name")

    @cached_property
    def vocabularies(self) -> list[str]:
        return self._column("vocabulary")

    @cached_property
    def aliases(self) -> list[list[str]]:
        return self._column("aliases")

    @cached_property
    def xrefs(self) -> list[list[str]]:
        """Ids of the same thing in other vocabularies."""
        return self._column("xrefs")

    @cached_property
    def found_in(self) -> list[list[str]]:
        """Names of the sources that have the node."""
        return self._column("sources")

    def _column(self, name: str) -> list[Any]:
        return pl.read_parquet(self.file("nodes.parquet"), columns=[name])[name].to_list()

    @cached_property
    def _index(self) -> dict[str, int]:
        return {node: i for i, node in enumerate(self.ids)}

    @classmethod
    def open(cls, folder: Path, *, verify: bool = False) -> Graph:
        """Open what `write_graph` wrote. BadInput if the folder is no graph or a file of it is missing or cut.

        A changed byte is BadInput when the file is first read; with `verify` all files are compared at once.
        """
        if not (folder / "graph.json").is_file():
            raise BadInput(f"{folder}: not a graph (no graph.json); build one with 'florey graph build --out FOLDER'")
        manifest = read_json(folder / "graph.json")
        needed = {"format", "digest", "release", "licences", "sources", "counts", "files"}
        if not isinstance(manifest, dict) or not needed <= manifest.keys() or manifest["format"] != FORMAT:
            found = manifest.get("format") if isinstance(manifest, dict) else None
            given = "" if found in (None, FORMAT) else f", found {found!r}"
            raise BadInput(f"{folder / 'graph.json'}: expected a graph of format {FORMAT}{given}; build it again")
        for name, (size, _) in manifest["files"].items():
            path = folder / name
            if not path.is_file() or path.stat().st_size != size:
                raise _damaged(path)
        graph = cls(folder, manifest)
        if verify:
            graph.verify()
        return graph

    def __len__(self) -> int:
        return int(self.manifest["counts"]["nodes"])

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
        if (name, table) not in self._tables:
            self._tables[name, table] = self._load(name, table)
        return self._tables[name, table]

    def _load(self, name: str, table: str) -> Csr:
        if f"csr/{name}.{table}.indptr.npy" in self.manifest["files"]:
            return Csr(self._array(f"{name}.{table}.indptr"), self._array(f"{name}.{table}.indices"))
        if table in _WITHOUT_IS_A:
            return self.table(name, _WITHOUT_IS_A[table])
        return Csr.from_pairs([], [], len(self))

    def objects(self, subject: int, relation: str) -> Ints:
        """Distinct objects of the positive edges, sorted."""
        return self.table(relation, "objects").row(subject)

    def subjects(self, object: int, relation: str) -> Ints:
        """Distinct subjects of the positive edges, sorted."""
        return self.table(relation, "subjects").row(object)

    def ancestors(self, node: int) -> Ints:
        """Strict ancestors over is_a, sorted."""
        return self.table(IS_A, "closure").row(node)

    def descendants(self, node: int) -> Ints:
        """Strict descendants over is_a, sorted."""
        return self.table(IS_A, "satisfied_by").row(node)

    def rows(self, subject: int, relation: str, object: int | None = None) -> range:
        """Row numbers in edges.parquet of the edges of either polarity, sorted by object."""
        n, number = len(self), relation_number(relation)
        start = edge_key(number, subject, object or 0, n)
        low, high = self.edge_keys.searchsorted([start, start + (n if object is None else 1)])
        return range(int(low), int(high))

    def edge_at(self, row: int) -> Edge:
        """The edge in a row of edges.parquet."""
        return Statement(**self._edges.row(row, named=True)).edge

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
        wanted, ids, order = edge_id.encode(), self.edge_ids, self._by_id
        at = bisect_left(range(len(order)), wanted, key=lambda i: bytes(ids[order[i]]))
        if at == len(order) or ids[order[at]] != wanted:
            raise BadInput(f"no edge '{edge_id}' in {self.folder}")
        return self.edge_at(int(self._by_id[at]))

    @cached_property
    def _by_id(self) -> npt.NDArray[np.int32]:
        return self._array("edges.by_id")

    def edge_table(self) -> pl.DataFrame:
        """All of edges.parquet, with a column `strength`: what each edge proves."""
        names = pl.Series("strength", [_STRENGTHS[rank].value for rank in self.edge_strengths.tolist()], pl.String)
        return pl.read_parquet(self.file("edges.parquet")).with_columns(names)

    @cached_property
    def _edges(self) -> pl.DataFrame:
        return pl.read_parquet(self.file("edges.parquet"), columns=self._columns)

    @cached_property
    def _columns(self) -> list[str]:
        """Those of a Statement that the file has: columns without any value are not written."""
        return [name for name in pl.read_parquet_schema(self.file("edges.parquet")) if name in EDGE_SCHEMA]

    def negatives(self, relation: str) -> dict[int, list[int]]:
        """Rows of the negative edges of a relation, by subject."""
        number, n = relation_number(relation), len(self)
        low, high = self.edge_keys.searchsorted([edge_key(number, 0, 0, n), edge_key(number + 1, 0, 0, n)])
        found: dict[int, list[int]] = defaultdict(list)
        for row in (low + np.flatnonzero(self.edge_strengths[low:high])).tolist():
            found[int(self.edge_keys[row]) // n % n].append(row)
        return dict(found)

    def object_of(self, row: int) -> int:
        return int(self.edge_keys[row]) % len(self)

    def contradictions(self) -> pl.DataFrame:
        """What some edges assert and others deny: see `florey.graph.writer.contradictions`."""
        return pl.read_parquet(self.file("contradictions.parquet"))


def _damaged(path: Path) -> BadInput:
    return BadInput(f"{path}: missing or not as it was built; build the graph again")
