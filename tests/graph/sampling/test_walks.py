"""Walks against the exact visits of power iteration; what a fire and an ego net may and may not reach."""

from __future__ import annotations

import numpy as np
import pytest

from florey.graph.csr import Csr
from florey.graph.sampling.walks import ego_net, forest_fire, restart_visits, undirected

N = 40


@pytest.fixture(scope="module")
def neighbours() -> Csr:
    """0..29 joined at random with a few hubs, 30..35 a path of their own, the rest alone."""
    draw = np.random.default_rng(1)
    one, other = (30 * draw.random(60) ** 2).astype(int), draw.integers(0, 30, 60)
    different = one != other
    loose = Csr.from_pairs([*range(30)], [*range(1, 30), 0], N)  # a ring, so that all 30 hang together
    path = Csr.from_pairs(range(30, 35), range(31, 36), N)
    return undirected([Csr.from_pairs(one[different], other[different], N), loose, path], N)


def matrix(neighbours: Csr) -> np.ndarray:
    found = np.zeros((N, N))
    for i in range(N):
        found[i, neighbours.row(i)] = 1
    return found


def expected_visits(neighbours: Csr, start: int, steps: int, restart: float) -> np.ndarray:
    """Of one walk: the sum of the distributions after 1..steps steps, by power iteration."""
    joined = matrix(neighbours)
    degrees = joined.sum(1)
    step = np.divide(joined, degrees[:, None], out=np.zeros_like(joined), where=degrees[:, None] > 0) * (1 - restart)
    step[:, start] += np.where(degrees > 0, restart, 1.0)
    at, visits = np.eye(N)[start], np.zeros(N)
    for _ in range(steps):
        at = at @ step
        visits += at
    return visits


def test_undirected() -> None:
    both = undirected([Csr.from_pairs([0, 1], [1, 2], 4), Csr.from_pairs([2, 0], [1, 3], 4)], 4)
    assert [both.row(i).tolist() for i in range(4)] == [[1, 3], [0, 2], [1], [0]]
    assert undirected([], 3).lengths().tolist() == [0, 0, 0]


@pytest.mark.parametrize("steps", [1, 4, 100])
@pytest.mark.parametrize("restart", [0.15, 0.6])
def test_visits_are_those_of_power_iteration(neighbours: Csr, steps: int, restart: float) -> None:
    walks = 400_000 // steps
    visits = restart_visits(neighbours, [3], walks, steps=steps, restart=restart, seed=2)
    exact = expected_visits(neighbours, 3, steps, restart)
    assert visits.sum() == walks * steps
    assert not visits[exact == 0].any()
    # visits of one walk hang together; 30 times the variance of independent ones is far above what they can add
    error = 6 * np.sqrt(30 * exact * walks)
    assert (np.abs(visits - exact * walks) <= error + 1).all()
    assert np.abs(visits / visits.sum() - exact / exact.sum()).sum() < 0.03


def test_long_walks_come_to_the_stationary_distribution(neighbours: Csr) -> None:
    """Personalised PageRank: the fixed point of one step."""
    visits = restart_visits(neighbours, [3], 20_000, steps=300, restart=0.2, seed=4)
    exact = expected_visits(neighbours, 3, 3000, 0.2)
    assert np.abs(visits / visits.sum() - exact / exact.sum()).sum() < 0.02


def test_a_node_alone_stays_where_it_is(neighbours: Csr) -> None:
    assert restart_visits(neighbours, [38], 10, steps=7).tolist() == [70 if i == 38 else 0 for i in range(N)]


def test_several_starts_take_turns(neighbours: Csr) -> None:
    visits = restart_visits(neighbours, [38, 39, 30], 10, steps=5)
    assert (visits[38], visits[39]) == (20, 15) and visits[30:36].sum() == 15


