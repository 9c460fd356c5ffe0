"""Whether an option satisfies a drawn pattern: the same verdict, for the same reason, as a certificate's proof."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import numpy as np
import pytest

from florey.graph.presence import Presence
from florey.graph.store import Graph
from florey.records import Strength
from florey.synthesis.certificates import MAX_BINDINGS, prove
from florey.synthesis.drawing import Drawing
from florey.synthesis.kernels.judging import NOTHING, SATISFIED, TOO_MANY, UNDECIDED, certify, judge
from florey.synthesis.kernels.pattern import scratch
from florey.synthesis.kernels.relations import PRESENT, UNKNOWN
from florey.synthesis.metapaths import Kind

D, E, F, G, T, C = "disease", "disease", "finding", "gene", "drug", "disease | finding"
KINDS: dict[str, tuple[dict[str, str], tuple[str, ...], str, tuple[str, ...]]] = {
    "a star": ({"d": D, "f": F, "s": F}, ("d has_finding f...", "d has_symptom s"), "d", ()),
    "the object asked": ({"d": D, "x": F, "n": D}, ("d has_finding x", "n not has_finding x"), "x", ()),
    "not, beside the answer": ({"t": T, "d": D, "c": C}, ("d treated_by t", "t not contraindicated_in c"), "t", ()),
    "one hidden": ({"d": D, "f": F, "g": G}, ("d has_finding f...", "d associated_gene g"), "g", ("d",)),
    "one hidden, with not": (
        {"d": D, "f": F, "n": D, "g": G},
        ("d has_finding f...", "n not associated_gene g", "d associated_gene g"),
        "g",
        ("d",),
    ),
    "one hidden, over its ancestors": (
        {"d": D, "h": F, "t": T},
        ("d has_complication h", "t contraindicated_in h"),
        "d",
        ("h",),
    ),
    "two hidden": (
        {"d": D, "f": F, "g": G, "t": T},
        ("d has_finding f...", "d associated_gene g", "t binds_gene g"),
        "t",
        ("d", "g"),
    ),
    "two hidden, one beside the other": (
        {"d": D, "e": E, "f": F, "s": F, "g": G},
        ("d associated_gene g", "e associated_gene g", "d has_finding f...", "e has_symptom s"),
        "g",
        ("d", "e"),
    ),
    "three hidden": (
        {"d": D, "f": F, "g": G, "e": E, "t": T},
        ("d has_finding f...", "d associated_gene g", "e associated_gene g", "e treated_by t"),
        "t",
        ("d", "g", "e"),
    ),
}


def rows(drawing: Drawing, rng: np.random.Generator, count: int) -> np.ndarray:
    """Instances where there are any, and nodes of the right types by lot."""
    graph, kind = drawing.material.graph, drawing.kind
    roots = np.flatnonzero(drawing.completions > 0)
    drawn = drawing.instances(rng.choice(roots, count // 2), 1, 1) if len(roots) else np.zeros((0, 0), np.int32)
    width = max(columns.stop for columns in (drawing.columns(v.name) for v in kind.tree))
    made = np.zeros((count, width), np.int32)
    for row in made:
        for v in kind.tree:
            columns = drawing.columns(v.name)
            possible = np.concatenate([graph.of_type(each) for each in v.types])
            row[columns] = rng.choice(possible, columns.stop - columns.start, replace=False)
    for row, instance in zip(made, drawn, strict=False):
        if instance[0] >= 0:
            row[instance >= 0] = instance[instance >= 0]  # the negative leaf stays the one by lot
    return made


def conditions(drawing: Drawing, row: np.ndarray) -> object:
    ids = drawing.material.graph.ids
    told = {v.name: [ids[node] for node in row[drawing.columns(v.name)]] for v in drawing.kind.tree if v.told}
    return drawing.kind.conditions(told)


def expected(presence: Presence, option: str, asked: object) -> tuple[int, int]:
    proof = prove(presence, option, asked)  # type: ignore[arg-type]
    if isinstance(proof, str):
        words = {"undecided": UNDECIDED, "no candidate for the hidden nodes": NOTHING}
        return words.get(proof, TOO_MANY), 0
    return (SATISFIED if proof.satisfies else proof.strength.rank), proof.strength.rank


@pytest.mark.parametrize("name", KINDS)
def test_the_verdict_is_that_of_the_certificate(
    name: str, random_graph: Callable[[int], Graph], kind: Callable[..., Kind], drawing: Callable[..., Drawing]
) -> None:
    rng = np.random.default_rng(len(name))
    found: Counter[int] = Counter()
    for seed in range(8):
        made = drawing(random_graph(seed), kind(*KINDS[name]), 1 + seed % 2, (0.2, 0.6)[seed % 2])
        graph, presence = made.material.graph, made.material.presence
        work = scratch(len(made.kind.tree), len(graph))
        options = np.concatenate([graph.of_type(each) for each in made.kind.tree[0].types]).tolist()
        for row in rows(made, rng, 12):
            asked = conditions(made, row)
            for option in options:
                verdict, strength, unknown, _ = judge(made.stacked, made.pattern, row, option, work)
                assert (verdict, strength) == expected(presence, graph.ids[option], asked)
                found[verdict] += 1
                if not unknown and verdict != NOTHING:
                    assert verdict != UNDECIDED
    assert {SATISFIED, UNDECIDED} <= set(found)
    assert len(set(found) & {strength.rank for strength in Strength}) >= 2
    assert (NOTHING in found) == bool(KINDS[name][3])


@pytest.mark.parametrize("diseases", [MAX_BINDINGS, MAX_BINDINGS + 1])
def test_too_many_ways(
    diseases: int, graph_of: Callable[..., Graph], kind: Callable[..., Kind], drawing: Callable[..., Drawing]
) -> None:
    lines = [f"OMIM:{i} associated_gene GENE:0" for i in range(diseases)]
    made = drawing(graph_of([*lines, "OMIM:0 has_finding HP:1", "OMIM:1 has_finding HP:2"]), kind(*KINDS["one hidden"]))
    graph = made.material.graph
    row = np.array([graph.index(node) for node in ("GENE:0", "OMIM:0", "HP:1")], np.int32)
    verdict, strength, _, _ = judge(made.stacked, made.pattern, row, row[0], scratch(3, len(graph)))
    assert (verdict, strength) == expected(made.material.presence, "GENE:0", conditions(made, row))
    assert verdict == (SATISFIED if diseases <= MAX_BINDINGS else TOO_MANY)


def test_a_rival_fails_the_deciding_condition_and_no_other(
    graph_of: Callable[..., Graph], kind: Callable[..., Kind], drawing: Callable[..., Drawing]
) -> None:
    lines = ["OMIM:0 has_finding HP:0", "OMIM:0 has_symptom HP:1"]
    lines += ["OMIM:1 has_finding HP:0", "OMIM:1 not has_symptom HP:1"]  # the rival
    lines += ["OMIM:2 not has_finding HP:0", "OMIM:2 not has_symptom HP:1"]  # fails both
    lines += ["OMIM:3 not has_finding HP:0", "OMIM:3 has_symptom HP:1"]  # fails the other
    lines += ["OMIM:4 has_symptom HP:2", "OMIM:4 not has_symptom HP:1"]  # the other is unknown
    star = {"d": D, "f": F, "s": F}, ("d has_finding f...", "d has_symptom s"), "d", (), ()
    made = drawing(graph_of(lines), kind(*star, decisive="s"))
    graph = made.material.graph
    row = np.zeros(3, np.int32)
    for name, node in (("d", "OMIM:0"), ("f", "HP:0"), ("s", "HP:1")):
        row[made.columns(name)] = graph.index(node)
    work = scratch(3, len(graph))
    judged = [judge(made.stacked, made.pattern, row, graph.index(f"OMIM:{i}"), work) for i in range(5)]
    assert [each[3] for each in judged] == [False, True, False, False, False]
    assert judged[0][0] == SATISFIED and {each[0] for each in judged[1:]} == {Strength.NEGATED.rank}
    assert [each[2] for each in judged] == [False, False, False, False, True]


def test_certify_writes_the_state_of_each_condition_for_each_option(
    random_graph: Callable[[int], Graph], kind: Callable[..., Kind], drawing: Callable[..., Drawing]
) -> None:
    made = drawing(random_graph(3), kind(*KINDS["a star"]), 2)
    graph, presence = made.material.graph, made.material.presence
    rng = np.random.default_rng(0)
    draws = rows(made, rng, 20)
    chosen = rng.choice(graph.of_type("disease"), (20, 3)).astype(np.int32)
    states = np.full((20, 4, 3), -1, np.int8)
    certify(made.stacked, made.pattern, draws, chosen, states)
    for row, others, found in zip(draws, chosen, states, strict=True):
        for option, mine in zip([row[0], *others], found.tolist(), strict=True):
            clues = [
                (v.link.relation, node) for v in made.kind.tree[1:] if v.link for node in row[made.columns(v.name)]
            ]
            supports = [presence.support(int(option), relation, int(node)) for relation, node in clues]
            ranks = [UNKNOWN if s.strength is None else s.strength.rank for s in supports]
            assert mine == ranks
    assert {PRESENT, UNKNOWN} < set(states.ravel().tolist())
