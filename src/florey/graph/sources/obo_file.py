"""Any OBO file as a source."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

from florey.errors import BadInput, nearest
from florey.graph.model import IS_A, NODE_TYPES, RELATIONS, Node, Statement, joins, relation, statement
from florey.graph.sources import Licence, distinct
from florey.graph.sources.obo import read_obo
from florey.graph.sources.reading import Misfits

RELATIONSHIPS = {"part_of": "located_in", "BFO:0000050": "located_in", "located_in": "located_in"}
"""Relations as OBO files name them, where the graph has the same one under another name."""


class Obo:
    """Any OBO file as a source: its live terms, their exact synonyms and xrefs, is_a and the relationships it knows."""

    def __init__(
        self,
        path: Path,
        *,
        source: str,
        licence: Licence,
        type: str | None = None,
        types: Mapping[str, str] | None = None,
        relations: Mapping[str, str] | None = None,
        strict: bool = True,
    ) -> None:
        """`types`: type of a term by the first of these roots that it stands under; `type`: that of all others (None:
        they are left out). `relations`: the graph's relation for a relationship of the file, beside RELATIONSHIPS.
        """
        self.path, self.source = path, source
        self.dropped: Counter[str] = Counter()
        self.rewritten: Counter[str] = Counter()
        self.licences = {source: licence}
        self.relations = {**RELATIONSHIPS, **(relations or {})}
        for known in (relations or {}).values():
            relation(known)
        for kind in (type, *(types or {}).values()):
            if kind is not None and kind not in NODE_TYPES:
                raise BadInput(f"source '{source}': unknown type '{kind}'{nearest(kind, NODE_TYPES)}")
        self.ontology = read_obo(path, Misfits(strict, self.dropped))
        self.release = self.ontology.release
        self.types = self._typed(type, types or {})

    def _typed(self, type: str | None, types: Mapping[str, str]) -> dict[str, str]:
        terms = self.ontology.terms
        below: list[tuple[str, frozenset[str]]] = []
        for root, kind in types.items():
            if root not in terms:
                raise BadInput(f"{self.path}: no live term '{root}'{nearest(root, terms)}, needed as root of '{kind}'")
            below.append((kind, self.ontology.below(root)))
        found = {term: next((kind for kind, members in below if term in members), type) for term in terms}
        return {term: kind for term, kind in found.items() if kind is not None}

    def nodes(self) -> Iterator[Node]:
        for term in self.ontology.terms.values():
            if term.id in self.types:
                yield Node(term.id, self.types[term.id], term.name, term.synonyms, term.xrefs)
            else:
                self.dropped["term: under no root that has a type"] += 1

    def statements(self) -> Iterator[Statement]:
        yield from distinct(self._all(), self.dropped)

    def _all(self) -> Iterator[Statement]:
        for term in self.ontology.terms.values():
            said = [(IS_A, IS_A, parent) for parent in term.parents]
            said += [(name, self.relations.get(name, name), other) for name, other in term.relationships]
            for name, known, given in said:
                other = self.ontology.resolve(given)
                if reason := self._misfit(term.id, name, known, other):
                    self.dropped[reason] += 1
                elif other:
                    if other != given:
                        self.rewritten["alternative or replaced id"] += 1
                    yield statement(term.id, known, other, self.source, self.release)

    def _misfit(self, subject: str, name: str, known: str, object: str | None) -> str | None:
        """Why the graph cannot hold what is said, or None."""
        if known not in RELATIONS:
            return f"{name}: no such relation in the graph"
        ends = self.types.get(subject), self.types.get(object or "")
        if not ends[0] or not ends[1]:
            return f"{name}: an end is no node"
        return None if joins(known, ends[0], ends[1]) else f"{name}: from {ends[0]} to {ends[1]}"
