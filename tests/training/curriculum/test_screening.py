"""Screening, by enumeration: rollouts that decided whether a group is made must not stand in it."""

from __future__ import annotations

from itertools import product

import pytest

from florey.training.curriculum.pass_rates import PassRateConfig, PassRates
from florey.training.curriculum.screening import allotted, undecided


def gradient(rewards: tuple[int, ...]) -> float:
    """Of a Bernoulli policy's log-odds: mean of (r - group mean) x (score), with score r - p; the p cancels."""
    mean = sum(rewards) / len(rewards)
    return sum((reward - mean) * reward for reward in rewards) / len(rewards)


def probability(rewards: tuple[int, ...], p: float) -> float:
    right = sum(rewards)
    return p**right * (1 - p) ** (len(rewards) - right)


def expected(p: float, screen: int, size: int, *, kept: bool) -> tuple[float, float]:
    """(chance that a group is made, expected gradient of those made), over all outcomes. A group is made where the
    screening is mixed; `kept`: the screening's rollouts are its first ones."""
    made = weight = 0.0
    for first in product((0, 1), repeat=screen):
        if len(set(first)) < 2:
            continue
        for rest in product((0, 1), repeat=size - screen if kept else size):
            chance = probability((*first, *rest), p)
            made += chance
            weight += chance * gradient((*first, *rest) if kept else rest)
    return made, weight / made


@pytest.mark.parametrize("p", [0.1, 0.3, 0.5, 0.8])
def test_thrown_away_they_bias_nothing_and_kept_they_do(p: float) -> None:
    size, screen = 6, 2
    plain = sum(probability(group, p) * gradient(group) for group in product((0, 1), repeat=size))
    assert plain == pytest.approx((1 - 1 / size) * p * (1 - p))  # what GRPO's advantage gives
    assert expected(p, screen, size, kept=False)[1] == pytest.approx(plain)
    biased = expected(p, screen, size, kept=True)[1]
    assert biased > plain * 1.05 if p != 0.5 else biased > plain


def rates(*counts: tuple[int, int]) -> PassRates:
    found = PassRates([f"q{n}" for n in range(len(counts))], [4] * len(counts), PassRateConfig())
    for n, (right, asked) in enumerate(counts):
        found.observe(f"q{n}", right, asked)
    return found


def test_only_the_undecided_stay() -> None:
    found = rates((4, 4), (0, 4), (2, 4), (0, 0))
    assert undecided(found, rollouts=2, least_mixed=0.3) == ["q2", "q3"]
    assert undecided(found, rollouts=64, least_mixed=0.3) == ["q0", "q1", "q2", "q3"]  # so many are hardly all alike
    assert undecided(found, rollouts=2, least_mixed=1.0) == []


def test_rollouts_by_what_it_takes() -> None:
    found = rates((15, 30), (30, 30), (0, 30))
    assert allotted(found, (16, 4, 64), least_mixed=0.3) == {"q0": 4, "q1": 16, "q2": 16}
    assert allotted(found, (4, 8), least_mixed=0.3) == {"q0": 4, "q1": 8, "q2": 8}  # nothing is enough: the most
