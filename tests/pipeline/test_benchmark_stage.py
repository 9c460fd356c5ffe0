"""Benchmarks in a recipe: every checkpoint is asked, nothing else runs again, the report shows them."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.pipeline.conftest import MINIATURE
from tests.pipeline.test_chain import changed, stamps

from florey.errors import BadInput
from florey.files import read_json, read_jsonl
from florey.pipeline.recipe import load_recipe
from florey.records import Prediction, Question


@pytest.fixture
def copy(miniature: Path, tmp_path: Path) -> Path:
    return shutil.copytree(miniature, tmp_path / "run")


def test_benchmarks_of_a_recipe(copy: Path, rerun: Callable[..., str], tmp_path: Path) -> None:
    held_out = tmp_path / "held_out.jsonl"
    shutil.copy(copy / "curated" / "test.jsonl", held_out)
    asked = list(read_jsonl(held_out, Question))
    settings = (
        f"evaluation.benchmarks.own={{kind: questions, path: {held_out}}}",
        "evaluation.predict={max_tokens: 40}",
    )
    before = stamps(copy)
    rerun(copy, *settings)
    assert changed(before, copy) == {"report"}  # benchmarks are new, so they are in no stamp of before
    manifest = read_json(copy / "benchmarks" / "manifest.json")["counts"]
    assert manifest["benchmarks"]["own"]["items"] == len(asked)
    scores = read_json(copy / "benchmarks" / "scores.json")
    checkpoints = list(read_json(copy / "evaluation" / "scores.json"))
    assert list(scores) == sorted(checkpoints)
    assert manifest["generations"]["benchmarks"] == len(asked) * len(checkpoints)
    # the same checkpoint, questions and words: the same answers as the evaluation of the staircase
    for name in checkpoints:
        made = {
            p.question_id: p.text
            for p in read_jsonl(copy / "benchmarks" / name / "own" / "predictions.jsonl", Prediction)
        }
        staircase = read_jsonl(copy / "evaluation" / name / "predictions.jsonl", Prediction)
        assert made == {p.question_id: p.text for p in staircase}
        assert scores[name]["score"]["macro"]["accuracy"] == pytest.approx(
            read_json(copy / "evaluation" / "scores.json")[name]["accuracy"]
        )
    (met,) = read_json(copy / "benchmarks" / "contamination.json")
    assert met["items"] == len(asked)
    page = (copy / "report.html").read_text()
    assert "items that the training questions meet" in page
    assert "<h2>Benchmarks</h2>" in page and "Verdicts of the last checkpoint" in page
    assert read_json(copy / "summary.json")["benchmarks"]["stages"][0]["stage"] == "base"
    assert "done already" in rerun(copy, *settings)


def test_a_benchmark_of_no_known_kind_is_named_when_it_is_read(copy: Path, rerun: Callable[..., str]) -> None:
    with pytest.raises(BadInput, match=r"no benchmark 'medaq'.*medqa"):
        rerun(copy, "evaluation.benchmarks.medaq.path=nowhere.jsonl")


def test_null_leaves_a_benchmark_out() -> None:
    recipe = load_recipe(MINIATURE, ["evaluation.benchmarks.medqa.path=x", "evaluation.benchmarks.medqa=null"])
    assert recipe.evaluation.benchmarks == {}
