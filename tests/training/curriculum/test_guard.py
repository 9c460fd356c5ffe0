"""The guard against collapse: it fires where teaching stays away for long, and not at noise."""

from __future__ import annotations

import numpy as np
import pytest

from florey.training.curriculum.choosing import ChoiceConfig
from florey.training.curriculum.curriculum import Curriculum, CurriculumConfig
from florey.training.curriculum.groups import Group
from florey.training.curriculum.guard import Guard, GuardConfig

CONFIG = GuardConfig(window=4, patience=3, least_informative=0.25, dev_drop=0.05, dev_patience=2)


def test_it_waits_for_a_window_and_for_patience() -> None:
    guard = Guard(CONFIG)
    assert [guard.observe(0.1) for _ in range(8)] == [False] * 5 + [True, False, False]
    assert [guard.observe(0.1) for _ in range(4)] == [False] * 3 + [True]  # a whole window again, then patience
    assert [event["why"] for event in guard.events] == ["few groups with a gradient"] * 2


def test_a_good_step_in_between_resets_it() -> None:
    guard = Guard(CONFIG)
    assert not any(guard.observe(share) for share in [0.1] * 5 + [1.0] + [0.1] * 5)


def test_noise_about_a_healthy_share_does_not_fire() -> None:
    rng = np.random.default_rng(0)
    fired = sum(
        any(guard.observe(float(rng.binomial(16, 0.4) / 16)) for _ in range(100))
        for guard in (Guard(GuardConfig()) for _ in range(200))
    )
    assert fired <= 2


def test_a_falling_development_score() -> None:
    guard = Guard(CONFIG)
    assert [guard.observe_dev(score) for score in (0.6, 0.7, 0.66, 0.5, 0.55)] == [False] * 4 + [True]
    assert guard.events[-1] == {"why": "development score fell", "value": 0.55}
    short = Guard(CONFIG)
    assert [short.observe_dev(score) for score in (0.7, 0.5, 0.68, 0.5)] == [False] * 4  # not twice in a row


def test_softening_keeps_the_sum_and_a_least_share() -> None:
    guard = Guard(CONFIG)
    wrong, right = 2.0, 1.0
    shares = []
    for _ in range(6):
        wrong, right = guard.softened(wrong, right)
        assert wrong + right == pytest.approx(3)
        shares.append(wrong)
    assert shares == pytest.approx([1.0, 0.5, 0.3, 0.3, 0.3, 0.3])
    assert Guard(CONFIG).softened(0.1, 2.9)[0] == pytest.approx(0.1)  # never more than there was


def test_a_state_goes_on() -> None:
    whole, first = Guard(CONFIG), Guard(CONFIG)
    for guard in (whole, first):
        for _ in range(5):
            guard.observe(0.1)
    again = Guard(CONFIG)
    again.load_state_dict(first.state_dict())
    assert again.observe(0.1) is whole.observe(0.1) is True and again.state_dict() == whole.state_dict()


def test_the_curriculum_asks_fewer_hopeless_ones_after_it_fired() -> None:
    """Failed questions that nobody can solve: their groups teach nothing."""
    rows = [{"question_id": f"q{n}", "part": "wrong" if n < 8 else "right", "options": ["a", "b"]} for n in range(16)]
    curriculum = Curriculum(
        CurriculumConfig(choice=ChoiceConfig(), shares={"wrong": 2, "right": 1}, guard=CONFIG, seed=0), rows
    )
    asked = []
    for _ in range(24):
        chosen = curriculum.next(6)
        asked.append(sum(rows[place]["part"] == "wrong" for place in chosen))
        curriculum.observe(
            [
                Group(
                    question_id=rows[place]["question_id"],
                    position=place,
                    options=2,
                    rewards=(0.0,) * 4,
                    correct=(False,) * 4,
                )
                for place in chosen
            ]
        )
    assert asked[:5] == [4] * 5 and np.mean(asked[-6:]) < 1
    assert curriculum.guard
    steps = [event["step"] for event in curriculum.guard.events]
    assert steps[0] == 6 and curriculum.guard.events[0]["shares"] == {"right": 2.0, "wrong": 1.0}
    assert curriculum.metrics()["softened"] == len(steps)
