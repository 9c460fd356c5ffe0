"""What the sources say of each id, before ids are joined."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from florey.graph.model import Node


class TypeConflict(NamedTuple):
    """One id that two sources hold for different kinds of thing; the more trusted one is believed."""

    id: str
    kept_type: str
    kept_source: str
    other_type: str
    other_source: str


@dataclass(slots=True)
class Entity:
    """One id. Type and name are those of the most trusted source that has it."""

    id: str
    type: str
    name: str
    rank: int  # place of that source in the order of trust
    sources: list[str]
    aliases: list[str] = field(default_factory=list)  # as the sources order them, with repeats
    xrefs: set[str] = field(default_factory=set)

    @property
    def vocabulary(self) -> str:
        return self.id.partition(":")[0]


class Pool:
    """Entities by id. Sources are added in order of trust, each under a name of its own."""

    def __init__(self) -> None:
        self.entities: dict[str, Entity] = {}
        self.sources: list[str] = []
        self.conflicts: list[TypeConflict] = []

    def add(self, source: str, nodes: Iterable[Node]) -> list[str]:
        """Add a source's nodes; returns the ids that it gives more than once (the first counts)."""
        rank = len(self.sources)
        self.sources.append(source)
        repeated = []
        for node in nodes:
            known = self.entities.get(node.id)
            if known is None:
                found = Entity(node.id, node.type, node.name, rank, [source], [*node.aliases], {*node.xrefs})
                self.entities[node.id] = found
            elif known.sources[-1] == source:
                repeated.append(node.id)
            else:
                self._more(known, node, source)
        return repeated

    def _more(self, known: Entity, node: Node, source: str) -> None:
        if node.type != known.type:
            self.conflicts.append(TypeConflict(node.id, known.type, known.sources[0], node.type, source))
        known.sources.append(source)
        known.aliases += [node.name, *node.aliases]
        known.xrefs.update(node.xrefs)

    def ordered(self) -> list[Entity]:
        """All entities sorted by id: the order in which nothing depends on that of a source's rows."""
        return [self.entities[id] for id in sorted(self.entities)]
