"""Draws of trees against full enumeration: the stated distribution, for paths, several leaves and given roots."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from itertools import permutations

import numpy as np
import pytest
from scipy import stats

from florey.graph.csr import Csr
from florey.graph.sampling.forward import TRIES
from florey.graph.sampling.tree import Branch, TreeSampler, warm_up

N = 30
DRAWS = 60_000


def arcs(seed: int, rows: range, columns: range, count: int) -> Csr:
    draw = np.random.default_rng(seed)
    return Csr.from_pairs(
        draw.integers(rows.start, rows.stop, count), draw.integers(columns.start, columns.stop, count), N
    )


def weights(seed: int) -> np.ndarray:
    """From 0.05 to 20, and 0 for some."""
    draw = np.random.default_rng(seed)
    found = np.exp(draw.uniform(-3, 3, N))
    found[draw.random(N) < 0.15] = 0
    return found


def enumerate_tree(root: int, branches: Sequence[Branch]) -> Iterator[tuple[tuple[int, ...], float]]:
    """Every completion of a root without a repeated node, with its weight; written from the definition alone."""

    def further(number: int, nodes: tuple[int, ...], places: tuple[int, ...], weight: float) -> Iterator:
        if number == len(branches):
            yield nodes, weight
            return
        branch = branches[number]
        mine = np.ones(N) if branch.weights is None else branch.weights
        row = [y for y in branch.arcs.row(nodes[places[branch.parent]]).tolist() if mine[y] > 0]
        for chosen in permutations(row, branch.times):
            if branch.times == 1:
                factor = mine[chosen[0]]
            else:  # one after another among those that are left
                factor, left = 1.0, sum(mine[y] for y in row)
                for y in chosen:
                    factor *= mine[y] / left
                    left -= mine[y]
            if len({*nodes, *chosen}) == len(nodes) + branch.times:
                yield from further(number + 1, (*nodes, *chosen), (*places, len(nodes)), weight * factor)

    yield from further(0, (root,), (0,), 1.0)


def path() -> list[Branch]:
    """Four types apart from each other."""
    return [
        Branch(0, arcs(1, range(6), range(6, 14), 20), weights(11)),
        Branch(1, arcs(2, range(6, 14), range(14, 22), 24), weights(12)),
        Branch(2, arcs(3, range(14, 22), range(22, 30), 24), weights(13)),
    ]


def repeating() -> list[Branch]:
    """There and back: nodes can stand twice."""
    there = arcs(4, range(6), range(6, 14), 26)
    return [Branch(0, there, weights(14)), Branch(1, there.transposed()), Branch(2, there, weights(14))]


def tree() -> list[Branch]:
    """Two findings of a disease, its gene, and a finding of another disease of that gene."""
    findings, genes = arcs(5, range(5), range(5, 12), 24), arcs(6, range(5), range(12, 16), 14)
    return [
        Branch(0, findings, weights(15), times=2),
        Branch(0, genes, weights(16)),
        Branch(2, genes.transposed(), weights(17)),
        Branch(3, findings),
    ]


def three_of_few() -> list[Branch]:
    """Three of three or four nodes, one of them a thousand times as heavy as another."""
    heavy = np.ones(N)
    heavy[[6, 7]] = 1000, 0.5
    pairs = [(0, 6), (0, 7), (0, 8), (1, 6), (1, 7), (1, 9), (1, 10), (2, 6), (2, 7)]
    return [Branch(0, Csr.from_pairs(*np.array(pairs).T, N), heavy, times=3)]


SHAPES = [path, repeating, tree, three_of_few]


def assert_follows(drawn: Sequence[tuple[int, ...]], expected: dict[tuple[int, ...], float]) -> None:
    """Chi-square at 1 in a million; what is expected less than 5 times is counted together."""
    counts, total = Counter(drawn), sum(expected.values())
    assert counts.keys() <= expected.keys()
    seen, wanted, rest = [], [], [0.0, 0.0]
    for nodes, weight in sorted(expected.items()):
        share = weight / total * len(drawn)
        if share < 5:
            rest[0] += counts[nodes]
            rest[1] += share
        else:
            seen.append(counts[nodes])
            wanted.append(share)
    if rest[1] > 5:
        seen.append(rest[0])
        wanted.append(rest[1])
    assert len(seen) > 1
    wanted_array = np.array(wanted) * sum(seen) / sum(wanted)
    assert stats.chisquare(seen, wanted_array).pvalue > 1e-6


@pytest.mark.parametrize("shape", SHAPES)
def test_draws_follow_the_product_of_the_weights(shape: Callable[[], list[Branch]]) -> None:
    branches, root_weights = shape(), weights(20) + 0.1
    sampler = TreeSampler(N, branches)
    expected: dict[tuple[int, ...], float] = {}
    for root in range(N):
        for nodes, weight in enumerate_tree(root, branches):
            expected[nodes] = weight * root_weights[root]
    drawn = sampler.draw(DRAWS, 3, root_weights=root_weights)
    drawn = drawn[drawn[:, 0] >= 0]
    assert len(drawn) > 0.999 * DRAWS
    assert_follows([*map(tuple, drawn.tolist())], expected)


@pytest.mark.parametrize("shape", SHAPES)
def test_completions_of_given_roots(shape: Callable[[], list[Branch]]) -> None:
    branches = shape()
    sampler = TreeSampler(N, branches)
    roots = np.arange(DRAWS) % N
    drawn = sampler.complete(roots, 5)
    by_root = defaultdict(list)
    for root, row in zip(roots.tolist(), drawn.tolist(), strict=True):
        by_root[root].append(tuple(row))
    tested = 0
    for root in range(N):
        expected = dict(enumerate_tree(root, branches))
        if not expected:
            assert {*by_root[root]} == {(-1,) * drawn.shape[1]}
            continue
        found = [row for row in by_root[root] if row[0] >= 0]
        assert len(found) > 0.99 * len(by_root[root])
        if len(expected) == 1:
            assert {*found} == expected.keys()
        else:
            assert_follows(found, expected)
            tested += 1
    assert tested


def test_completions_are_the_total_weights() -> None:
    branches = path()
    sampler = TreeSampler(N, branches)
    totals = [sum(weight for _, weight in enumerate_tree(root, branches)) for root in range(N)]
    np.testing.assert_allclose(sampler.completions, totals)
    assert 0 < np.count_nonzero(totals) < N


def test_no_dead_end() -> None:
    """Most ways lead nowhere, and none of them is taken."""
    first = Csr.from_pairs([0] * 9, range(1, 10), N)
    second = Csr.from_pairs([9] * 5 + [8], [*range(10, 15), 15], N)
    last = Csr.from_pairs([14, 15], [20, 21], N)
    zero = np.ones(N)
    zero[21] = 0
    sampler = TreeSampler(N, [Branch(0, first), Branch(1, second), Branch(2, last, zero)])
    assert {*map(tuple, sampler.draw(1000, 1).tolist())} == {(0, 9, 14, 20)}
    assert sampler.completions.nonzero()[0].tolist() == [0]


def test_nothing_to_draw() -> None:
    sampler = TreeSampler(N, [Branch(0, Csr.from_pairs([], [], N))])
    assert (sampler.draw(100, 1) == -1).all() and (sampler.complete(np.arange(N), 1) == -1).all()
    assert (TreeSampler(N, path()).draw(100, 1, root_weights=np.zeros(N)) == -1).all()
    assert TreeSampler(N, path()).draw(0, 1).shape == (0, 4)


def test_a_node_that_must_stand_twice_is_given_up() -> None:
    there = Csr.from_pairs([0], [1], N)
    sampler = TreeSampler(N, [Branch(0, there), Branch(1, there.transposed())])
    assert sampler.completions[0] == 1 and (sampler.draw(50, 1) == -1).all()
    many = Csr.from_pairs([0] * TRIES, range(1, TRIES + 1), 100)
    back = Csr.from_pairs([*range(1, TRIES + 1), 1], [0] * TRIES + [99], 100)
    drawn = TreeSampler(100, [Branch(0, many), Branch(1, back)]).draw(2000, 1)
    kept = drawn[:, 0] >= 0  # a chance of 1 in 65 for each of 64 draws
    assert (drawn[kept] == (0, 1, 99)).all() and (drawn[~kept] == -1).all()
    assert kept.mean() == pytest.approx(1 - (64 / 65) ** 64, abs=0.06)


@pytest.mark.parametrize("shape", SHAPES)
def test_any_number_of_threads_and_any_count_give_the_same_rows(
    shape: Callable[[], list[Branch]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("florey.graph.sampling.compiled.CHUNK", 100)
    sampler, roots = TreeSampler(N, shape()), np.arange(777) % 3
    first, given = sampler.draw(777, 9), sampler.complete(roots, 9)
    for threads in (2, 3):
        np.testing.assert_array_equal(sampler.draw(777, 9, threads), first)
        np.testing.assert_array_equal(sampler.complete(roots, 9, threads), given)
    np.testing.assert_array_equal(sampler.draw(250, 9, 2), first[:250])
    assert (sampler.draw(777, 10) != first).any()


def test_columns() -> None:
    assert TreeSampler(N, tree()).columns == [slice(0, 1), slice(1, 3), slice(3, 4), slice(4, 5), slice(5, 6)]


@pytest.mark.parametrize(
    ("branch", "said"),
    [
        (Branch(1, Csr.from_pairs([], [], N)), "parent"),
        (Branch(-1, Csr.from_pairs([], [], N)), "parent"),
        (Branch(0, Csr.from_pairs([], [], N), times=0), "times"),
        (Branch(0, Csr.from_pairs([], [], 3)), "3 nodes"),
        (Branch(0, Csr.from_pairs([], [], N), np.full(N, -1.0)), "weights"),
        (Branch(0, Csr.from_pairs([], [], N), np.full(N, np.nan)), "weights"),
    ],
)
def test_a_branch_that_does_not_fit(branch: Branch, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        TreeSampler(N, [branch])


def test_nothing_stands_below_several_nodes() -> None:
    many = Branch(0, arcs(1, range(6), range(6, 14), 20), times=2)
    with pytest.raises(ValueError, match="branch 2: stands below several"):
        TreeSampler(N, [many, Branch(1, arcs(2, range(6, 14), range(14, 22), 24))])


def test_warm_up() -> None:
    warm_up()
    assert warm_up() < 60
