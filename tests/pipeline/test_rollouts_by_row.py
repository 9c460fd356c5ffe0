"""More rollouts where a smaller group would teach nothing; for engines that take them by row."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from florey.pipeline.recipe import Recipe
from florey.pipeline.round_making import RoundPlan, rollouts_by_row
from florey.records import Question
from florey.training.curriculum.mining import Mined
from florey.training.engines import GRPOConfigModel

ASKED = [
    Question(stem=f"p {n}", options=("a", "b", "c"), gold=0, source="test", tier="easy").identified() for n in range(3)
]


def plan(mined: Mined | None, allot: tuple[int, ...] = (4, 8, 64)) -> RoundPlan:
    places = [(question, "") for question in ASKED]
    return RoundPlan(GRPOConfigModel(), rollouts=8, steps=1, places=places, shares={}, allot=allot, mined=mined)


def test_the_hardest_get_the_most() -> None:
    half, most, never = (question.id for question in ASKED)
    mined = Mined({half: 15, most: 29, never: 0}, samples=30)
    assert rollouts_by_row(plan(mined), [*ASKED, ASKED[0]], None) == [4, 8, 64, 4]
    assert rollouts_by_row(plan(mined, ()), ASKED, None) is None


def test_what_earlier_rounds_know_goes_before() -> None:
    known = {"rates": {"counts": {ASKED[1].id: [1.0, 60.0]}}}
    assert rollouts_by_row(plan(None), ASKED[:2], known) == [4, 64]


def test_trl_says_that_it_cannot() -> None:
    with pytest.raises(ValidationError, match="TRL has one number of rollouts a round"):
        Recipe.model_validate({"name": "x", "stage2": {"allot": [8, 16]}})
    assert Recipe.model_validate({"name": "x", "engine": "verl", "stage2": {"allot": [8, 16]}}).stage2.allot == (8, 16)
    with pytest.raises(ValidationError, match="expected 2 or more"):
        Recipe.model_validate({"name": "x", "engine": "verl", "stage2": {"allot": [1, 16]}})
