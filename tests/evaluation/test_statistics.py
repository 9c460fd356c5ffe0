"""Intervals and tests against textbook values, brute force and simulated coverage."""

from itertools import product
from math import comb

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from florey.evaluation import statistics
from florey.evaluation.statistics import bootstrap_means, cluster_interval, holm, mcnemar, paired_interval
from florey.intervals import wilson


def test_wilson_known_values():
    # Newcombe 1998, Statistics in Medicine 17:857, table I, method 3
    for (r, n), expected in {
        (81, 263): (0.2553, 0.3662),
        (15, 148): (0.0624, 0.1605),
        (0, 20): (0.0000, 0.1611),
        (1, 29): (0.0061, 0.1718),
    }.items():
        assert wilson(r, n) == pytest.approx(expected, abs=5e-5)


@given(st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilson_holds_the_share_and_mirrors(pair):
    successes, n = pair
    lo, hi = wilson(successes, n)
    assert 0 <= lo <= successes / n <= hi <= 1
    assert wilson(n - successes, n) == pytest.approx((1 - hi, 1 - lo))


def test_wilson_refuses_nonsense():
    for successes, n in [(1, 0), (3, 2), (-1, 5)]:
        with pytest.raises(ValueError, match="successes"):
            wilson(successes, n)


def test_bootstrap_matches_every_possible_resample():
    """4 clusters have 4^4 equally likely resamples: the drawn means must have exactly their distribution."""
    values, clusters = [1, 0, 1, 1, 0, 0, 1], ["a", "a", "b", "c", "c", "c", "d"]
    groups = [[1, 0], [1], [1, 0, 0], [1]]
    exact = [np.mean([v for g in picked for v in g]) for picked in product(groups, repeat=4)]
    drawn = bootstrap_means(values, clusters, seed=1, resamples=40_000)
    assert drawn.mean() == pytest.approx(np.mean(exact), abs=0.005)
    for q in (0.05, 0.25, 0.5, 0.75, 0.95):
        at = np.quantile(exact, q)
        assert np.mean(drawn <= at + 1e-9) == pytest.approx(np.mean(exact <= at + 1e-9), abs=0.01)


def test_bootstrap_is_seeded_and_blind_to_order_and_block_size(monkeypatch):
    rng = np.random.default_rng(0)
    values, clusters = rng.integers(0, 2, 200).astype(float), [f"d{i}" for i in rng.integers(0, 40, 200)]
    first = bootstrap_means(values, clusters, seed=7)
    assert np.array_equal(first, bootstrap_means(values, clusters, seed=7))
    assert not np.array_equal(first, bootstrap_means(values, clusters, seed=8))
    order = rng.permutation(200)
    assert np.array_equal(first, bootstrap_means(values[order], [clusters[i] for i in order], seed=7))
    monkeypatch.setattr(statistics, "_BLOCK", 1000)
    assert len(bootstrap_means(values, clusters, seed=7)) == 2000


def test_interval_with_one_item_a_cluster_is_near_wilson():
    values = [1.0] * 180 + [0.0] * 120
    found = cluster_interval(values, [str(i) for i in range(300)], seed=3)
    assert (found.value, found.n, found.clusters, found.method) == (0.6, 300, 300, "cluster_bootstrap")
    assert (found.lo, found.hi) == pytest.approx(wilson(180, 300), abs=0.008)


def test_copies_of_an_item_buy_no_certainty():
    values, clusters = [1.0, 0.0] * 30, [str(i) for i in range(60)]
    once = cluster_interval(values, clusters, seed=3)
    tenfold = cluster_interval(values * 10, clusters * 10, seed=3)
    assert (tenfold.lo, tenfold.hi) == (once.lo, once.hi)


@pytest.mark.parametrize(
    ("values", "clusters"),
    [([1.0, 0.0, 1.0, 1.0] * 5, ["a", "b", "c", "d"] * 5), ([1.0] * 8, list("aabbcdef")), ([0.0] * 6, list("abcdef"))],
)
def test_fallback_is_wilson_on_clusters_and_says_so(values, clusters):
    found = cluster_interval(values, clusters, seed=0)
    assert found.method == "wilson"
    assert (found.lo, found.hi) == wilson(found.value * found.clusters, found.clusters)
    assert found.lo < found.hi


def test_bad_columns_are_refused():
    with pytest.raises(ValueError, match="one value per cluster"):
        cluster_interval([1.0], ["a", "b"], seed=0)
    with pytest.raises(ValueError, match="at least one"):
        cluster_interval([], [], seed=0)
    with pytest.raises(ValueError, match="one value per cluster"):
        paired_interval([1.0, 0.0], [1.0], ["a", "b"], seed=0)


def clustered(rng, clusters, mean, spread):
    """(values, ids): each cluster has its own share (beta with strength `spread`) and 1 to 8 items."""
    shares = rng.beta(mean * spread, (1 - mean) * spread, clusters)
    sizes = rng.integers(1, 9, clusters)
    ids = np.repeat(np.arange(clusters), sizes)
    return (rng.random(len(ids)) < shares[ids]).astype(float), [str(i) for i in ids]


def test_coverage():
    """The clustered interval covers the truth about 95 times in 100; one that ignores clusters does not."""
    rng, trials, hits, naive = np.random.default_rng(11), 600, 0, 0
    for trial in range(trials):
        values, ids = clustered(rng, 150, 0.6, 1.0)
        found = cluster_interval(values, ids, seed=trial, resamples=500)
        hits += found.lo <= 0.6 <= found.hi
        lo, hi = wilson(values.sum(), len(values))
        naive += lo <= 0.6 <= hi
    assert 0.925 <= hits / trials <= 0.975
    assert naive / trials < 0.85


def test_paired_coverage():
    rng, trials, hits = np.random.default_rng(12), 300, 0
    for trial in range(trials):
        before, ids = clustered(rng, 60, 0.5, 2.0)
        flip = rng.random(len(ids)) < 0.2 * (1 - before)  # wrong answers turn right with probability 0.2
        after = np.maximum(before, flip)
        found = paired_interval(before, after, ids, seed=trial, resamples=500)
        hits += found.lo <= 0.1 <= found.hi  # E[wrong] = 0.5
    assert 0.91 <= hits / trials <= 0.985


def test_pairing_is_used():
    """The same gain is more certain when it falls on the same items than when it is hidden in shuffled ones."""
    rng = np.random.default_rng(5)
    before = (rng.random(300) < 0.5).astype(float)
    after = np.maximum(before, rng.random(300) < 0.1)
    ids = [str(i) for i in range(300)]
    paired, shuffled = (paired_interval(before, column, ids, seed=1) for column in (after, rng.permutation(after)))
    assert paired.value == pytest.approx(shuffled.value)
    assert paired.hi - paired.lo < 0.6 * (shuffled.hi - shuffled.lo)


def test_paired_fallback_holds_zero_and_is_antisymmetric():
    same = paired_interval([1.0, 0.0] * 10, [1.0, 0.0] * 10, [str(i) for i in range(20)], seed=0)
    assert same.method == "wilson"
    assert same.value == 0
    assert same.lo == pytest.approx(-same.hi)
    # Newcombe 1998, Statistics in Medicine 17:873, method 10: 56/70 - 48/80 = 0.2, (0.0524, 0.3339), unpaired n's;
    # with equal n of 4 clusters the square-and-add of wilson(2, 4) and wilson(3, 4):
    found = paired_interval([1.0, 1.0, 0.0, 0.0], [1.0, 1.0, 1.0, 0.0], list("abcd"), seed=0)
    (l1, u1), (l2, u2) = wilson(2, 4), wilson(3, 4)
    lo, hi = 0.25 - ((0.75 - l2) ** 2 + (u1 - 0.5) ** 2) ** 0.5, 0.25 + ((u2 - 0.75) ** 2 + (0.5 - l1) ** 2) ** 0.5
    assert (found.lo, found.hi) == pytest.approx((lo, hi))


@given(st.integers(0, 40), st.integers(0, 40))
def test_mcnemar_against_brute_force(gained, lost):
    n = gained + lost
    chances = [comb(n, k) / 2**n for k in range(n + 1)]
    extreme = sum(c for k, c in enumerate(chances) if abs(k - n / 2) >= abs(gained - n / 2))
    assert mcnemar(gained, lost) == pytest.approx(extreme)
    assert mcnemar(gained, lost) == mcnemar(lost, gained)


def test_mcnemar_known_values():
    assert mcnemar(0, 0) == 1
    assert mcnemar(12, 2) == pytest.approx(0.012939453125)  # R: binom.test(2, 14)
    assert mcnemar(600, 500) == pytest.approx(0.0028, abs=5e-4)  # large counts stay exact, no overflow


def test_holm_known_values():
    # R: p.adjust(c(0.01, 0.02, 0.03, 0.005), "holm")
    assert holm([0.01, 0.02, 0.03, 0.005]) == pytest.approx([0.03, 0.04, 0.04, 0.02])
    assert holm([]) == []
    assert holm([0.9, 0.8]) == [1.0, 1.0]


@given(st.lists(st.floats(0, 1), max_size=8))
def test_holm_is_monotone_and_between_p_and_bonferroni(ps):
    adjusted = holm(ps)
    for p, q in zip(ps, adjusted, strict=True):
        assert p <= q <= min(1, p * len(ps)) or q == pytest.approx(min(1, max(adjusted)))
        assert q >= p
    ordered = [q for _, q in sorted(zip(ps, adjusted, strict=True))]
    assert ordered == sorted(ordered)
