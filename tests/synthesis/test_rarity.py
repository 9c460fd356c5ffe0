"""Rarity: what weights, quotas and draws must hold for, whatever the members."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from tests.synthesis.conftest import edge

from florey.errors import BadInput
from florey.graph.model import Node
from florey.graph.store import Graph
from florey.graph.writer import write_graph
from florey.synthesis.rarity import beside, covered, describe, strata, systematic, weights

DEGREES = hnp.arrays(np.int64, st.integers(1, 60), elements=st.integers(0, 500))


@st.composite
def members(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Degrees, prevalences (NaN: unknown) and strata (-1: none) of a few members, with many ties."""
    degrees = draw(DEGREES)
    known = st.sampled_from([float("nan"), 1e-7, 3e-6, 3e-6, 0.1])
    prevalence = draw(hnp.arrays(np.float64, len(degrees), elements=known))
    return degrees, prevalence, draw(hnp.arrays(np.int64, len(degrees), elements=st.integers(-1, 4)))


@given(members(), st.floats(0, 2))
def test_prevalence_decides_who_is_rare_and_degrees_how_much_that_weighs(
    made: tuple[np.ndarray, np.ndarray, np.ndarray], alpha: float
) -> None:
    degrees, prevalence, _ = made
    by_degree, found = weights(degrees, alpha), weights(degrees, alpha, prevalence)
    known = ~np.isnan(prevalence)
    np.testing.assert_array_equal(found[~known], by_degree[~known])
    assert found[known].sum() == pytest.approx(by_degree[known].sum())
    for one in np.flatnonzero(known):
        for other in np.flatnonzero(known):
            if prevalence[one] < prevalence[other]:
                assert found[one] >= found[other] * (1 - 1e-12)
            elif prevalence[one] == prevalence[other]:
                assert found[one] == found[other]


@given(members(), st.randoms(use_true_random=False))
def test_the_order_of_the_members_does_not_matter(made: tuple[np.ndarray, ...], random: object) -> None:
    degrees, prevalence, groups = made
    order = np.array(random.sample(range(len(degrees)), len(degrees)))  # type: ignore[attr-defined]
    found = covered(weights(degrees, 0.7, prevalence), groups, 0.4)
    moved = covered(weights(degrees[order], 0.7, prevalence[order]), groups[order], 0.4)
    np.testing.assert_allclose(moved, found[order])


def test_weights_by_hand() -> None:
    degrees = np.array([9, 1, 4, 100, 25])
    np.testing.assert_allclose(weights(degrees, 0.5), [1 / 3, 1, 1 / 2, 1 / 10, 1 / 5])
    prevalence = np.array([1e-6, 1e-3, 1e-5, np.nan, 1e-5])
    # the known weights are 1, 1/2, 1/3, 1/5: the rarest has the largest, the two alike the mean of the middle ones
    np.testing.assert_allclose(weights(degrees, 0.5, prevalence), [1, 1 / 5, 5 / 12, 1 / 10, 5 / 12])


@given(members(), st.floats(0, 1))
def test_quotas_sum_to_one_and_keep_the_order_of_the_weights(made: tuple[np.ndarray, ...], share: float) -> None:
    degrees, _, groups = made
    weight = weights(degrees, 1.0)
    found = covered(weight, groups, share)
    assert found.sum() == pytest.approx(1)
    assert (found >= 0).all()
    present = np.unique(groups[groups >= 0])
    if not len(present):
        np.testing.assert_allclose(found, weight / weight.sum())
        return
    for group in present:
        inside = groups == group
        expected = (1 - share) * weight[inside].sum() / weight.sum() + share / len(present)
        assert found[inside].sum() == pytest.approx(expected)
        np.testing.assert_allclose(found[inside] / found[inside].sum(), weight[inside] / weight[inside].sum())
    outside = groups == -1
    np.testing.assert_allclose(found[outside], (1 - share) * weight[outside] / weight.sum(), atol=1e-15)


def test_a_stratum_without_weight_takes_no_quota() -> None:
    found = covered(np.array([1.0, 1.0, 0.0]), np.array([0, 1, 2]), 1.0)
    np.testing.assert_allclose(found, [0.5, 0.5, 0])


