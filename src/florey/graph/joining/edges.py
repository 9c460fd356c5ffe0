"""Statements on the joined entities: ends rewritten, exact repeats and circles of is_a taken out and counted."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from florey.errors import BadInput, nearest
from florey.graph.joining.join import Joined
from florey.graph.model import IS_A, Statement, ends_in_words, frequency_bounds, joins, statement

_DETAILS = Statement._fields[Statement._fields.index("reference") :]


class Broken(NamedTuple):
    """An is_a statement left out because it closed a circle."""

    statement: Statement
    source: str


class Rewriter:
    """Rewrites the statements of several sources, one after the other; `dropped` counts by source and reason."""

    def __init__(self, joined: Joined) -> None:
        self._canonical = joined.canonical
        self._types = {node.id: node.type for node in joined.nodes()}
        self._retyped = {self._canonical[conflict.id] for conflict in joined.conflicts}
        self._fitting: set[tuple[str, str, str]] = set()  # relations and types already found to fit
        self._seen: set[str] = set()
        self._hierarchy: list[tuple[int, Statement]] = []  # (rank of the source, is_a), held back until all are known
        self._sources: list[str] = []
        self.dropped: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self.broken: list[Broken] = []

    def rewrite(self, source: str, statements: Iterable[Statement], *, strict: bool) -> Iterator[Statement]:
        """The statements of one source but is_a, which `hierarchy` gives at the end.

        Raises BadInput for a statement about an unknown node or, in a strict source, between types that its relation
        does not join, unless it is joining that gave the node another type.
        """
        rank = len(self._sources)
        self._sources.append(source)
        own: list[tuple[str, str]] = []
        for found in statements:
            if found.relation == IS_A:
                own.append((found.subject, found.object))
            now = self._rewritten(found, source, strict)
            if now is None:
                continue
            if now.edge_id in self._seen:
                self.dropped[source][f"{now.relation}: says the same as another"] += 1
                continue
            self._seen.add(now.edge_id)
            if now.relation == IS_A:
                self._hierarchy.append((rank, now))
            else:
                yield now
        if strict and (circle := on_circles(own)):
            first = ", ".join(f"{child} is_a {parent}" for child, parent in sorted(circle)[:3])
            raise BadInput(f"{source}: is_a has a cycle through {len(circle)} edges, among them {first}")

    def _rewritten(self, found: Statement, source: str, strict: bool) -> Statement | None:
        """The statement about the joined entities, or None if it is dropped, which is counted."""
        subject, object = self._canonical.get(found.subject), self._canonical.get(found.object)
        if subject is None or object is None:
            if strict:
                missing = found.subject if subject is None else found.object
                hint = nearest(missing, self._canonical)
                raise BadInput(f"edge '{found.edge_id}' of {source}: no node '{missing}'{hint}")
            self.dropped[source][f"{found.relation}: unknown node"] += 1
            return None
        ends = (found.relation, self._types[subject], self._types[object])
        if ends not in self._fitting:
            if not joins(*ends):
                if strict and not {subject, object} & self._retyped:
                    raise BadInput(_misfit(found, source, ends))
                self.dropped[source][f"{found.relation}: from {ends[1]} to {ends[2]}"] += 1
                return None
            self._fitting.add(ends)
        if subject == found.subject and object == found.object:
            return found
        if subject == object and found.subject != found.object:
            self.dropped[source][f"{found.relation}: both ends are one entity now"] += 1
            return None
        return renamed(found, subject, object)

    def hierarchy(self) -> Iterator[Statement]:
        """The is_a statements of all sources without those that close a circle, the least trusted taken out first."""
        standing: dict[tuple[str, str], int] = {}
        for rank, found in self._hierarchy:
            pair = (found.subject, found.object)
            standing[pair] = min(rank, standing.get(pair, rank))
        removed = open_circles(standing)
        for rank, found in self._hierarchy:
            if (found.subject, found.object) in removed:
                self.dropped[self._sources[rank]]["is_a: closes a circle"] += 1
                self.broken.append(Broken(found, self._sources[rank]))
            else:
                yield found


def renamed(found: Statement, subject: str, object: str) -> Statement:
    """The same statement about other nodes; its id is again the hash of what it says."""
    details = {name: value for name in _DETAILS if (value := getattr(found, name)) is not None}
    negated = not found.positive and frequency_bounds(found.frequency) != (0, 0)
    return statement(subject, found.relation, object, found.source, found.release, negated=negated, **details)


def open_circles(standing: Mapping[tuple[str, str], int]) -> set[tuple[str, str]]:
    """The pairs (child, parent) to remove so that no circle is left; `standing`: lower is more trusted.

    One at a time, of every circle the least trusted, then the last by name: as few as that rule allows.
    """
    removed: set[tuple[str, str]] = set()
    left = on_circles(standing)
    while left:
        worst = max(left, key=lambda pair: (standing[pair], pair))
        removed.add(worst)
        left = on_circles(left - {worst})
    return removed


def on_circles(pairs: Iterable[tuple[str, str]]) -> set[tuple[str, str]]:
    """Those pairs that lie on a circle: both ends in one strongly connected component, or one end twice."""
    given = sorted(set(pairs))
    ids = sorted({id for pair in given for id in pair})
    number = {id: place for place, id in enumerate(ids)}
    ends = np.array([[number[one], number[other]] for one, other in given], np.int64).reshape(-1, 2)
    ones = np.ones(len(given), np.int8)
    matrix = sparse.csr_array((ones, (ends[:, 0], ends[:, 1])), shape=(len(ids), len(ids)))
    _, component = connected_components(matrix, connection="strong")
    sizes: Sequence[int] = np.bincount(component, minlength=1).tolist()
    return {
        pair
        for pair in given
        if (home := component[number[pair[0]]]) == component[number[pair[1]]]
        and (sizes[home] > 1 or pair[0] == pair[1])
    }


def _misfit(found: Statement, source: str, ends: tuple[str, str, str]) -> str:
    return (
        f"edge '{found.edge_id}' of {source} ({found.subject} {found.relation} {found.object}) leads from {ends[1]} to "
        f"{ends[2]}; expected {ends_in_words(found.relation)}"
    )
