"""The measuring itself: paired steps do not touch each other, and the interval covers what was planted."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import pytest
from perf.paired_steps import Arm, in_turns
from perf.step_overhead import ratio


def test_two_trainings_in_turns_draw_what_each_draws_alone() -> None:
    import torch

    def training(seed: int) -> Callable[[Callable[[], None]], list[float]]:
        def train(gate: Callable[[], None]) -> list[float]:
            torch.manual_seed(seed)
            np.random.seed(seed)
            drawn = []
            for _ in range(5):
                drawn += [float(torch.rand(1)), float(np.random.rand())]
                gate()
            return drawn

        return train

    alone = [training(seed)(lambda: None) for seed in (1, 2)]
    arms = [Arm(training(seed)) for seed in (1, 2)]
    in_turns(arms, 4)
    assert [arm.result for arm in arms] == alone
    assert [len(arm.wall) for arm in arms] == [4, 4]


def test_only_the_own_steps_are_timed() -> None:
    def training(seconds: float) -> Callable[[Callable[[], None]], None]:
        def train(gate: Callable[[], None]) -> None:
            for _ in range(4):
                time.sleep(seconds)
                gate()

        return train

    slow, fast = Arm(training(0.05)), Arm(training(0.01))
    in_turns([slow, fast], 3)
    assert min(slow.wall) >= 0.05 and 0.01 <= min(fast.wall) < 0.05
    assert max(slow.cpu) < 0.05  # asleep


def test_a_training_that_fails_is_told() -> None:
    def fails(gate: Callable[[], None]) -> None:
        gate()
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        in_turns([Arm(fails)], 1)


def test_the_interval_covers_the_planted_ratio() -> None:
    rng = np.random.default_rng(0)
    covered = 0
    for seed in range(60):
        both = rng.lognormal(0, 0.3, size=50)  # steps differ in length, for both alike
        disturbed = 1 + rng.exponential(0.02, size=(4, 2, 50))  # other work only adds
        disturbed[rng.random(disturbed.shape) < 0.1] *= 3
        pairs = np.stack([1.02 * both, both]) * rng.lognormal(0, 0.01, (2, 50)) * disturbed
        value, low, high = ratio(pairs, seed)
        assert low <= value <= high
        covered += low <= 1.02 <= high
    assert covered >= 50
