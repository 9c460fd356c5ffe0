"""From a pool of ids to entities: the rules in order, and what became of every id."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from florey.errors import BadInput
from florey.graph.joining.clusters import Clusters, Merge, Refusal, proposal
from florey.graph.joining.overrides import Overrides
from florey.graph.joining.pool import Entity, Pool, TypeConflict
from florey.graph.joining.rules import RULES
from florey.graph.linking.mention import Name
from florey.graph.model import Node

OVERRIDE = "override"


@dataclass(frozen=True)
class Joined:
    """What is one thing. `clusters` knows every merge and refusal."""

    clusters: Clusters
    sources: tuple[str, ...]  # in order of trust
    conflicts: tuple[TypeConflict, ...]

    @cached_property
    def canonical(self) -> dict[str, str]:
        """For every id of every source the id that stands for it."""
        entities = self.clusters.entities
        return {entity.id: entities[self.clusters.find(number)].id for number, entity in enumerate(entities)}

    @property
    def merges(self) -> list[Merge]:
        return self.clusters.merges

    @property
    def refusals(self) -> list[Refusal]:
        return self.clusters.refusals

    def nodes(self) -> Iterator[Node]:
        """One node a cluster, sorted by id: its own name first, everything else it is called as aliases."""
        for number, entity in enumerate(self.clusters.entities):
            if self.clusters.find(number) == number:
                members = [self.clusters.entities[member] for member in self.clusters.members(number)]
                yield _node(entity, members, self.sources)

    def names(self) -> Iterator[Name]:
        """Every name and alias with the id that stands for the thing."""
        for node in self.nodes():
            yield Name(node.name, node.id, node.type)
            for alias in node.aliases:
                yield Name(alias, node.id, node.type, preferred=False)


def join(pool: Pool, overrides: Overrides | None = None, *, twins: bool = False) -> Joined:
    """Join what is one thing. Depends on the order of trust, not on the order of nodes within a source.

    `twins`: whether entries of different registers of rare diseases (see `clusters.REGISTERS`) may be one thing too.
    Raises BadInput for overrides that name unknown ids or contradict each other.
    """
    overrides = overrides or Overrides()
    entities = pool.ordered()
    overrides.check(pool.entities)
    numbers = {entity.id: number for number, entity in enumerate(entities)}
    apart = [(numbers[one], numbers[other]) for one, other in overrides.apart_pairs]
    clusters = Clusters(entities, apart, twins)
    for one, other, reason in overrides.together_pairs:
        clusters.unite(proposal(numbers[one], numbers[other], OVERRIDE, reason))
    for one, other in overrides.apart_pairs:
        if clusters.find(numbers[one]) == clusters.find(numbers[other]):
            raise BadInput(f"overrides: '{one}' and '{other}' are to be one and to be apart")
    for rule in RULES:
        clusters.follow(rule(clusters))
    return Joined(clusters, tuple(pool.sources), tuple(pool.conflicts))


def _node(entity: Entity, members: list[Entity], sources: Sequence[str]) -> Node:
    found_in = {source for member in members for source in member.sources}
    xrefs = {xref for member in members for xref in (member.id, *member.xrefs)} - {entity.id}
    return Node(
        entity.id,
        entity.type,
        entity.name,
        tuple(entity.aliases) if len(found_in) == 1 else _aliases(entity.name, members),
        tuple(sorted(xrefs)),
        tuple(source for source in sources if source in found_in),
    )


def _aliases(name: str, members: list[Entity]) -> tuple[str, ...]:
    """All other names, sorted; of spellings that differ in case only, one."""
    found: dict[str, str] = {}
    for member in members:
        for alias in (member.name, *member.aliases):
            folded = alias.casefold()
            found[folded] = min(alias, found.get(folded, alias))
    found.pop(name.casefold(), None)
    return tuple(sorted(found.values()))