@pytest.mark.parametrize(("weight", "share"), [([1.0, 1.0], 1.2), ([1.0, 1.0], -0.1), ([0.0, 0.0], 0.5)])
def test_impossible_quotas_are_refused(weight: list[float], share: float) -> None:
    with pytest.raises(ValueError, match=r"expected 0 to 1|no member"):
        covered(np.array(weight), np.array([0, 1]), share)


@given(DEGREES, st.integers(0, 300), st.integers(0, 2**32))
def test_each_member_is_drawn_its_expected_number_of_times_rounded_up_or_down(
    degrees: np.ndarray, count: int, seed: int
) -> None:
    weight = weights(degrees, 1.3)
    probabilities = weight / weight.sum()
    drawn = systematic(probabilities, count, np.random.default_rng(seed))
    assert drawn.shape == (count,)
    assert drawn.dtype == np.int64
    times = np.bincount(drawn, minlength=len(degrees))
    expected = probabilities * count
    assert (times >= np.floor(expected - 1e-9)).all()
    assert (times <= np.ceil(expected + 1e-9)).all()


def test_draws_are_exact_in_expectation_and_come_in_random_order() -> None:
    probabilities = np.array([0.5, 0.23, 0.17, 0.07, 0.03, 0.0])
    rng, rounds, count = np.random.default_rng(4), 4000, 7
    drawn = np.stack([systematic(probabilities, count, rng) for _ in range(rounds)])
    fraction = probabilities * count % 1
    spread = np.sqrt(fraction * (1 - fraction) / rounds)
    for place in (slice(None), slice(0, 1)):  # of all draws, and of the first of each round
        some = drawn[:, place]
        share = np.bincount(some.ravel(), minlength=6) / some.size
        loose = spread / count if place == slice(None) else np.sqrt(probabilities * (1 - probabilities) / rounds)
        assert (np.abs(share - probabilities) <= 4.5 * loose + 1e-12).all()
    # random order of the members too: the fourth and fifth, neighbours in the array, are not tied to each other
    has = [(drawn == member).any(axis=1) for member in (3, 4)]
    assert abs(np.corrcoef(*has)[0, 1]) < 0.5


def test_whole_expectations_leave_nothing_to_chance() -> None:
    for seed in range(20):
        drawn = systematic(np.full(49, 1 / 49), 98, np.random.default_rng(seed))
        assert (np.bincount(drawn) == 2).all()


def test_the_same_seed_draws_the_same() -> None:
    probabilities = np.array([0.2, 0.3, 0.5])
    one, two, other = (systematic(probabilities, 9, np.random.default_rng(seed)).tolist() for seed in (1, 1, 2))
    assert one == two != other


@pytest.mark.parametrize("probabilities", [[0.5, 0.6], [1.5, -0.5], [float("nan"), 1.0]])
def test_what_are_no_probabilities_is_refused(probabilities: list[float]) -> None:
    with pytest.raises(ValueError, match="sum to 1"):
        systematic(np.array(probabilities), 3, np.random.default_rng(0))


@given(DEGREES, st.integers(1, 300))
def test_uniform_draws_have_a_quarter_on_the_rarest_quartile(degrees: np.ndarray, count: int) -> None:
    found = beside(degrees, np.full(len(degrees), 1 / len(degrees)), count)
    assert found["uniform"]["rarest_quartile_share"] == pytest.approx(0.25)
    assert found["uniform"]["effective_sample_size"] == pytest.approx(len(degrees))
    assert found["uniform"]["distinct"] == pytest.approx(min(count, len(degrees)))
    assert found["chosen"] == found["uniform"]
    assert found["degree_proportional"]["rarest_quartile_share"] <= 0.25 + 1e-9


def test_description_by_hand() -> None:
    degrees = np.array([2, 1, 2, 8, 2, 5])  # the quarter is 1.5 members: the one of 1, and a sixth of each of three
    probabilities = np.array([0.1, 0.4, 0.1, 0.1, 0.2, 0.1])
    found = describe(probabilities, degrees, 4)
    assert found["rarest_quartile_share"] == pytest.approx(0.4 + 0.4 / 6)
    assert found["distinct"] == pytest.approx(0.4 + 1 + 0.4 + 0.4 + 0.8 + 0.4)
    assert found["effective_sample_size"] == pytest.approx(1 / 0.24)


