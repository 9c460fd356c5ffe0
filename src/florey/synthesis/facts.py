"""The graph as dictionaries of sets, for the verifier: worked out anew from the two Parquet files.

Shares no code with the store, the presence rules, the sampler or the issuer of certificates, on purpose.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from statistics import median

import polars as pl

from florey.errors import BadInput
from florey.files import read_json
from florey.records import ANSWER, BRIDGE, Condition, Strength

ORDER = list(Strength)
"""Strongest first."""


class Facts:
    """The graph as dictionaries of sets."""

    def __init__(self, folder: Path, min_completeness: float) -> None:
        if not (folder / "graph.json").is_file():
            raise BadInput(f"{folder}: not a graph (no graph.json)")
        self.digest = read_json(folder / "graph.json").get("digest")
        self.min_completeness = min_completeness
        nodes = pl.read_parquet(folder / "nodes.parquet")
        self.name = dict(zip(nodes["id"], nodes["name"], strict=True))
        self.type = dict(zip(nodes["id"], nodes["type"], strict=True))
        self.vocabulary = {node: node.split(":")[0] for node in self.name}
        self.parents: dict[str, set[str]] = defaultdict(set)
        self.said: dict[tuple[str, str], dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
        self.denied: dict[tuple[str, str], dict[str, list[tuple[Strength, str]]]] = defaultdict(
            lambda: defaultdict(list)
        )
        self.sayers: dict[tuple[str, str], set[str]] = defaultdict(set)
        self.edges: dict[str, tuple[object, ...]] = {}
        self._up: dict[str, frozenset[str]] = {}
        self._read_edges(folder)
        self.children: dict[str, set[str]] = defaultdict(set)
        for node, parents in self.parents.items():
            for parent in parents:
                self.children[parent].add(node)
        self._down: dict[str, frozenset[str]] = {}
        self._typical = self._medians()

    def _read_edges(self, folder: Path) -> None:
        columns = ["edge_id", "subject", "relation", "object", "positive"]
        columns += ["source", "release", "reference", "code", "frequency"]
        for row in pl.read_parquet(folder / "edges.parquet", columns=columns).iter_rows():
            edge, subject, relation, object, positive = row[:5]
            self.edges[edge] = row[1:]
            if not positive:
                self.denied[subject, relation][object].append((_denial(row[-1]), edge))
                continue
            self.said[subject, relation][object].append(edge)
            self.sayers[relation, object].add(subject)
            if relation == "is_a":
                self.parents[subject].add(object)

    def _medians(self) -> dict[tuple[str, str], float]:
        """By vocabulary and relation: the median number of distinct objects of a subject that has any."""
        counts: dict[tuple[str, str], list[int]] = defaultdict(list)
        for (subject, relation), objects in self.said.items():
            counts[self.vocabulary[subject], relation].append(len(objects))
        return {key: median(values) for key, values in counts.items()}

    def up(self, node: str) -> frozenset[str]:
        """The node and its ancestors."""
        if node not in self._up:
            self._up[node] = _reach(node, self.parents)
        return self._up[node]

    def down(self, node: str) -> frozenset[str]:
        """The node and its descendants."""
        if node not in self._down:
            self._down[node] = _reach(node, self.children)
        return self._down[node]

    def completeness(self, subject: str, relation: str) -> float:
        n = len(self.said.get((subject, relation), ()))
        return n / (n + self._typical[self.vocabulary[subject], relation]) if n else 0.0

    def truth(self, subject: str, relation: str, object: str) -> tuple[str, Strength | None, set[str]]:
        """(state, strength, ids of every edge it may rest on) by the rules of presence.

        A denial of the object or an ancestor stands unless something at or below what it denies is asserted.
        """
        said, denied = self.said.get((subject, relation), {}), self.denied.get((subject, relation), {})
        up = self.up(object)
        denials = denied.keys() & up
        standing = [pair for node in denials if self.down(node).isdisjoint(said) for pair in denied[node]]
        if standing:
            best = min(standing, key=lambda pair: ORDER.index(pair[0]))[0]
            return "absent", best, {edge for strength, edge in standing if strength is best}
        below = said.keys() & self.down(object)
        if denials:
            return "unknown", None, set()
        if below:
            return "present", Strength.ASSERTED, {edge for node in below for edge in said[node]}
        complete = self.completeness(subject, relation)
        if not up.isdisjoint(said) or complete == 0 or complete < self.min_completeness:
            return "unknown", None, set()
        return "absent", Strength.CLOSED_WORLD, set()

    def joined(self, option: str, conditions: Sequence[Condition]) -> list[str | None]:
        """Every node that a positive edge joins to the option as the pattern's bridge; [None] without a bridge."""
        if not any(BRIDGE in (c.subject, c.object) for c in conditions):
            return [None]
        for c in conditions:
            if c.holds and (c.subject, c.object) == (BRIDGE, ANSWER):
                return [*sorted({s for node in self.down(option) for s in self.sayers.get((c.relation, node), ())})]
            if c.holds and (c.subject, c.object) == (ANSWER, BRIDGE):
                return [*sorted({o for node in self.said.get((option, c.relation), ()) for o in self.up(node)})]
        return []


def _reach(start: str, steps: dict[str, set[str]]) -> frozenset[str]:
    seen, ahead = {start}, [start]
    while ahead:
        new = steps.get(ahead.pop(), set()) - seen
        seen |= new
        ahead += new
    return frozenset(seen)


def _denial(frequency: str | None) -> Strength:
    if frequency and re.fullmatch(r"0+/\d+", frequency):
        return Strength.ZERO_OF_N
    if frequency and (frequency == "HP:0040285" or re.fullmatch(r"0+(\.0+)?%", frequency)):
        return Strength.EXCLUDED
    return Strength.NEGATED