def test_threads_and_shares_do_not_matter(neighbours: Csr, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("florey.graph.sampling.compiled.CHUNK", 100)
    whole = restart_visits(neighbours, [0, 5], 1001, seed=7)
    for threads in (2, 3):
        np.testing.assert_array_equal(restart_visits(neighbours, [0, 5], 1001, seed=7, threads=threads), whole)
    parts = [restart_visits(neighbours, [0, 5], count, seed=7, first=at) for at, count in ((0, 400), (400, 601))]
    np.testing.assert_array_equal(sum(parts), whole)
    assert (restart_visits(neighbours, [0, 5], 1001, seed=8) != whole).any()


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("forward", [0.0, 0.3, 0.9])
def test_a_fire_spreads_from_neighbour_to_neighbour(neighbours: Csr, forward: float, seed: int) -> None:
    burnt = forest_fire(neighbours, [4, 31], 12, forward=forward, seed=seed).tolist()
    assert burnt[:2] == [4, 31] and len(set(burnt)) == len(burnt)
    assert len(burnt) == 12
    for at, node in enumerate(burnt[2:], 2):
        assert {*neighbours.row(node).tolist()} & {*burnt[:at]}
    assert forest_fire(neighbours, [4, 31], 12, forward=forward, seed=seed).tolist() == burnt


def test_a_fire_ends_where_nothing_is_left(neighbours: Csr) -> None:
    assert sorted(forest_fire(neighbours, [32], 1000, forward=0.2).tolist()) == [*range(30, 36)]
    assert sorted(forest_fire(neighbours, [0, 38], 1000).tolist()) == [*range(30), 38]
    assert forest_fire(neighbours, [1, 2, 3], 2).tolist() == [1, 2]


def test_how_many_a_node_sets_on_fire() -> None:
    """Of a star: each point alike; of a tree, how many children of the root burn before the first grandchild.

    The root lights x of its 40 children, x geometric with mean 1, and their first child burns before another child.
    """
    star = undirected([Csr.from_pairs([0] * 200, range(1, 201), 201)], 201)
    firsts = [forest_fire(star, [0], 2, forward=0.5, seed=seed)[1] for seed in range(2000)]
    counts = np.bincount(firsts, minlength=201)[1:]
    assert counts.max() < 40 and np.count_nonzero(counts) > 195  # 10 each
    parents = [0] * 40 + [i for i in range(1, 41) for _ in range(5)]
    tree = undirected([Csr.from_pairs(parents, range(1, 241), 241)], 241)
    lit = []
    for seed in range(2000):
        burnt = forest_fire(tree, [0], 60, forward=0.5, seed=seed)
        lit.append(int(np.argmax(burnt > 40)) - 1)
    share = np.bincount(lit, minlength=8)[:8] / len(lit)
    assert share[0] == 0  # where it dies it breaks out anew
    assert share[3] == pytest.approx(share[4] * 2, rel=0.5) and share[1] > share[2] > share[3]


def test_ego_net(neighbours: Csr) -> None:
    joined = matrix(neighbours)
    reach = np.eye(N)[2] > 0
    for radius in range(4):
        found = ego_net(neighbours, [2], radius, N).tolist()
        assert sorted(found) == np.flatnonzero(reach).tolist()
        reach = reach | (reach @ joined > 0)
    assert ego_net(neighbours, [32], 9, N).tolist() == [32, 31, 33, 30, 34, 35]
    assert ego_net(neighbours, [37, 32], 1, N).tolist() == [32, 37, 31, 33]


def test_the_limit_of_an_ego_net_cuts_its_last_ring_at_random() -> None:
    star = undirected([Csr.from_pairs([0] * 20, range(1, 21), 25), Csr.from_pairs([1], [24], 25)], 25)
    found = {tuple(ego_net(star, [0], 2, 6, seed=seed).tolist()) for seed in range(9)}
    assert len(found) > 5
    assert all(net[0] == 0 and len({*net}) == 6 and max(net) < 21 for net in found)
    assert ego_net(star, [0, 5, 6], 2, 2).tolist() == [0, 5]
