"""Metapaths, small trees of typed nodes, and the kinds of question that masks make of them: declared in YAML.

`metapaths.yaml` in this folder says what the keys mean and holds the ones that come with Florey. To add one: declare it
there, or in a file of your own (`synthesis.metapath_files`), and write its forms.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from florey.errors import BadInput, nearest
from florey.graph.model import NODE_TYPES, RELATIONS, joins
from florey.records import ANSWER, BRIDGE, Condition
from florey.settings import load_settings

FINDING = "has_finding"
GENE = "associated_gene"
MAX_HOPS = 5
SEVERAL = "..."
RELATION_PHRASES = {
    "binds_gene": "binds it",
    "upregulates_gene": "upregulates it",
    "downregulates_gene": "downregulates it",
    "treated_by": "is treated by it",
    "palliated_by": "has its symptoms relieved by it",
    "prevented_by": "is prevented by it",
    "caused_by": "is caused by it",
    "contraindicated_in": "is contraindicated in it",
    "has_side_effect": "has it as a side effect",
    "expresses_gene": "expresses it",
    "regulates_gene": "regulates it",
    "interacts_with_gene": "interacts with it",
    "covaries_with_gene": "covaries with it",
    "has_risk_factor": "has it as a risk factor",
    "has_complication": "has it as a complication",
    "has_symptom": "has it as a symptom",
}
"""How the relation to the object of a statement reads as an option, where the relation is asked."""


def relation_phrase(relation: str) -> str:
    return RELATION_PHRASES.get(relation, relation.replace("_", " "))


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class MaskSpec(_Part):
    """A kind of question as the file declares it."""

    direction: str = ""
    ask: str | tuple[str, str]
    hide: tuple[str, ...] = ()
    drop: tuple[str, ...] = ()
    among: tuple[str, ...] = ()
    decisive: str | None = None
    similar: tuple[str, str, str] | None = None
    prefer: dict[str, str] = {}
    forms: tuple[str, ...] = ()


class MetapathSpec(_Part):
    nodes: dict[str, str] = Field(min_length=2)
    edges: tuple[str, ...] = Field(min_length=1)
    masks: dict[str, MaskSpec] = Field(min_length=1)

    @model_validator(mode="after")
    def _sound(self) -> Self:
        for name, mask in self.masks.items():
            try:
                Kind.of(name, self, mask)
            except BadInput as error:
                raise ValueError(str(error)) from None
        return self


class _File(_Part):
    metapaths: Annotated[dict[str, MetapathSpec], Field(min_length=1)]


@dataclass(frozen=True)
class Link:
    """One edge of a metapath, by its variables."""

    subject: str
    relation: str
    object: str
    holds: bool = True
    several: str | None = None  # the end that stands for several nodes

    @classmethod
    def parse(cls, text: str) -> Self:
        """From "subject relation object" with "not" and "..." as the file writes them. BadInput otherwise."""
        words = text.split()
        holds = "not" not in words[1:2]
        if len(words) != (3 if holds else 4):
            raise BadInput(f"edge '{text}': expected 'subject relation object' or 'subject not relation object'")
        ends = words[0].removesuffix(SEVERAL), words[-1].removesuffix(SEVERAL)
        several = [end for end, word in zip(ends, (words[0], words[-1]), strict=True) if word.endswith(SEVERAL)]
        if len(several) == 2:
            raise BadInput(f"edge '{text}': only one end can stand for several nodes")
        if words[-2] not in RELATIONS:
            raise BadInput(f"edge '{text}': unknown relation '{words[-2]}'{nearest(words[-2], RELATIONS)}")
        return cls(ends[0], words[-2], ends[1], holds, several[0] if several else None)

    @property
    def ends(self) -> tuple[str, str]:
        return self.subject, self.object

    def other(self, end: str) -> str:
        return self.object if end == self.subject else self.subject


@dataclass(frozen=True)
class Variable:
    """A node of the tree, seen from the asked one. `parent`: place in `Kind.tree`; -1 for the asked node itself."""

    name: str
    types: tuple[str, ...]
    parent: int
    link: Link | None  # to the parent
    leaf: bool
    told: bool  # the stem names it
    required: bool  # its link is a condition of the question


@dataclass(frozen=True)
class Kind:
    """A kind of question: a metapath under a mask.

    `tree`: the metapath's variables outwards from the asked one, parents first. `among`: the relations to choose from
    where the relation is asked; then there is no tree and `asked` is the subject.
    """

    name: str
    direction: str
    asked: str
    nodes: Mapping[str, tuple[str, ...]]
    links: tuple[Link, ...]
    hidden: tuple[str, ...]
    dropped: frozenset[str]
    among: tuple[str, ...]
    decisive: str | None
    similar: tuple[str, str, str] | None
    common: frozenset[str]
    forms: tuple[str, ...]

    @classmethod
    def of(cls, name: str, metapath: MetapathSpec, mask: MaskSpec) -> Kind:
        """BadInput naming what is wrong, with the nearest known name."""
        links = tuple(map(Link.parse, metapath.edges))
        nodes = {variable: _types(variable, text) for variable, text in metapath.nodes.items()}
        asked = mask.ask if isinstance(mask.ask, str) else mask.ask[0]
        similar = (*mask.similar[:2],) if mask.similar else ()
        named = [*mask.hide, *mask.drop, *mask.prefer, *similar, *([mask.decisive] if mask.decisive else [])]
        named += [mask.ask] if isinstance(mask.ask, str) else mask.ask
        for variable in (*named, *(end for link in links for end in link.ends)):
            if variable not in nodes:
                raise BadInput(f"{name}: no node '{variable}'{nearest(variable, nodes)}; known: {', '.join(nodes)}")
        for link in links:
            _must_lead(name, link.relation, nodes[link.subject], nodes[link.object])
        for relation in (*mask.among, *mask.similar[2:]) if mask.similar else mask.among:
            if relation not in RELATIONS:
                raise BadInput(f"{name}: unknown relation '{relation}'{nearest(relation, RELATIONS)}")
        if wrong := [how for how in mask.prefer.values() if how != "common"]:
            raise BadInput(f"{name}: prefer: expected 'common', got '{wrong[0]}'")
        kind = cls(
            name=name,
            direction=mask.direction or "",
            asked=asked,
            nodes=nodes,
            links=links,
            hidden=mask.hide,
            dropped=frozenset(_beyond(links, asked, mask.drop)),
            among=mask.among,
            decisive=mask.decisive,
            similar=mask.similar,
            common=frozenset(mask.prefer),
            forms=mask.forms,
        )
        kind._check(mask)
        return kind

    def _check(self, mask: MaskSpec) -> None:
        reached = [variable.name for variable in self.tree]
        if len(self.links) != len(self.nodes) - 1 or len(reached) != len(self.nodes):
            raise BadInput(f"{self.name}: the edges must join all nodes to one tree, without a circle")
        if self.among or not isinstance(mask.ask, str):
            self._check_asked_relation(mask)
            return
        for variable in self.tree[1:]:
            self._check_variable(variable)
        if self.asked in self.hidden:
            raise BadInput(f"{self.name}: the asked node '{self.asked}' cannot be hidden too")
        if not any(variable.told for variable in self.tree):
            raise BadInput(f"{self.name}: the mask hides everything; name at least one node in the stem")
        if not any(link.holds for link in self.required):
            raise BadInput(f"{self.name}: every condition says 'not': nothing would lead to an answer")
        if sum(not link.holds for link in self.links) > 1:
            raise BadInput(f"{self.name}: only one edge can say 'not'")
        if self.similar:
            self._check_similar(*self.similar)
        if self.decisive and self.decisive not in {v.name for v in self.tree if v.leaf and v.told}:
            raise BadInput(f"{self.name}: decisive: '{self.decisive}' is no named leaf")
        if self.hops > MAX_HOPS:
            raise BadInput(f"{self.name}: {self.hops} hops, expected 1 to {MAX_HOPS}")

    def _check_variable(self, variable: Variable) -> None:
        link, leaf = variable.link, variable.leaf
        assert link is not None
        if link.several and (not leaf or link.several != variable.name):
            raise BadInput(f"{self.name}: '{link.several}{SEVERAL}' must be a leaf other than the asked node")
        if variable.name in self.hidden and leaf:
            raise BadInput(f"{self.name}: only a node in the middle can be hidden, '{variable.name}' is none")
        if variable.required and self.tree[variable.parent].told:
            raise BadInput(f"{self.name}: '{variable.name}' stands behind a named node: it decides nothing")
        if not link.holds and (not leaf or variable.parent):
            raise BadInput(f"{self.name}: an edge with 'not' must lead from '{self.asked}' to a leaf")

    def _check_asked_relation(self, mask: MaskSpec) -> None:
        link = self.links[0]
        if len(self.nodes) != 2 or len(self.among) < 2 or set(link.ends) != set(mask.ask):
            raise BadInput(f"{self.name}: to ask a relation takes one edge between the two nodes and 'among'")
        if not link.holds or link.several or link.relation not in self.among:
            raise BadInput(f"{self.name}: the edge that is asked must be one of 'among', without 'not' or '{SEVERAL}'")
        for relation in self.among:
            _must_lead(self.name, relation, self.nodes[link.subject], self.nodes[link.object])

    def _check_similar(self, like: str, unlike: str, relation: str) -> None:
        leaves = {v.name: v.link.holds for v in self.tree[1:] if v.told and v.link}
        if not leaves.get(like) or leaves.get(unlike, True) or self.nodes[like] != self.nodes[unlike]:
            raise BadInput(
                f"{self.name}: similar: expected a named leaf and, of its type, the one of the edge with 'not'"
            )
        if not set(self.nodes[like]) & set(RELATIONS[relation].subjects):
            raise BadInput(f"{self.name}: similar: {relation} does not lead from {' or '.join(self.nodes[like])}")

    @cached_property
    def tree(self) -> tuple[Variable, ...]:
        places, found = {self.asked: -1}, []
        ahead: list[tuple[str, int, Link | None]] = [(self.asked, -1, None)]
        while ahead:
            name, parent, link = ahead.pop(0)
            onwards = [each for each in self.links if name in each.ends and each is not link]
            told = name != self.asked and name not in self.hidden and name not in self.dropped
            required = link is not None and not self.dropped & {*link.ends}
            found.append(Variable(name, self.nodes[name], parent, link, not onwards, told, required))
            for each in onwards:
                if each.other(name) in places:
                    raise BadInput(f"{self.name}: the edges must join all nodes to one tree, without a circle")
                places[each.other(name)] = len(found) - 1
                ahead.append((each.other(name), len(found) - 1, each))
        return tuple(found)

    @property
    def required(self) -> tuple[Link, ...]:
        """The links that are conditions of the question, in the order of the file."""
        return tuple(link for link in self.links if not self.dropped & {*link.ends})

    @property
    def repeated(self) -> str | None:
        """The named node that stands for several, as many as the shape of a question says; None: there is none."""
        return next((v.name for v in self.tree if v.told and v.link and v.link.several), None)

    @cached_property
    def hops(self) -> int:
        """Edges of the longest path among the conditions: from a clue to the answer, or to another clue."""
        if self.among:
            return 1
        depth = dict.fromkeys((variable.name for variable in self.tree), 0)
        longest = 0
        for variable in reversed(self.tree[1:]):
            if variable.required:
                up = self.tree[variable.parent].name
                longest = max(longest, depth[up] + depth[variable.name] + 1)
                depth[up] = max(depth[up], depth[variable.name] + 1)
        return longest

    @cached_property
    def masks(self) -> Mapping[str, str]:
        """What stands in a condition for the asked and the hidden nodes."""
        hidden = [v.name for v in self.tree if v.name in self.hidden]
        return {self.asked: ANSWER, **{name: f"{BRIDGE}{i or ''}" for i, name in _numbered(hidden)}}

    def conditions(self, named: Mapping[str, Sequence[str]]) -> tuple[Condition, ...]:
        """The conditions, given the ids in the places of the named nodes."""
        if self.among:
            link = self.links[0]
            return (Condition(subject=named[link.subject][0], relation=ANSWER, object=named[link.object][0]),)
        found = []
        for link in self.required:
            subjects, objects = (
                (self.masks[end],) if end in self.masks else tuple(named[end]) for end in (link.subject, link.object)
            )
            found += [
                Condition(subject=s, relation=link.relation, object=o, holds=link.holds)
                for s in subjects
                for o in objects
            ]
        return tuple(found)


def _must_lead(name: str, relation: str, subjects: Sequence[str], objects: Sequence[str]) -> None:
    """BadInput unless the relation can join some of the types."""
    if not any(joins(relation, subject, object) for subject in subjects for object in objects):
        raise BadInput(f"{name}: {relation} does not lead from {' or '.join(subjects)} to {' or '.join(objects)}")


def _numbered(names: Sequence[str]) -> Iterator[tuple[int, str]]:
    """0 for the first, then 2, 3, …: "*", "*2", "*3"."""
    for i, name in enumerate(names):
        yield (0 if i == 0 else i + 1), name


def _types(variable: str, text: str) -> tuple[str, ...]:
    types = tuple(each.strip() for each in text.split("|"))
    for each in types:
        if each not in NODE_TYPES:
            raise BadInput(f"node '{variable}': unknown type '{each}'{nearest(each, NODE_TYPES)}")
    return types


def _beyond(links: Sequence[Link], asked: str, dropped: Sequence[str]) -> Iterator[str]:
    """The dropped nodes and what hangs on them, seen from the asked one."""
    ahead = [(asked, False)]
    seen = {asked}
    while ahead:
        name, gone = ahead.pop()
        if gone or name in dropped:
            yield name
        for link in links:
            if name in link.ends and link.other(name) not in seen:
                seen.add(link.other(name))
                ahead.append((link.other(name), gone or name in dropped))


@cache
def load_kinds(path: Path) -> Mapping[str, Kind]:
    """The kinds of question that a file declares. BadInput naming file, line and key."""
    declared = load_settings(path, _File, "list of metapaths")
    found: dict[str, Kind] = {}
    for metapath in declared.metapaths.values():
        for name, mask in metapath.masks.items():
            if name in found:
                raise BadInput(f"{path}: the mask '{name}' is declared twice")
            found[name] = Kind.of(name, metapath, mask)
    return found


def kinds(more: Sequence[Path] = ()) -> Mapping[str, Kind]:
    """By name: those that come with Florey and those of further files, which must not reuse a name."""
    found = dict(load_kinds(Path(str(files("florey.synthesis").joinpath("metapaths.yaml")))))
    for path in more:
        new = load_kinds(path)
        if twice := sorted(found.keys() & new.keys()):
            raise BadInput(f"{path}: a mask named '{twice[0]}' exists already")
        found |= new
    return found
