"""The plateau rule on planted series: when it must fire, and when it must not."""

from __future__ import annotations

import json

import numpy as np
import pytest

from florey.training.curriculum.plateau import Plateau, PlateauConfig, slope

CONFIG = PlateauConfig(window=5, min_steps=8, max_slope=0.002, min_zero_variance=0.3, patience=3)


def fired(rewards: list[float], zero_variance: list[float], config: PlateauConfig = CONFIG) -> int | None:
    plateau = Plateau(config)
    for step, (reward, flat) in enumerate(zip(rewards, zero_variance, strict=True), 1):
        assert plateau.observe(reward, flat) == (plateau.fired_at is not None and plateau.fired_at <= step)
    return plateau.fired_at


CLIMB = [0.1 * step for step in range(10)]


def test_fires_when_the_reward_is_flat_and_groups_are_sparse() -> None:
    # Flat from step 10 on: the window is flat for the first time at step 14, for the third at 16.
    assert fired(CLIMB + [0.9] * 20, [0.5] * 30) == 16


def test_fires_when_the_reward_falls() -> None:
    assert fired([1 - 0.01 * step for step in range(12)], [0.5] * 12) == 8


def test_does_not_fire_while_climbing() -> None:
    assert fired([0.01 * step for step in range(60)], [0.9] * 60) is None


def test_does_not_fire_while_groups_are_informative() -> None:
    assert fired([0.5] * 60, [0.2] * 60) is None


def test_fires_only_when_sparsity_emerges() -> None:
    # The mean over five steps reaches 0.3 with the second of the ones at step 22: quiet at 22, 23 and 24.
    assert fired([0.5] * 40, [0.0] * 20 + [1.0] * 20) == 24


def test_not_before_min_steps() -> None:
    assert fired([0.5] * 30, [1.0] * 30) == 8
    assert fired([0.5] * 30, [1.0] * 30, CONFIG.model_copy(update={"min_steps": 20})) == 20
    assert fired([0.5] * 6, [1.0] * 6) is None


def test_one_step_of_climbing_starts_the_patience_again() -> None:
    flat = [0.5] * 7
    assert fired(flat, [1.0] * 7, CONFIG.model_copy(update={"min_steps": 1})) == 7
    # quiet at steps 5 and 6, climbing at 7 to 10, flat again in the window of 11
    assert fired([0.5] * 6 + [0.6] * 9, [1.0] * 15, CONFIG.model_copy(update={"min_steps": 1})) == 13


def test_once_fired_it_stays_so_and_keeps_its_step() -> None:
    plateau = Plateau(CONFIG)
    for _ in range(10):
        plateau.observe(0.5, 1.0)
    assert plateau.fired_at == 8
    for step in range(10):
        assert plateau.observe(0.5 + 0.1 * step, 0.0)
    assert plateau.fired_at == 8


def test_the_log_shows_rule_and_inputs_of_every_step() -> None:
    plateau = Plateau(CONFIG)
    for step in range(9):
        plateau.observe(0.1 * step, 0.25)
    assert [row["step"] for row in plateau.history] == [5, 6, 7, 8, 9]
    last = plateau.history[-1]
    assert last == {
        "step": 9,
        "reward": pytest.approx(0.6),
        "slope": pytest.approx(0.1),
        "p": 0.0,
        "zero_variance": 0.25,
        "quiet": False,
        "fires": False,
    }


def test_slope_is_the_least_squares_slope() -> None:
    rng = np.random.default_rng(0)
    values = rng.random(15).tolist()
    x = np.arange(15) - 7
    assert slope(values) == pytest.approx(float((x * values).sum() / (x**2).sum()))
    assert slope([3.0, 3.0, 3.0]) == pytest.approx(0.0)


def test_a_slope_that_may_well_be_chance_is_no_climb() -> None:
    """Noise about a level has slopes beyond the limit in half of all windows; the test for slope = 0 sees that."""
    rng = np.random.default_rng(0)
    noisy = [(0.5 + 0.1 * rng.standard_normal(60)).tolist() for _ in range(40)]
    config = PlateauConfig(window=15, min_steps=20, max_slope=0.0)
    assert all(fired(values, [0.9] * 60, config) for values in noisy)
    early = sorted(fired(values, [0.9] * 60, config) or 60 for values in noisy)
    assert early[len(early) // 2] <= 25  # at the least number of steps or soon after it
    credulous = config.model_copy(update={"significance": 0.999999})  # every upward slope is a climb
    late = sorted(fired(values, [0.9] * 60, credulous) or 60 for values in noisy)
    assert late[len(late) // 2] > early[len(early) // 2]


def test_a_climb_under_noise_is_still_a_climb() -> None:
    rng = np.random.default_rng(1)
    climbs = [(0.1 + 0.02 * np.arange(40) + 0.05 * rng.standard_normal(40)).tolist() for _ in range(40)]
    config = PlateauConfig(window=15, min_steps=20)
    assert sum(fired(values, [0.9] * 40, config) is not None for values in climbs) <= 1


@pytest.mark.parametrize("stop", [3, 7, 13, 15])
def test_a_state_goes_on(stop: int) -> None:
    series = [*zip(CLIMB + [0.9] * 8, [0.5] * 18, strict=True)]
    whole, first, again = Plateau(CONFIG), Plateau(CONFIG), Plateau(CONFIG)
    said = [whole.observe(*each) for each in series]
    before = [first.observe(*each) for each in series[:stop]]
    again.load_state_dict(json.loads(json.dumps(first.state_dict())))
    assert before + [again.observe(*each) for each in series[stop:]] == said and True in said
    assert again.state_dict() == whole.state_dict()
