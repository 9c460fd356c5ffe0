"""The order of the options in a round's rows: what mining found wrong must not teach letters."""

from __future__ import annotations

from collections import Counter

import pytest

from florey.pipeline.round_making import RoundPlan, _rows
from florey.records import Question
from florey.training.curriculum.choosing import ChoiceConfig
from florey.training.engines import GRPOConfigModel

FAILED = [
    Question(id=f"q{n:03}", stem=f"Which of {n}?", options=("gold", "one", "two", "three"), gold=0, source="test")
    for n in range(200)
]
"""All of them have the letter that a policy likes least."""


def plan(*, shuffle: bool, choice: ChoiceConfig | None = None, times: int = 1) -> RoundPlan:
    places = [(question, "wrong") for question in FAILED] * times
    return RoundPlan(GRPOConfigModel(), 4, 10, places, {}, choice=choice, shuffle=shuffle)


@pytest.mark.parametrize("choice", [None, ChoiceConfig()])
def test_on_a_first_visit_the_gold_may_stand_anywhere(choice: ChoiceConfig | None) -> None:
    made = plan(shuffle=True, choice=choice)
    rows = _rows(made, made.places, 0)
    first: dict[str, int] = {}
    for shown, part, order in rows:
        assert part == "wrong" and order is not None
        assert shown.options[shown.gold] == "gold" and [FAILED[0].options[place] for place in order] == [*shown.options]
        first.setdefault(shown.id, shown.gold)
    assert len(rows) == 200 * (4 if choice else 1)
    assert all(30 <= count <= 70 for count in Counter(first.values()).values()) and len(set(first.values())) == 4
    assert _rows(made, made.places, 0) == rows != _rows(made, made.places, 1)


def test_visits_of_a_round_have_other_orders() -> None:
    made = plan(shuffle=True, times=2)
    seen: dict[str, set[tuple[int, ...] | None]] = {}
    for shown, _, order in _rows(made, made.places, 0):
        seen.setdefault(shown.id, set()).add(order)
    assert sum(len(orders) == 2 for orders in seen.values()) > 180  # two turns of two rounds may be alike by chance


def test_without_it_they_stand_as_they_are() -> None:
    made = plan(shuffle=False)
    assert [(shown, order) for shown, _, order in _rows(made, made.places, 0)] == [(q, None) for q in FAILED]
