"""What the compiled presence says is what the presence over the edges says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import numpy as np
import pytest

from florey.graph.presence import Presence
from florey.graph.store import Graph
from florey.records import Strength
from florey.synthesis.kernels.relations import CLOSED_WORLD, PRESENT, UNKNOWN, stack, state, within

NAMES = ("has_finding", "has_symptom", "associated_gene", "contraindicated_in", "located_in")


def said(presence: Presence, subject: int, relation: str, object: int) -> int:
    support = presence.support(subject, relation, object)
    if support.strength is None:
        return UNKNOWN
    return PRESENT if support.state == "present" else support.strength.rank


@pytest.mark.parametrize("seed", range(16))
def test_the_state_of_every_statement(random_graph: Callable[[int], Graph], seed: int) -> None:
    graph = random_graph(seed)
    presence = Presence(graph, (0.0, 0.2, 0.5, 0.8)[seed % 4])
    stacked = stack(presence, NAMES)
    for number, name in enumerate(NAMES):
        for subject in range(len(graph)):
            for object in range(len(graph)):
                assert state(stacked, number, subject, object) == said(presence, subject, name, object)


def test_every_state_occurs(random_graph: Callable[[int], Graph]) -> None:
    """Otherwise the comparison above would say little."""
    found: Counter[int] = Counter()
    for seed in range(16):
        graph = random_graph(seed)
        presence = Presence(graph)
        stacked = stack(presence, ["has_finding"])
        diseases, findings = graph.of_type("disease"), graph.of_type("finding")
        found.update(state(stacked, 0, d, f) for d in diseases.tolist() for f in findings.tolist())
    assert set(found) == {PRESENT, *(strength.rank for strength in Strength), UNKNOWN}
    assert min(found.values()) >= 20


def test_a_contradiction_at_an_ancestor_and_a_denial_that_stands(graph_of: Callable[..., Graph]) -> None:
    graph = graph_of(
        [
            *("HP:1 is_a HP:0", "HP:2 is_a HP:1", "HP:3 is_a HP:0"),
            *("OMIM:1 has_finding HP:1", "OMIM:1 not has_finding HP:0", "OMIM:1 not has_finding HP:2"),
            *("OMIM:2 has_finding HP:0", "OMIM:3 not has_finding HP:0", "OMIM:4 has_finding HP:2"),
        ]
    )
    stacked = stack(Presence(graph), ["has_finding"])
    look = {
        (disease, finding): state(stacked, 0, graph.index(f"OMIM:{disease}"), graph.index(f"HP:{finding}"))
        for disease in range(1, 5)
        for finding in range(4)
    }
    negated = Strength.NEGATED.rank
    assert [look[1, f] for f in range(4)] == [UNKNOWN, UNKNOWN, negated, UNKNOWN]
    assert [look[2, f] for f in range(4)] == [PRESENT, UNKNOWN, UNKNOWN, UNKNOWN]
    assert [look[3, f] for f in range(4)] == [negated] * 4
    assert [look[4, f] for f in range(4)] == [PRESENT, PRESENT, PRESENT, CLOSED_WORLD]


def test_within_finds_what_is_in_its_part_only() -> None:
    indices = np.array([1, 4, 6, 9, 2, 3, 9], np.int32)
    for start, stop in ((0, 4), (4, 7), (1, 3), (2, 2), (0, 1)):
        for wanted in range(11):
            assert within(indices, start, stop, wanted) == (wanted in indices[start:stop])
