"""Keys of the curriculum in a recipe: what they may be, and that a mistake is named with its key."""

from __future__ import annotations

import pytest
from tests.pipeline.conftest import MINIATURE

from florey.errors import BadInput
from florey.pipeline.recipe import load_recipe
from florey.training.curriculum.choosing import ChoiceConfig


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("stage1.choice.target=2", r"stage1\.choice\.target"),
        ("stage2.choice.posterior.memory=1.5", r"stage2\.choice\.posterior\.memory"),
        ("stage2.choice.skip.floor=0", r"stage2\.choice\.skip\.floor"),  # nobody is passed over for good
        ("stage2.choice.replays=0.1", r"stage2\.choice.*replays.*did you mean 'replay'"),
        ("stage2.screen.rollouts=0", r"stage2\.screen\.rollouts"),
        ("stage2.guard.windw=3", r"stage2\.guard.*windw.*did you mean 'window'"),
        ("stage2.guard.soften=1", r"stage2\.guard\.soften"),  # would soften nothing
        ("stage2.guard.least_share=0", r"stage2\.guard\.least_share"),  # hard ones are never left out
        ("stage2.shuffle_options=perhaps", r"stage2\.shuffle_options"),
        ("stage2.pool=0.5", r"stage2\.pool"),
        ("stage2.mining.samples=2", r"stage2\.mining.*raise temperature or set shuffled"),
        ("stage1.rollouts=1", r"stage1\.rollouts"),
        ("stage2.rollouts=1", r"stage2\.rollouts"),
        ("stage2.guard.window=3", r"guard: without choice the mix of a round is fixed"),
        ("stage1.guard.window=3", r"stage1.*guard"),  # stage 2 alone has one
    ],
)
def test_mistakes_are_named_with_their_key(override: str, said: str) -> None:
    with pytest.raises(BadInput, match=said):
        load_recipe(MINIATURE, [override])


def test_a_key_of_a_part_switches_it_on_with_its_defaults() -> None:
    assert load_recipe(MINIATURE).stage2.choice is None
    recipe = load_recipe(MINIATURE, ["stage2.choice={}", "stage2.choice.skip=null", "stage1.choice.target=0.5"])
    assert recipe.stage2.choice == ChoiceConfig(skip=None)
    assert recipe.stage1.choice == ChoiceConfig(target=0.5)
