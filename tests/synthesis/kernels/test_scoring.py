"""How many clues each node satisfies, against counting them one by one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable

import numpy as np
import pytest

from florey.graph.store import Graph
from florey.synthesis.drawing import Drawing
from florey.synthesis.kernels.pattern import Scratch, scratch
from florey.synthesis.kernels.scoring import needed_of, score, score_star
from florey.synthesis.metapaths import Kind

STAR = {"d": "disease", "f": "finding", "s": "finding"}, ("d has_finding f...", "d has_symptom s"), "d", (), ()
HIDDEN = {"d": "disease", "f": "finding", "g": "gene"}, ("d has_finding f...", "d associated_gene g"), "g", ("d",), ()


def counted(made: Drawing, row: np.ndarray, epoch: int, work: Scratch) -> tuple[int, dict[int, int]]:
    clues = score(made.stacked, made.pattern, made.limits, row, work, epoch)
    touched = work.touched[0, : work.sizes[0]].tolist()
    assert len(set(touched)) == len(touched)
    return clues, {node: int(work.counts[0, node]) for node in touched}


def has(graph: Graph, subject: int, relation: str, object: int) -> bool:
    """An edge to the object or to something below it; denials are not looked at."""
    below = {object, *graph.descendants(object).tolist()}
    return not below.isdisjoint(graph.objects(subject, relation).tolist())


def clues_of(made: Drawing, row: np.ndarray, *names: str) -> list[tuple[str, int]]:
    relations = {v.name: v.link.relation for v in made.kind.tree if v.link}
    return [(relations[name], int(node)) for name in names for node in row[made.columns(name)]]


def random_row(made: Drawing, rng: np.random.Generator) -> np.ndarray:
    row = np.zeros(max(made.columns(v.name).stop for v in made.kind.tree), np.int32)
    for v in made.kind.tree:
        columns = made.columns(v.name)
        row[columns] = rng.choice(made.material.graph.of_type(v.types[0]), columns.stop - columns.start, replace=False)
    return row


@pytest.mark.parametrize("decisive", [None, "s"])
def test_a_star(
    decisive: str | None,
    random_graph: Callable[[int], Graph],
    kind: Callable[..., Kind],
    drawing: Callable[..., Drawing],
) -> None:
    rng, most = np.random.default_rng(0), 0
    for seed in range(6):
        made = drawing(random_graph(seed), kind(*STAR, decisive=decisive), 3)
        graph = made.material.graph
        work = scratch(3, len(graph))
        for epoch in range(1, 21):  # the same room for all: what a draw before left there must not count
            row = random_row(made, rng)
            asked = clues_of(made, row, *("f" if decisive else "fs"))
            clues, found = counted(made, row, epoch, work)
            wanted = {
                node: points
                for node in range(len(graph))
                if (points := sum(has(graph, node, relation, clue) for relation, clue in asked))
            }
            assert (clues, found) == (len(asked), wanted)
            most = max(most, *found.values(), 0) if found else most
    assert most >= 3


@pytest.mark.parametrize("min_shared", [1, 2, 5])
def test_one_hidden_node(
    min_shared: int, random_graph: Callable[[int], Graph], kind: Callable[..., Kind], drawing: Callable[..., Drawing]
) -> None:
    """A gene counts as much as the best of its diseases; those that share too little with the stem, and the disease
    of the answer itself, lead nowhere."""
    rng, seen = np.random.default_rng(1), 0
    for seed in range(6):
        made = drawing(random_graph(seed), kind(*HIDDEN), 3, min_shared=min_shared)
        graph = made.material.graph
        work = scratch(3, len(graph))
        for epoch in range(1, 21):
            row = random_row(made, rng)
            asked = clues_of(made, row, "f")
            own = int(row[made.columns("d")][0])
            wanted: dict[int, int] = defaultdict(int)
            for disease in graph.of_type("disease").tolist():
                points = sum(has(graph, disease, relation, clue) for relation, clue in asked)
                if disease != own and points >= min(min_shared, 2):
                    for gene in graph.objects(disease, "associated_gene").tolist():
                        wanted[gene] = max(wanted[gene], points)
            clues, found = counted(made, row, epoch, work)
            assert (clues, found) == (3, dict(wanted))
            seen += len(found)
    assert seen > 100


def test_two_branches_add_up(
    graph_of: Callable[..., Graph], kind: Callable[..., Kind], drawing: Callable[..., Drawing]
) -> None:
    """d and e, both hidden, each with a clue of its own: genes get the points of both."""
    lines = ["OMIM:0 associated_gene GENE:0", "OMIM:1 associated_gene GENE:0"]  # the answer's own
    lines += [f"OMIM:{d} associated_gene GENE:{g}" for d, g in ((2, 1), (3, 1), (2, 2), (3, 3))]
    lines += [f"OMIM:{d} has_finding HP:0" for d in (0, 2)] + [f"OMIM:{d} has_symptom HP:1" for d in (1, 3)]
    nodes = {"d": "disease", "e": "disease", "f": "finding", "s": "finding", "g": "gene"}
    edges = ("d associated_gene g", "e associated_gene g", "d has_finding f", "e has_symptom s")
    made = drawing(graph_of(lines), kind(nodes, edges, "g", ("d", "e")))
    graph = made.material.graph
    row = np.zeros(5, np.int32)
    for name, node in (("g", "GENE:0"), ("d", "OMIM:0"), ("e", "OMIM:1"), ("f", "HP:0"), ("s", "HP:1")):
        row[made.columns(name)] = graph.index(node)
    clues, found = counted(made, row, 1, scratch(5, len(graph)))
    assert clues == 2
    assert {graph.ids[node]: points for node, points in found.items()} == {"GENE:1": 2, "GENE:2": 1, "GENE:3": 1}


def test_a_dropped_branch_counts_what_hangs_there(
    graph_of: Callable[..., Graph], kind: Callable[..., Kind], drawing: Callable[..., Drawing]
) -> None:
    """Asked for the drug of a named disease: candidates are drugs of diseases with the same symptoms."""
    lines = [f"OMIM:0 has_symptom HP:{i}" for i in range(4)] + ["OMIM:0 treated_by DRUG:0"]
    lines += [f"OMIM:1 has_symptom HP:{i}" for i in (0, 1, 2)] + ["OMIM:1 treated_by DRUG:1"]
    lines += ["OMIM:2 has_symptom HP:3", "OMIM:2 treated_by DRUG:2"]
    nodes, edges = {"d": "disease", "f": "finding", "t": "drug"}, ("d has_symptom f...", "d treated_by t")
    made = drawing(graph_of(lines), kind(nodes, edges, "t", (), ("f",)), min_shared=1)
    graph = made.material.graph
    row = np.array([graph.index("DRUG:0"), graph.index("OMIM:0")], np.int32)
    clues, found = counted(made, row, 1, scratch(3, len(graph)))
    assert clues >= 4
    assert found.get(graph.index("DRUG:1")) == 3


OTHER_WAY = {"d": "disease", "e": "disease", "f": "finding"}, ("e has_symptom d", "d has_finding f..."), "d", (), ()


def star_scores(
    made: Drawing, row: np.ndarray, epoch: int, work: Scratch, breadth: int = 1024
) -> tuple[int, dict[int, int]]:
    given = made.limits._replace(breadth=breadth)
    clues = score_star(made.stacked, made.pattern, given, row, work, epoch, np.uint64(epoch))
    touched = work.touched[0, : work.sizes[0]].tolist()
    assert len(set(touched)) == len(touched)
    return clues, {node: int(work.counts[0, node]) for node in touched}


@pytest.mark.parametrize("min_shared", [1, 2, 3])
@pytest.mark.parametrize("which", ["plain", "decisive", "decisive, the other way and first", "object asked"])
def test_a_star_by_its_rarest_clues(
    which: str,
    min_shared: int,
    random_graph: Callable[[int], Graph],
    kind: Callable[..., Kind],
    drawing: Callable[..., Drawing],
) -> None:
    """All that satisfy enough clues, with as many as they satisfy."""
    declared, decisive = {
        "plain": (({"d": "disease", "f": "finding", "s": "finding"}, STAR[1], "d", (), ()), None),
        "decisive": (STAR, "s"),
        "decisive, the other way and first": (OTHER_WAY, "e"),
        "object asked": (({"g": "gene", "t": "drug"}, ("t... binds_gene g",), "g", (), ()), None),
    }[which]
    rng, most = np.random.default_rng(2), 0
    for seed in range(6):
        made = drawing(random_graph(seed), kind(*declared, decisive=decisive), 3, min_shared=min_shared)
        assert made.pattern.star
        work, plain = (scratch(len(made.kind.tree), len(made.material.graph)) for _ in range(2))
        for epoch in range(1, 21):
            row = random_row(made, rng)
            clues, every = counted(made, row, epoch, plain)
            wanted = {node: points for node, points in every.items() if points >= needed_of(min_shared, clues)}
            assert star_scores(made, row, epoch, work) == (clues, wanted)
            some = star_scores(made, row, 100 + epoch, work, breadth=2)[1]
            assert some.keys() <= wanted.keys() and all(points <= wanted[node] for node, points in some.items())
            most = max(most, len(wanted))
    assert most >= 2


def test_what_is_no_star(
    kind: Callable[..., Kind], drawing: Callable[..., Drawing], random_graph: Callable[..., Graph]
) -> None:
    graph = random_graph(0)
    both_ways = {"d": "disease", "e": "disease", "f": "finding"}, ("e has_symptom d", "d has_finding f..."), "d"
    denied = {"d": "disease", "f": "finding", "s": "finding"}, ("d has_finding f...", "d not has_symptom s"), "d"
    for declared in (both_ways, denied, HIDDEN):
        assert not drawing(graph, kind(*declared)).pattern.star


@pytest.mark.parametrize(
    ("min_shared", "clues", "needed"), [(2, 4, 2), (2, 2, 1), (2, 1, 1), (3, 3, 2), (1, 9, 1), (9, 4, 3)]
)
def test_at_least_one_fewer_than_all(min_shared: int, clues: int, needed: int) -> None:
    assert needed_of(min_shared, clues) == needed
