"""The kinds of question that come with Florey: directions, masks, hops and how relations read."""

from __future__ import annotations

import pytest

from florey.graph.model import NODE_TYPES, RELATIONS
from florey.records import ANSWER, hidden_of
from florey.synthesis.metapaths import RELATION_PHRASES, Kind, kinds, relation_phrase
from florey.synthesis.synthesizer import shares

DIRECTIONS = {  # as clinicians think, and the types of the answer
    "findings -> diagnosis": {"disease"},
    "diagnosis -> best test": {"procedure"},
    "diagnosis -> treatment": {"drug"},
    "drug -> mechanism": {"gene", "concept | pathway | biological_process", "drug"},
    "drug -> contraindication": {"disease | finding"},
    "finding that tells two diagnoses apart": {"finding"},
    "findings -> gene": {"gene"},
    "diagnosis -> inheritance": {"inheritance"},
    "diagnosis -> complication": {"disease | finding"},
}


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_the_clinical_directions_are_there(direction: str) -> None:
    mine = [kind for kind in kinds().values() if kind.direction == direction]
    assert mine
    assert {" | ".join(kind.nodes[kind.asked]) for kind in mine} == DIRECTIONS[direction]


def test_every_type_of_mask_is_there() -> None:
    every = kinds().values()
    edges = [kind.name for kind in every if kind.among]
    middles = [kind.name for kind in every if kind.hidden]
    branches = [kind.name for kind in every if kind.dropped]
    nodes = [kind.name for kind in every if not (kind.among or kind.hidden or kind.dropped)]
    assert edges and middles and branches and nodes
    assert {len(kind.hidden) for kind in every} >= {0, 1, 2, 3}
    assert any(not link.holds for kind in every for link in kind.required)
    assert any(kind.decisive for kind in every) and any(kind.similar for kind in every)


@pytest.mark.parametrize("kind", kinds().values(), ids=lambda kind: kind.name)
def test_each_that_comes_with_florey(kind: Kind) -> None:
    assert 1 <= kind.hops <= 4 and kind.direction
    assert set().union(*kind.nodes.values()) <= set(NODE_TYPES)
    assert {link.relation for link in kind.links} <= RELATIONS.keys()
    told = {v.name: [f"{v.name}:1", f"{v.name}:2"] if kind.repeated == v.name else [f"{v.name}:1"] for v in kind.tree}
    conditions = kind.conditions(told)
    text = " ".join(f"{c.subject} {c.relation} {c.object}" for c in conditions)
    assert ANSWER in text.split()
    assert len(hidden_of(conditions)) == len(kind.hidden)
    named = {v.name for v in kind.tree if v.told and (v.name not in kind.dropped)}
    if not kind.among:
        assert {word[:-2] for word in text.split() if ":" in word} == named
    assert all(relation in RELATION_PHRASES for relation in kind.among)


def test_two_to_four_hops_are_the_bulk() -> None:
    every = kinds()
    for count in (1, 7, 100, 9999):
        asked = shares(every, count)
        assert sum(asked.values()) == count and min(asked.values()) >= 0 and asked.keys() == every.keys()
    bulk = sum(wanted for name, wanted in asked.items() if 2 <= every[name].hops <= 4)
    assert bulk > 0.7 * sum(asked.values())
    assert min(asked.values()) > 0


def test_relations_in_words() -> None:
    assert RELATION_PHRASES.keys() <= RELATIONS.keys()
    assert len(set(RELATION_PHRASES.values())) == len(RELATION_PHRASES)
    assert relation_phrase("binds_gene") == "binds it" and relation_phrase("located_in") == "located in"
