"""The base is measured, and the cold start made or left out, with the reason where it is looked for."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from florey.errors import BadInput, FloreyError
from florey.files import file_digest, read_json
from florey.pipeline.answering import checkpoint
from florey.pipeline.leaving_out import told
from florey.pipeline.progress import Reporter
from florey.pipeline.recipe import Recipe, load_recipe
from florey.pipeline.run import run_recipe
from florey.pipeline.runner import Context
from florey.pipeline.stages import build_stages
from florey.pipeline.training_stages import cold_start
from florey.training.cold_start.fine_tuning import SFTSettings

MINIATURE = Path(__file__).with_name("miniature.yaml")
EASY = "{questions: 10, samples: 4, min_format: 0.02, min_informative: 0.02}"

Run = Callable[..., tuple[dict[str, Any], Path, str]]


@pytest.fixture
def run(miniature: Path, tmp_path: Path) -> Run:
    """The stage alone, over another run's stages: (counts, its folder, what it said)."""

    def made(*overrides: str, base: str = "base") -> tuple[dict[str, Any], Path, str]:
        recipe: Recipe = load_recipe(MINIATURE, ["cold_start.steps=10", *overrides])
        said = io.StringIO()
        inputs = {name: miniature / name for name in ("curated", "traces")} | {"base": miniature / base}
        out = tmp_path / "run" / ".cold_start.part"
        out.mkdir(parents=True)
        context = Context(inputs, out, 3, Reporter(Console(file=said, width=400)), "cold_start")
        return cold_start(recipe, context), out, said.getvalue()

    return made


def test_a_base_that_cannot_answer_gets_its_cold_start(run: Run) -> None:
    counts, out, said = run("cold_start.leave_out=auto", f"cold_start.leave_out_rule={EASY}")
    assert counts["left_out"] is False and counts["steps"] == 10 and counts["traces"] > 0
    assert counts["generations"] == {"measuring the base": 40}
    assert counts["why"].startswith("made: the base is not surely strong enough: answers in the format 0%")
    assert counts["why"] in said
    found = read_json(out / "leave_out.json")
    assert found["why"] == counts["why"] and found["base"]["questions"] == 10
    assert (out / "checkpoint" / "model.safetensors").is_file()


def test_a_strong_base_is_handed_on_as_it_is(run: Run, miniature: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # The miniature's trained policy stands for a strong base; its accuracy is not above chance beyond doubt.
    from florey.training.cold_start.leave_out import Strength, decision

    def lenient(found: Strength, rule: Any) -> tuple[bool, str]:
        return True, "left out: " + decision(found, rule)[1]

    monkeypatch.setattr("florey.pipeline.leaving_out.decision", lenient)
    counts, out, _ = run("cold_start.leave_out=auto", f"cold_start.leave_out_rule={EASY}", base="stage2-round2")
    assert counts["left_out"] is True and counts["steps"] == counts["traces"] == 0
    mine, theirs = (folder / "checkpoint" / "model.safetensors" for folder in (out, miniature / "stage2-round2"))
    assert file_digest(mine) == file_digest(theirs) and checkpoint(out) == out / "checkpoint"
    assert read_json(out / "leave_out.json")["base"]["format"]["value"] > 0.2


def test_never_measures_nothing(run: Run) -> None:
    counts, out, _ = run()
    assert "left_out" not in counts and "generations" not in counts and not (out / "leave_out.json").exists()
    assert counts["steps"] == 10


def test_early_stop_and_packing_are_told(run: Run) -> None:
    counts, out, _ = run(
        "cold_start.early_stop={every: 5, share: 0.2}", "cold_start.packing=true", "cold_start.max_tokens=250"
    )
    assert counts["held_out"] > 0 and counts["best_step"] in (5, 10)
    assert counts["rows"] < counts["traces"]
    assert [row["step"] for row in read_json(out / "held_out.json")] == [5, 10]


def test_without_development_questions_it_cannot_be_asked() -> None:
    with pytest.raises(BadInput, match=r"leave_out is auto, which asks the development questions, but split\.dev is 0"):
        load_recipe(MINIATURE, ["cold_start.leave_out=auto", "split.dev=0"])


@pytest.mark.parametrize("key", ["cold_start", "grpo"])
def test_peft_is_missed_before_anything_starts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, key: str) -> None:
    import importlib.util

    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "peft" else find(name))
    with pytest.raises(FloreyError, match="lora: peft is not installed: pip install"):
        run_recipe(load_recipe(MINIATURE, [f"{key}.lora={{rank: 4}}"]), tmp_path / "out", Reporter())
    assert not (tmp_path / "out").exists()


def test_what_decides_the_weights_is_in_the_key() -> None:
    """Another peft, or other ways of answering where the base is asked, make the stage run again."""

    def config(stage: str, *overrides: str) -> str:
        stages = build_stages(load_recipe(MINIATURE, overrides))
        return str(next(each.config for each in stages if each.name == stage))

    plain, asked = config("cold_start"), config("cold_start", "cold_start.leave_out=auto")
    assert config("cold_start", "grpo.temperature=0.5") == plain
    assert config("cold_start", "grpo.temperature=0.5", "cold_start.leave_out=auto") != asked
    assert "peft" not in plain and "peft" not in config("stage1")
    assert "'peft 0." in config("cold_start", "cold_start.lora={}") and "'peft 0." in config("stage1", "grpo.lora={}")


def test_what_the_report_says() -> None:
    plain, early = {"steps": 60}, {"steps": 60, "best_step": 40, "held_out": 5}
    settings = SFTSettings(batch=8, packing=True, lora={"rank": 4})  # type: ignore[arg-type]
    assert told(SFTSettings(batch=8), plain) == "60 steps of 8 traces"
    assert told(settings, early) == (
        "60 steps of 8 rows of traces, LoRA of rank 4, the weights of step 40, which did best on 5 held out"
    )
    assert told(settings, {**early, "left_out": False, "why": "made: x"}).endswith("held out, made: x")
    assert told(settings, {"steps": 0, "left_out": True, "why": "left out: y"}) == "left out: y"
