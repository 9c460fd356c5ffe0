"""A base's strength and what follows from it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from florey.training.cold_start.leave_out import LeaveOutRule, Sample, decision, strength

RULE = LeaveOutRule(min_format=0.8, min_informative=0.3, min_over_chance=0.1)


def samples(right: list[int], of: int = 8, formed: float = 1.0, options: int = 4) -> list[Sample]:
    """Questions with so many right samples each."""
    return [
        Sample(f"q{number}", options, turn < count, turn < formed * of)
        for number, count in enumerate(right)
        for turn in range(of)
    ]


def test_what_is_measured() -> None:
    found = strength(samples([8, 0, 4, 2], formed=0.75))
    assert (found.questions, found.samples) == (4, 32)
    assert found.format.value == 0.75
    assert found.accuracy.value == pytest.approx(14 / 32)
    assert found.over_chance.value == pytest.approx(14 / 32 - 0.25)
    assert found.informative.value == 0.5  # all right and all wrong teach nothing
    for each in (found.format, found.accuracy, found.over_chance, found.informative):
        assert each.lo is not None and each.hi is not None and each.lo <= each.value <= each.hi
    assert found.as_json()["informative"]["value"] == 0.5


def test_chance_is_each_questions_own() -> None:
    mixed = [Sample("a", 2, True, True), Sample("a", 2, False, True), Sample("b", 5, True, True)]
    assert strength(mixed).over_chance.value == pytest.approx((0.5 - 0.5 + 1 - 0.2) / 3)


@pytest.mark.parametrize(
    ("right", "formed", "out", "said"),
    [
        ([4] * 40, 1.0, True, "left out: the base is strong enough: answers in the format 100%"),
        ([4] * 40, 0.5, False, "not surely strong enough: answers in the format 50%"),
        ([8] * 40, 1.0, False, "questions right and wrong in turn 0%"),
        ([8] * 12 + [4] * 4, 1.0, False, "questions right and wrong in turn 25%"),
        ([2, 3, 1] * 14, 1.0, False, "+0.0 points"),  # it guesses, in good format
        ([3, 2] * 20, 1.0, False, "+6.2 points (+4.2 to +8.3) against guessing, not surely at least +10"),
        ([4] * 2, 1.0, False, "not surely at least"),  # two questions say little
    ],
)
def test_all_three_must_hold_beyond_doubt(right: list[int], formed: float, out: bool, said: str) -> None:
    left_out, why = decision(strength(samples(right, formed=formed)), RULE)
    assert left_out is out and said in why, why


@given(st.lists(st.integers(0, 8), min_size=1, max_size=30))
def test_a_stricter_rule_never_leaves_out_more(right: list[int]) -> None:
    found = strength(samples(right))
    lax, _ = decision(found, LeaveOutRule(min_format=0.1, min_informative=0.1, min_over_chance=0.1))
    strict, _ = decision(found, LeaveOutRule(min_format=0.9, min_informative=0.5, min_over_chance=0.2))
    assert lax or not strict
