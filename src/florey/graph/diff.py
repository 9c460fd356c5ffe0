"""What an update changed: nodes, and what is said of them.

Edges are compared by what they say (subject, relation, object, source), not by their ids: an id is a hash over the
release too, so that every edge of a new release has another one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple
from zlib import crc32

import polars as pl

from florey.graph.store import Graph

_TRIPLE = ("subject", "relation", "object", "source")


class NodeChange(NamedTuple):
    id: str
    before: str
    after: str


class Said(NamedTuple):
    """What one source says of one triple. `polarity`: "yes", "NOT" or "both"."""

    subject: str
    relation: str
    object: str
    source: str
    polarity: str


class Turned(NamedTuple):
    """The same triple of the same source with another polarity."""

    subject: str
    relation: str
    object: str
    source: str
    before: str
    after: str


class Diff(NamedTuple):
    """All parts are sorted. `diff(b, a)` is this with added and removed, before and after, merged and split swapped.

    `merged`: a removed node that the new graph knows as a cross-reference or alias of another: (old id, new id);
    `split`: an added node that the old graph knew so: (new id, old id). They stand among removed and added too, as do
    their edges. `restated`: triples with the same polarity but other evidence: reference, frequency, quote, score …
    """

    nodes_added: tuple[str, ...]
    nodes_removed: tuple[str, ...]
    renamed: tuple[NodeChange, ...]
    retyped: tuple[NodeChange, ...]
    merged: tuple[tuple[str, str], ...]
    split: tuple[tuple[str, str], ...]
    edges_added: tuple[Said, ...]
    edges_removed: tuple[Said, ...]
    turned: tuple[Turned, ...]
    restated: int

    @property
    def empty(self) -> bool:
        return not any(self)


def diff(old: Graph, new: Graph) -> Diff:
    """What is in one graph and not in the other, or is not the same in both."""
    before, after = _nodes(old), _nodes(new)
    added, removed = sorted(after.keys() - before.keys()), sorted(before.keys() - after.keys())
    both = sorted(before.keys() & after.keys())
    gone, come = pl.col("polarity_after").is_null(), pl.col("polarity").is_null()
    polarity_kept = pl.col("polarity") == pl.col("polarity_after")
    same = polarity_kept & (pl.col("evidence") == pl.col("evidence_after"))
    pairs = _triples(old).lazy().join(_triples(new).lazy(), on=_TRIPLE, how="full", coalesce=True, suffix="_after")
    edges = pairs.filter(same.fill_null(False).not_()).collect(engine="streaming").sort(_TRIPLE)
    turned = edges.filter(~gone & ~come & ~polarity_kept)
    return Diff(
        nodes_added=tuple(added),
        nodes_removed=tuple(removed),
        renamed=tuple(NodeChange(i, before[i][0], after[i][0]) for i in both if before[i][0] != after[i][0]),
        retyped=tuple(NodeChange(i, before[i][1], after[i][1]) for i in both if before[i][1] != after[i][1]),
        merged=_known_as(removed, before, new),
        split=_known_as(added, after, old),
        edges_added=tuple(Said(*row) for row in edges.filter(come).select(*_TRIPLE, "polarity_after").iter_rows()),
        edges_removed=tuple(Said(*row) for row in edges.filter(gone).select(*_TRIPLE, "polarity").iter_rows()),
        turned=tuple(Turned(*row) for row in turned.select(*_TRIPLE, "polarity", "polarity_after").iter_rows()),
        restated=edges.filter(polarity_kept).height,
    )


def by_relation_and_source(edges: Iterable[Said | Turned]) -> dict[tuple[str, str], list[Said | Turned]]:
    """The edges of a diff in groups, sorted."""
    groups: dict[tuple[str, str], list[Said | Turned]] = defaultdict(list)
    for edge in edges:
        groups[edge.relation, edge.source].append(edge)
    return dict(sorted(groups.items()))


def successors(graph: Graph, node_ids: Iterable[str], names: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """(old id, id in the graph) of those that the graph knows as a cross-reference or, failing that, by their name.

    A cross-reference or name that several nodes share says nothing and is left out.
    """
    gone = dict(zip(node_ids, names, strict=True))
    by_xref, by_alias = _owners(graph, graph.xrefs, gone.keys()), _owners(graph, graph.aliases, gone.values())
    found = ((node_id, by_xref.get(node_id) or by_alias.get(name)) for node_id, name in gone.items())
    return tuple((node_id, owner) for node_id, owner in found if owner)


def _known_as(gone: list[str], nodes: dict[str, tuple[str, str]], other: Graph) -> tuple[tuple[str, str], ...]:
    return successors(other, gone, [nodes[node_id][0] for node_id in gone])


def _owners(graph: Graph, column: list[list[str]], wanted: Iterable[str]) -> dict[str, str]:
    """The node that alone has each wanted value in a column of lists."""
    sought = set(wanted)
    owners: dict[str, set[str]] = defaultdict(set)
    for node_id, values in zip(graph.ids, column, strict=True):
        for value in values:
            if value in sought:
                owners[value].add(node_id)
    return {value: min(found) for value, found in sorted(owners.items()) if len(found) == 1}


def _nodes(graph: Graph) -> dict[str, tuple[str, str]]:
    return dict(zip(graph.ids, zip(graph.names, graph.types, strict=True), strict=True))


def _triples(graph: Graph) -> pl.DataFrame:
    """One row a triple and source: its polarity, and a hash of its evidence, all but ids and releases."""
    edges = pl.scan_parquet(graph.file("edges.parquet")).with_columns(pl.col(pl.Categorical).cast(pl.String))
    columns = edges.collect_schema().names()
    details = sorted(name for name in columns if name not in ("edge_id", "positive", "release", *_TRIPLE))
    # a hash a column, salted with its name: one that only one of two graphs has must not shift the others
    hashes = [
        pl.when(pl.col(name).is_not_null()).then(pl.col(name).hash(crc32(name.encode()))).otherwise(0)
        for name in details
    ]
    polarity = (
        pl.when(pl.col("positive").all()).then(pl.lit("yes"))
        .when(pl.col("positive").any()).then(pl.lit("both"))
        .otherwise(pl.lit("NOT"))
    )  # fmt: skip
    evidence = pl.sum_horizontal(hashes).hash().sum()  # sums wrap around; no order of columns or rows matters
    found = edges.group_by(_TRIPLE).agg(polarity.alias("polarity"), evidence.alias("evidence"))
    return found.collect(engine="streaming")
