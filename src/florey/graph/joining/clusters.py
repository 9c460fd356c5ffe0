"""Union-find under constraints: what must not be one thing never becomes one, however long the chain."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from florey.graph.joining.pool import Entity

REGISTERS = {"ORPHA": "rare disease", "OMIM": "rare disease", "DECIPHER": "rare disease"}
"""Vocabularies that HPO annotates side by side. They cut diseases differently (clinical entity, locus), so that by
default a cluster has at most one id of them all; Orphanet, the first, is what others mean by a name that both have."""
_PREFERRED = next(iter(REGISTERS))

TYPES = "types differ"
VOCABULARY = "two ids of one vocabulary"
APART = "kept apart by an override"
AMBIGUOUS = "fits several of one vocabulary"
TWIN = "another register's entry has the same claim"


class Proposal(NamedTuple):
    """Two entities (by number) that a rule takes for one thing."""

    one: int
    other: int
    rule: str
    reason: str


def proposal(one: int, other: int, rule: str, reason: str) -> Proposal:
    return Proposal(min(one, other), max(one, other), rule, reason)


class Merge(NamedTuple):
    """A proposal that was followed; `lost`: the entity that stood for its cluster until then."""

    lost: int
    proposal: Proposal


class Refusal(NamedTuple):
    proposal: Proposal
    obstacle: str


class Clusters:
    """Every entity starts alone. `apart`: pairs (by number) that may never meet. `twins`: let registers join."""

    def __init__(self, entities: Sequence[Entity], apart: Iterable[tuple[int, int]] = (), twins: bool = False) -> None:
        self.entities = entities
        self.merges: list[Merge] = []
        self.refusals: list[Refusal] = []
        self._parent = list(range(len(entities)))  # of a root: itself, the entity that stands for the cluster
        self._registers = {} if twins else REGISTERS
        self._members: dict[int, list[int]] = {}  # of clusters of more than one
        self._foes: defaultdict[int, set[int]] = defaultdict(set)
        for one, other in apart:
            self._foes[one].add(other)
            self._foes[other].add(one)

    def find(self, entity: int) -> int:
        """The entity that stands for the cluster: of the most trusted source, then the first by id."""
        while self._parent[entity] != entity:
            self._parent[entity] = entity = self._parent[self._parent[entity]]
        return entity

    def members(self, root: int) -> list[int]:
        return self._members.get(root, [root])

    def registers(self, root: int) -> set[str]:
        """What a cluster can have only once."""
        names = (self.entities[member].vocabulary for member in self.members(root))
        return {self._registers.get(name, name) for name in names}

    def obstacle(self, one: int, other: int) -> str | None:
        """Why two clusters cannot be one, or None."""
        if self.entities[one].type != self.entities[other].type:
            return TYPES
        if any(self._foes.get(member, set()) & {*self.members(other)} for member in self.members(one)):
            return APART
        if self.registers(one) & self.registers(other):
            return VOCABULARY
        return None

    def unite(self, found: Proposal) -> None:
        """Make one cluster of two, whatever stands against it."""
        one, other = self.find(found.one), self.find(found.other)
        if one == other:
            return
        kept, lost = sorted((one, other), key=self._standing)
        self._members[kept] = self.members(kept) + self.members(lost)
        self._members.pop(lost, None)
        self._parent[lost] = kept
        self.merges.append(Merge(lost, found))

    def _standing(self, entity: int) -> tuple[int, str]:
        return self.entities[entity].rank, self.entities[entity].id

    def follow(self, proposals: Iterable[Proposal]) -> None:
        """Follow the proposals of one rule as far as they agree; what is refused is listed with its obstacle.

        A cluster that fits several of one register is joined with none of them, so that no order decides. What is
        left is united in order of trust, each time under the constraints.
        """
        pairs: dict[tuple[int, int], Proposal] = {}
        for found in sorted(proposals):
            one, other = sorted((self.find(found.one), self.find(found.other)), key=self._standing)
            if one != other:
                pairs.setdefault((one, other), found)
        possible = {}
        for pair, found in pairs.items():
            if why := self.obstacle(*pair):
                self.refusals.append(Refusal(found, why))
            else:
                possible[pair] = found
        torn = self._torn(possible)
        for pair in sorted(possible, key=lambda pair: (self._standing(pair[0]), self._standing(pair[1]))):
            one, other = self.find(pair[0]), self.find(pair[1])
            why = torn.get(pair) or (None if one == other else self.obstacle(one, other))
            if why:
                self.refusals.append(Refusal(possible[pair], why))
            else:
                self.unite(possible[pair])

    def _torn(self, pairs: Iterable[tuple[int, int]]) -> dict[tuple[int, int], str]:
        """The pairs that pull one cluster towards several that exclude each other."""
        partners: defaultdict[tuple[int, str], set[int]] = defaultdict(set)
        for one, other in pairs:
            for mine, theirs in ((one, other), (other, one)):
                for register in sorted(self.registers(theirs)):
                    partners[mine, register].add(theirs)
        torn: dict[tuple[int, int], str] = {}
        for (root, _), rivals in partners.items():
            if len(rivals) > 1:
                chosen = self._preferred(sorted(rivals))
                for rival in sorted(rivals - {chosen}):
                    first, second = sorted((root, rival), key=self._standing)
                    if chosen is None:
                        torn[first, second] = AMBIGUOUS
                    else:
                        torn.setdefault((first, second), TWIN)
        return torn

    def _preferred(self, rivals: Sequence[int]) -> int | None:
        """The one with an id of the preferred register, if the rivals are twins: no two of one vocabulary."""
        seen = [self.entities[member].vocabulary for rival in rivals for member in self.members(rival)]
        if len(seen) != len(set(seen)):
            return None
        for rival in rivals:
            if any(self.entities[member].vocabulary == _PREFERRED for member in self.members(rival)):
                return rival
        return None
