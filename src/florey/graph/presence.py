"""Is a statement true, false or unknown in this graph? Three-valued, with the evidence for the answer.

Presence is a question about the ontology: an annotation to a descendant satisfies its ancestors, a denial of an
ancestor denies its descendants, and an annotation to an ancestor only leaves its descendants open.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt

from florey.errors import BadInput
from florey.graph.csr import Ints
from florey.graph.store import Graph
from florey.records import Strength, Support

MAX_EDGES = 4
"""How many edges of each polarity a Support names: a broad term may rest on dozens."""

_STRENGTHS = list(Strength)
Named = tuple[int, str]  # an edge by the node it points to and its id


class Presence:
    """Answers for one graph. `min_completeness`: below it, a missing edge is unknown rather than absent."""

    def __init__(self, graph: Graph, min_completeness: float = 0.2) -> None:
        if not 0 <= min_completeness <= 1:
            raise BadInput(f"min_completeness is {min_completeness}, expected 0 to 1")
        self.graph = graph
        self.min_completeness = min_completeness
        self._completeness = lru_cache(maxsize=None)(self._completeness_of)  # a graph has more relations than are asked
        self._negatives = lru_cache(maxsize=None)(graph.negatives)
        self._up = lru_cache(maxsize=65_536)(self._ancestors_or_self)
        self._annotated = lru_cache(maxsize=65_536)(self._objects)
        self._asserted = lru_cache(maxsize=65_536)(self._positive)

    def support(self, subject: int, relation: str, object: int) -> Support:
        """What the graph says of (subject, relation, object), all node indices; the rules in order:

        1. denied (the object or an ancestor) by an edge that no positive edge contradicts: absent, by the strongest
        2. denied and asserted, here or at that ancestor: a contradiction, unknown
        3. asserted (the object or a descendant): present
        4. asserted for a strict ancestor only: unknown
        5. nothing said: absent by the closed world if the relation is complete enough for the subject, else unknown
        """
        graph, closure, up = self.graph, self.graph.table(relation, "closure"), self._up(object)
        negatives = self._negatives(relation).get(subject)
        denials = [row for row in negatives if graph.object_of(row) in up] if negatives else []
        if denials:
            standing = [row for row in denials if not closure.has(subject, graph.object_of(row))]
            if standing:
                best = min(int(graph.edge_strengths[row]) for row in standing)
                rows = [row for row in standing if graph.edge_strengths[row] == best]
                return Support(state="absent", strength=_STRENGTHS[best], edges=_few(self._named(rows), object))
            denied = sorted({graph.object_of(row) for row in denials})
            asserted = sorted({named for node in denied for named in self._assertions(subject, relation, node)})
            edges = _few(self._named(denials), object) + _few(asserted, object)
            return Support(state="unknown", edges=tuple(sorted(edges)))
        if closure.has(subject, object):
            edges = _few(self._assertions(subject, relation, object), object)
            return Support(state="present", strength=Strength.ASSERTED, edges=edges)
        if not self._annotated(subject, relation).isdisjoint(up):
            return Support(state="unknown")
        completeness = self.completeness(subject, relation)
        if completeness == 0 or completeness < self.min_completeness:
            return Support(state="unknown")
        return Support(state="absent", strength=Strength.CLOSED_WORLD, completeness=completeness)

    def completeness(self, subject: int, relation: str) -> float:
        """n / (n + k): n distinct positive objects, k the median n > 0 among the subject's vocabulary; 0 if n = 0."""
        return float(self._completeness(relation)[subject])

    def is_complete(self, relation: str) -> npt.NDArray[np.bool_]:
        """Of every subject: whether a missing edge counts as absent. Shape (n,)."""
        found = self._completeness(relation)
        return (found > 0) & (found >= self.min_completeness)

    def satisfied_by(self, relation: str, object: int) -> Ints:
        """Subjects with a positive edge to the object or a descendant, sorted."""
        return self.graph.table(relation, "satisfied_by").row(object)

    def closure(self, subject: int, relation: str) -> Ints:
        """All objects present for the subject: the annotated ones and all their ancestors, sorted."""
        return self.graph.table(relation, "closure").row(subject)

    def _completeness_of(self, relation: str) -> npt.NDArray[np.float64]:
        counts = self.graph.table(relation, "objects").lengths().astype(np.float64)
        typical = np.ones(len(counts))
        names, codes = np.unique(np.array(self.graph.vocabularies), return_inverse=True)
        for code in range(len(names)):
            mine = codes == code
            if known := counts[mine & (counts > 0)].tolist():
                typical[mine] = np.median(known)
        return counts / (counts + typical)

    def _ancestors_or_self(self, node: int) -> frozenset[int]:
        return frozenset((node, *self.graph.ancestors(node).tolist()))

    def _objects(self, subject: int, relation: str) -> frozenset[int]:
        return frozenset(self.graph.objects(subject, relation).tolist())

    def _positive(self, subject: int, relation: str) -> list[Named]:
        rows = self.graph.rows(subject, relation)
        return self._named([row for row in rows if self.graph.edge_strengths[row] == 0])

    def _assertions(self, subject: int, relation: str, object: int) -> list[Named]:
        """The positive edges to the object or a descendant."""
        return [named for named in self._asserted(subject, relation) if object in self._up(named[0])]

    def _named(self, rows: list[int]) -> list[Named]:
        return [(self.graph.object_of(row), self.graph.edge_ids[row].decode()) for row in rows]


def _few(edges: list[Named], object: int) -> tuple[str, ...]:
    """The first MAX_EDGES edge ids, those at the object itself before others, then sorted."""
    ranked = sorted([(at != object, edge_id) for at, edge_id in edges])
    return tuple(sorted([edge_id for _, edge_id in ranked[:MAX_EDGES]]))
