"""What is too close to stand beside each other: by name, gene, ancestry, series of names."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

import pytest

from florey.graph.store import Graph
from florey.synthesis.kernels.kin import belongs, hints, kin_of, numbered, one_family, related, shared
from florey.synthesis.names import family

NAMES = {
    **{"OMIM:0": "Alder fever 1", "OMIM:1": "Alder fever 2", "OMIM:2": "Birch palsy", "OMIM:3": "Cedar spots"},
    **{"OMIM:4": "Dogwood ataxia", "OMIM:5": "Elm tremor", "OMIM:6": "Elm tremor of the hand"},
    **{"HP:0": "Ataxia", "HP:1": "Gait ataxia", "HP:2": "Seizure"},
    **{f"GENE:{i}": name for i, name in enumerate(("AAA1", "AAA2", "BBB1", "CCC", "DDD", "EEE"))},
    **{"DRUG:0": "alderine", "DRUG:1": "alderine hydrochloride", "DRUG:2": "birchine", "DRUG:3": "Seizure"},
}
LINES = (
    *("HP:1 is_a HP:0", "OMIM:6 is_a OMIM:3"),
    *("OMIM:0 associated_gene GENE:0", "OMIM:1 associated_gene GENE:1", "OMIM:2 associated_gene GENE:2"),
    *("OMIM:2 associated_gene GENE:3", "OMIM:3 associated_gene GENE:3", "OMIM:4 associated_gene GENE:4"),
    *("OMIM:4 has_finding HP:1", "OMIM:5 has_finding HP:2", "OMIM:5 treated_by DRUG:0"),
)


@pytest.fixture(scope="module")
def graph(graph_of: Callable[..., Graph]) -> Graph:
    return graph_of(LINES, list(NAMES), NAMES)


def pairs(graph: Graph, judge: Callable[[int, int], bool], prefix: str, other: str | None = None) -> set[str]:
    """Pairs of different nodes for which it is true, one way round."""
    mine = [i for i in range(len(graph)) if graph.ids[i].startswith(prefix)]
    theirs = [i for i in range(len(graph)) if graph.ids[i].startswith(other or prefix)]
    return {
        f"{graph.ids[a].partition(':')[2]}{graph.ids[b].partition(':')[2]}"
        for a, b in product(mine, theirs)
        if (a < b if other is None else True) and judge(a, b)
    }


def test_related_is_symmetric_and_reflexive(graph: Graph) -> None:
    kin = kin_of(graph, range(len(graph)))
    for a, b in product(range(len(graph)), repeat=2):
        assert related(kin, a, b) == related(kin, b, a)
        assert hints(kin, a, b) == hints(kin, b, a)
        assert related(kin, a, b) or a != b


def test_which_are_related(graph: Graph) -> None:
    kin = kin_of(graph, range(len(graph)))

    def kindred(a: int, b: int) -> bool:
        return bool(related(kin, a, b))

    # a series of names, one gene, one name within another, and a kind of the other
    assert pairs(graph, kindred, "OMIM") == {"01", "23", "56", "36"}
    assert pairs(graph, kindred, "HP") == {"01"}
    assert pairs(graph, kindred, "DRUG") == {"01"}
    # one disease (BBB1, CCC); diseases of one series (AAA1, AAA2)
    assert pairs(graph, kindred, "GENE") == {"23", "01"}
    # another type is kin by the very name alone
    assert pairs(graph, kindred, "HP", "DRUG") == {"23"}
    assert pairs(graph, kindred, "OMIM", "HP") == set()


def test_what_belongs_to_a_disease(graph: Graph) -> None:
    kin = kin_of(graph, range(len(graph)))

    def too_close(a: int, b: int) -> bool:
        return bool(belongs(kin, a, b))

    assert pairs(graph, too_close, "GENE", "OMIM") == {"00", "01", "10", "11", "22", "23", "32", "33", "36", "44"}
    assert {"56", "65", "01", "10", "00"} <= pairs(graph, too_close, "OMIM", "OMIM")
    for other in ("GENE", "DRUG", "HP"):  # nothing belongs to what is no disease
        assert pairs(graph, too_close, "OMIM", other) == set()
    assert pairs(graph, too_close, "DRUG", "OMIM") == set()


def test_which_names_hint_at_others(graph: Graph) -> None:
    kin = kin_of(graph, range(len(graph)))

    def hinting(a: int, b: int) -> bool:
        return bool(hints(kin, a, b))

    assert pairs(graph, hinting, "HP", "OMIM") == {"04", "14"}
    assert pairs(graph, hinting, "HP", "DRUG") == {"23"}
    assert pairs(graph, hinting, "DRUG", "OMIM") == set()


def test_only_the_names_given_are_read(graph: Graph) -> None:
    kin = kin_of(graph, [graph.index("OMIM:0")])
    assert not related(kin, graph.index("DRUG:0"), graph.index("DRUG:1"))
    assert related(kin, graph.index("OMIM:2"), graph.index("OMIM:3"))  # by gene


def test_aliases_are_names_too(graph_of: Callable[..., Graph]) -> None:
    names = {"OMIM:0": "Alder fever = Hay pox", "OMIM:1": "Birch palsy = HAY POX", "HP:0": "Sneeze = birch-palsy"}
    graph = graph_of(["OMIM:0 has_finding HP:0"], list(names), names)
    kin = kin_of(graph, range(3))
    finding, alder, birch = (graph.index(each) for each in ("HP:0", "OMIM:0", "OMIM:1"))
    assert related(kin, alder, birch) and related(kin, birch, finding) and not related(kin, alder, finding)


def test_diseases_of_one_gene_and_genes_of_one_disease(small: Graph) -> None:
    kin = kin_of(small, range(len(small)))
    genes = [small.index(f"NCBIGene:{letter}") for letter in "BEX"]
    assert related(kin, genes[0], genes[2]) and related(kin, genes[1], genes[2])  # through the diseases of GENEX
    assert related(kin, small.index("OMIM:B"), small.index("OMIM:E"))
    assert not related(kin, small.index("OMIM:B"), small.index("OMIM:C"))


@pytest.mark.parametrize(
    ("left", "right", "one"),
    [
        ("Alder fever", "Alder fever, early onset", True),
        ("Alder fever with spots", "Alder fever with spots and tremor", True),
        ("Alder spotted fever", "Birch spotted tremor", False),  # one word of three
        ("Alder birch cedar fever", "Alder birch cedar palsy", True),  # three of five
        ("Alder fever", "Birch palsy", False),
    ],
)
def test_families_of_names(left: str, right: str, one: bool) -> None:
    at, words = numbered([sorted(family(left)), sorted(family(right))])
    assert one_family(at, words, 0, 1) == one_family(at, words, 1, 0) == one


def test_shared_counts_the_common_ones() -> None:
    at, flat = numbered([["a", "b", "c"], ["b", "c", "d"], [], ["a"]])
    sets = [set(flat[at[i] : at[i + 1]].tolist()) for i in range(4)]
    for a, b in product(range(4), repeat=2):
        assert shared(flat, at[a], at[a + 1], at[b], at[b + 1]) == len(sets[a] & sets[b])
