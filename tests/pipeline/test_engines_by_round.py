"""A run may change its engine between rounds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from florey.errors import FloreyError
from florey.pipeline.plan import missing
from florey.pipeline.recipe import Recipe
from florey.pipeline.run import run_recipe
from florey.pipeline.stages import build_stages


def keys(**changes: Any) -> dict[str, Any]:
    recipe = Recipe.model_validate({"name": "x", "stage2": {"rounds": 2}, **changes})
    return {stage.name: stage.config for stage in build_stages(recipe)}


def test_a_later_engine_leaves_earlier_rounds_alone() -> None:
    before, after = keys(), keys(engines={"stage2-round2": "verl"})
    assert {name for name in before if before[name] != after[name]} == {"stage2-round2", "report"}
    assert keys(engine="verl") == keys(
        engine="verl", engines=dict.fromkeys(("stage1", "stage2-round1", "stage2-round2"), "verl")
    ) | {"report": keys(engine="verl")["report"]}


def test_a_round_that_there_is_not() -> None:
    with pytest.raises(ValidationError, match=r"no round 'stage2-round3' .did you mean 'stage2-round2'"):
        keys(engines={"stage2-round3": "verl"})


def test_an_engine_that_is_not_there_is_missed_before_the_graph(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("FLOREY_VERL_PYTHON", raising=False)
    recipe = Recipe.model_validate({"name": "x", "engines": {"stage2-round1": "verl"}})
    assert any(each.startswith("engine verl: where is its environment?") for each in missing(recipe))
    with pytest.raises(FloreyError, match="engine verl: where is its environment"):
        run_recipe(recipe, tmp_path / "run")
    assert not (tmp_path / "run").exists()