def test_expected_distinct_is_what_draws_have() -> None:
    probabilities = weights(np.arange(1, 60), 1.0)
    probabilities /= probabilities.sum()
    rng = np.random.default_rng(0)
    seen = [len(np.unique(systematic(probabilities, 40, rng))) for _ in range(400)]
    assert np.mean(seen) == pytest.approx(describe(probabilities, np.arange(1, 60), 40)["distinct"], abs=0.3)


@pytest.fixture(scope="module")
def wards(tmp_path_factory: pytest.TempPathFactory) -> Graph:
    """Diseases with a specialty of their own, of a parent, of a grandparent only, of two parents, of none."""
    kinds = {
        "DOID:top": "disease",
        "DOID:mid": "disease",
        "DOID:low": "disease",
        "OMIM:deep": "disease",
        "OMIM:two": "disease",
        "OMIM:alone": "disease",
        "ORPHA:own": "disease",
        "NCBIGene:1": "gene",
        "WIKIDATA:Q1": "specialty",
        "WIKIDATA:Q2": "specialty",
        "WIKIDATA:Q3": "specialty",
    }
    edges = [
        edge("DOID:mid", "is_a", "DOID:top"),
        edge("DOID:low", "is_a", "DOID:mid"),
        edge("OMIM:deep", "is_a", "DOID:low"),
        edge("OMIM:two", "is_a", "DOID:mid"),
        edge("OMIM:two", "is_a", "ORPHA:own"),
        edge("ORPHA:own", "is_a", "DOID:top"),
        edge("DOID:top", "in_specialty", "WIKIDATA:Q3"),
        edge("DOID:mid", "in_specialty", "WIKIDATA:Q2"),
        edge("ORPHA:own", "in_specialty", "WIKIDATA:Q3"),
        edge("ORPHA:own", "in_specialty", "WIKIDATA:Q1"),
        edge("OMIM:alone", "associated_gene", "NCBIGene:1"),
    ]
    folder = tmp_path_factory.mktemp("wards")
    nodes = [Node(node, kind, node.partition(":")[2].title()) for node, kind in kinds.items()]
    write_graph(nodes, edges, folder, release="1", licences=("Invented: CC0",))
    return Graph.open(folder)


def strata_of(graph: Graph, by: str, *ids: str) -> list[int]:
    return strata(graph, np.array([graph.index(node) for node in ids]), by).tolist()


def test_specialties_come_from_the_nearest_ancestor(wards: Graph) -> None:
    ids = ("DOID:top", "DOID:mid", "DOID:low", "OMIM:deep", "OMIM:two", "OMIM:alone", "ORPHA:own", "NCBIGene:1")
    #        Q3          Q2          Q2          Q2           Q1 before Q2  none        Q1 before Q3  none
    assert strata_of(wards, "specialty", *ids) == [2, 1, 1, 1, 0, -1, 0, -1]
    assert strata_of(wards, "specialty", "OMIM:deep", "DOID:top") == [0, 1]  # numbered over the members alone


def test_strata_by_vocabulary_type_or_none(wards: Graph) -> None:
    ids = ("OMIM:two", "DOID:low", "ORPHA:own", "NCBIGene:1")
    assert strata_of(wards, "vocabulary", *ids) == [2, 0, 3, 1]
    assert strata_of(wards, "type", *ids) == [0, 0, 0, 1]
    assert strata_of(wards, "none", *ids) == [-1] * 4


def test_unknown_strata_name_the_nearest(wards: Graph) -> None:
    with pytest.raises(BadInput, match=r"'speciality' \(did you mean 'specialty'\?\); expected specialty, vocabulary"):
        strata_of(wards, "speciality", "OMIM:two")


def test_a_graph_without_specialties_has_no_strata(small: Graph) -> None:
    assert strata_of(small, "specialty", "OMIM:A", "OMIM:B") == [-1, -1]
