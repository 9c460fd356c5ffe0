"""Distractors so chosen that the options alone give nothing away."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from itertools import combinations

import numpy as np
import pytest

from florey.graph.store import Graph
from florey.synthesis.drawing import Drawing
from florey.synthesis.kernels.kin import DISEASE, Kin, numbered, related
from florey.synthesis.kernels.options import (
    LEFT,
    MARKS,
    OFTEN,
    SLACK,
    SLACK_SHARE,
    TOGETHER,
    UNEVEN,
    Ledger,
    choose,
    ledger,
)
from florey.synthesis.kernels.pattern import Pattern
from florey.synthesis.metapaths import Kind

NODES, SIZE, DISTRACTORS = 300, 24, 3
LEAST_KNOWN = 0


def kin_of_names(names: list[str]) -> Kin:
    """Diseases of one type; those whose names share most words are kin."""
    nothing = numbered([()] * len(names))
    words = numbered([name.split() for name in names])
    return Kin(
        np.full(len(names), DISEASE, np.int8),
        np.zeros(len(names), np.int16),
        *numbered([[name] for name in names]),
        *words,
        *words,
        *nothing,
        *nothing,
        *nothing,
    )


@pytest.fixture(scope="module")
def one_told(graph_of: Callable[..., Graph], kind: Callable[..., Kind], drawing: Callable[..., Drawing]) -> Pattern:
    """A pattern with one named leaf; a draw has its node in the second place."""
    star = kind({"d": "disease", "f": "finding"}, ("d has_finding f",), "d")
    made: Pattern = drawing(graph_of(["OMIM:0 has_finding HP:0"]), star).pattern
    return made


@pytest.fixture(scope="module")
def none_told(one_told: Pattern) -> Pattern:
    """Cut down to the asked node."""
    return Pattern._make([part[:1] if isinstance(part, np.ndarray) else part for part in one_told])


class Made:
    """Draws by lot whose answer is mostly less known than its tempting candidates, and what was chosen for them."""

    def __init__(
        self, pattern: Pattern, balanced: bool, seed: int = 0, count: int = 2000, families: int = NODES
    ) -> None:
        rng = np.random.default_rng(5)
        self.kin = kin_of_names([f"name{i % families}" for i in range(NODES)])
        self.known = np.sort(rng.exponential(1.0, NODES)).astype(np.float32)  # by node, the least known first
        lengths = np.log1p(rng.integers(5, 40, NODES)).astype(np.float32)
        self.features = np.stack([self.known, lengths])
        gold = rng.integers(20, NODES - 20, count)
        self.draws = gold.astype(np.int32)[:, None]
        self.short = np.empty((count, SIZE), np.int32)
        for row, answer in zip(self.short, gold.tolist(), strict=True):
            less = rng.choice(answer, SIZE // 2, replace=False)
            more = rng.choice(np.arange(answer + 1, NODES), SIZE - len(less), replace=False)
            row[:] = np.concatenate([more, less])  # the better known tempt more
        self.rivals = rng.random(self.short.shape) < 0.2
        self.seed, self.balanced, self.pattern = seed, balanced, pattern
        self.books, self.chosen = self.choose()

    def choose(
        self, wants_rival: bool = False, bias: float = 3.0, options: int = DISTRACTORS
    ) -> tuple[Ledger, np.ndarray]:
        books = ledger(len(self.features) + 1, options + 1, NODES, NODES)
        chosen = np.full((len(self.draws), options), -9, np.int32)
        given = self.kin, self.pattern, self.features, self.draws, self.short, self.rivals
        choose(*given, wants_rival, self.balanced, bias, books, np.uint64(self.seed), 0, chosen)
        return books, chosen

    @property
    def made(self) -> np.ndarray:
        """Rows of the draws that have options."""
        return np.flatnonzero(self.chosen[:, 0] >= 0)

    def ranks(self, feature: int) -> Counter[int]:
        """How often the answer is the n-th of its options by the feature, where no two are alike."""
        found: Counter[int] = Counter()
        for row in self.made.tolist():
            mine, *others = self.features[feature, [self.draws[row, 0], *self.chosen[row]]].tolist()
            if len({mine, *others}) == len(others) + 1:
                found[sum(other < mine for other in others)] += 1
        return found


@pytest.fixture(scope="module")
def balanced(none_told: Pattern) -> Made:
    return Made(none_told, True)


@pytest.fixture(scope="module")
def unbalanced(none_told: Pattern) -> Made:
    return Made(none_told, False)


def test_without_balance_the_least_known_is_a_good_guess(unbalanced: Made) -> None:
    assert len(unbalanced.made) == 2000
    assert unbalanced.ranks(LEAST_KNOWN)[0] > 1.7 * 500
    assert not unbalanced.books.ranks.any() and not unbalanced.books.sums.any() and not unbalanced.books.nodes.any()


def test_balanced_ranks_are_even(balanced: Made) -> None:
    count = len(balanced.made)
    assert count > 1200
    assert set(balanced.chosen[balanced.chosen[:, 0] < 0, 0].tolist()) <= {UNEVEN}
    slack = SLACK + SLACK_SHARE * count + 1
    found = balanced.ranks(LEAST_KNOWN)
    assert sum(found.values()) == count
    assert all(found[rank] - count / 4 <= slack for rank in range(4))
    assert max(balanced.ranks(1).values()) - count / 4 <= slack


def test_the_ledger_says_what_was_chosen(balanced: Made) -> None:
    """Its ranks and sums are those of the questions, so that evenness there is evenness of the questions."""
    rows, books = balanced.made, balanced.books
    assert (books.ranks.sum(axis=1) == len(rows)).all()
    assert {rank: int(n) for rank, n in enumerate(books.ranks[LEAST_KNOWN])} == balanced.ranks(LEAST_KNOWN)
    values = balanced.features[:, np.concatenate([balanced.draws[rows], balanced.chosen[rows]], axis=1)]
    away = values - values.mean(axis=2, keepdims=True)
    for mark, marked in enumerate((values, abs(away), shares(values), shares(-values))):
        sums = (marked[..., 0] - marked.mean(axis=2)).sum(axis=1)
        assert books.sums[:2, mark] == pytest.approx(sums, abs=1e-2)
    assert (abs(books.sums) <= SLACK + SLACK_SHARE * len(rows) + 1).all()
    assert books.sums.shape == (3, MARKS)


def shares(values: np.ndarray) -> np.ndarray:
    """1 for the smallest option, in equal parts where several are."""
    smallest = values == values.min(axis=2, keepdims=True)
    return np.asarray(smallest / smallest.sum(axis=2, keepdims=True))


def test_no_node_is_the_answer_much_more_or_less_often_than_chance_would_have_it(balanced: Made) -> None:
    rows = balanced.made
    answers = np.bincount(balanced.draws[rows, 0], minlength=NODES)
    beside = np.bincount(balanced.chosen[rows].ravel(), minlength=NODES)
    owed = DISTRACTORS * answers - beside
    assert owed.tolist() == balanced.books.nodes.tolist() == balanced.books.words.tolist()
    assert owed.max() <= (OFTEN + 1) * DISTRACTORS and owed.min() >= -OFTEN * DISTRACTORS


def test_the_same_for_a_seed_and_another_for_another(balanced: Made, none_told: Pattern) -> None:
    _, again = balanced.choose()
    assert (again == balanced.chosen).all()
    assert (Made(none_told, True, seed=1).chosen != balanced.chosen).any(axis=1).mean() > 0.5


def test_in_parts_as_in_one_go(balanced: Made) -> None:
    """The books carry over, and each draw has a stream of its own by its number."""
    books = ledger(3, DISTRACTORS + 1, NODES, NODES)
    chosen = np.full_like(balanced.chosen, -9)
    for start, stop in ((0, 700), (700, 701), (701, 2000)):
        part = slice(start, stop)
        given = balanced.kin, balanced.pattern, balanced.features, balanced.draws[part], balanced.short[part]
        choose(*given, balanced.rivals[part], False, True, 3.0, books, np.uint64(0), start, chosen[part])
    assert (chosen == balanced.chosen).all()


@pytest.mark.parametrize("is_balanced", [True, False])
def test_never_kin_together_and_only_candidates(is_balanced: bool, none_told: Pattern) -> None:
    made = Made(none_told, is_balanced, count=600, families=30)
    assert len(made.made) > 30
    for row in made.made.tolist():
        others = made.chosen[row].tolist()
        assert set(others) <= set(made.short[row].tolist())
        assert not any(related(made.kin, a, b) for a, b in combinations(others, 2))


@pytest.mark.parametrize("is_balanced", [True, False])
def test_a_rival_is_among_them_where_one_is_wanted(is_balanced: bool, none_told: Pattern) -> None:
    made = Made(none_told, is_balanced, count=600)
    made.rivals[:100] = False
    _, chosen = made.choose(wants_rival=True)
    assert set(chosen[:100, 0].tolist()) <= {TOGETHER, UNEVEN} and TOGETHER in chosen[:100, 0]
    rows = np.flatnonzero(chosen[:, 0] >= 0)
    assert len(rows) > 100
    for row in rows.tolist():
        rival = set(made.short[row, made.rivals[row]].tolist())
        assert rival & set(chosen[row].tolist())
    _, free = made.choose(wants_rival=False)
    having = [bool(set(made.short[r, made.rivals[r]].tolist()) & set(free[r].tolist())) for r in range(100, 600)]
    assert not all(having)


def test_the_tempting_rather_than_the_others(unbalanced: Made) -> None:
    place = {bias: [] for bias in (1.0, 5.0)}  # type: dict[float, list[int]]
    for bias, places in place.items():
        _, chosen = unbalanced.choose(bias=bias)
        for row, others in zip(unbalanced.short.tolist(), chosen.tolist(), strict=True):
            places += [row.index(other) for other in others]
    assert abs(np.mean(place[1.0]) - (SIZE - 1) / 2) < 0.5
    assert np.mean(place[5.0]) < 6


def test_nothing_can_even_it_out(none_told: Pattern) -> None:
    """All candidates are better known than the answer: after a few questions no more are made."""
    made = Made(none_told, True, count=400)
    made.draws[:] = np.arange(400, dtype=np.int32)[:, None] % 20
    made.short[:] = 20 + made.short % (NODES - 20)
    for row in made.short:
        row[:] = np.resize(np.unique(row), SIZE)
    books, chosen = made.choose()
    count = int((chosen[:, 0] >= 0).sum())
    assert 0 < count < 20
    assert set(chosen[chosen[:, 0] < 0, 0].tolist()) == {UNEVEN}
    assert books.ranks[LEAST_KNOWN, 1:].sum() == 0 and books.ranks[LEAST_KNOWN, 0] == count
    assert count - count / 4 <= SLACK + SLACK_SHARE * count + 1


def test_a_rank_in_the_middle_is_evened_out_too(none_told: Pattern) -> None:
    """The answer is least, most, and twice the second of four; its mean, spread and extremes are even all the while,
    and nothing but its rank gives it away."""
    b = 0.811
    cycle = [
        (-1.0, -0.01, 0.0, 0.01),
        (1.0, -0.01, 0.0, 0.01),
        (0.0, -b, 0.4 * b, 0.8 * b),
        (0.0, -b, 0.3 * b, 0.5 * b),
    ]
    count = 400
    features = np.array(cycle * (count // 4), np.float32).reshape(1, -1)
    nodes = np.arange(4 * count, dtype=np.int32).reshape(count, 4)
    books = ledger(2, 4, 4 * count, 4 * count)
    chosen = np.full((count, 3), -9, np.int32)
    kin = kin_of_names([f"name{i}" for i in range(4 * count)])
    given = kin, none_told, features, nodes[:, :1].copy(), nodes[:, 1:].copy(), np.zeros((count, 3), bool)
    choose(*given, False, True, 1.0, books, np.uint64(0), 0, chosen)
    made = int((chosen[:, 0] >= 0).sum())
    assert 20 < made < count and set(chosen[chosen[:, 0] < 0, 0].tolist()) == {UNEVEN}
    assert books.ranks[0].sum() == made
    assert books.ranks[0, 1] - made / 4 <= SLACK + SLACK_SHARE * made + 1


def test_too_few_and_too_akin(none_told: Pattern) -> None:
    made = Made(none_told, False, count=3, families=2)
    made.short[0, 2:] = -1  # two candidates where three are wanted
    made.short[1, :] = np.arange(SIZE)  # of two families only
    made.short[2, :] = -1
    _, chosen = made.choose()
    assert chosen[:, 0].tolist() == [LEFT, TOGETHER, LEFT]
    _, pair = made.choose(options=2)
    assert pair[1, 0] >= 0 and pair[2, 0] == LEFT


def test_words_shared_with_the_stem_are_evened_out_too(one_told: Pattern) -> None:
    """The answer shares a word with what is told, and so does every other candidate: half of those are taken."""
    count, nodes = 400, 200
    names = [f"n{i} {'red' if i % 2 else 'blue'}" for i in range(nodes)] + ["red sky"]
    kin = kin_of_names(names)
    rng = np.random.default_rng(0)
    gold = 1 + 2 * rng.integers(0, nodes // 2, count)
    draws = np.stack([gold, np.full(count, nodes)], axis=1).astype(np.int32)
    short = np.array([rng.choice(np.setdiff1d(np.arange(nodes), [answer]), SIZE, False) for answer in gold], np.int32)
    shared = {}
    for balanced in (True, False):
        books = ledger(1, DISTRACTORS + 1, int(kin.words.max()) + 1, nodes + 1)
        chosen = np.full((count, DISTRACTORS), -9, np.int32)
        given = kin, one_told, np.zeros((0, nodes + 1), np.float32), draws, short, np.zeros_like(short, bool)
        choose(*given, False, balanced, 1.0, books, np.uint64(0), 0, chosen)
        made = chosen[chosen[:, 0] >= 0]
        assert len(made) > 50
        shared[balanced] = float((made % 2).mean())
    assert shared[False] < 0.6 and shared[True] > 0.9
