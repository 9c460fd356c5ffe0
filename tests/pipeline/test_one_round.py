"""`florey train`: one round by itself."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from florey.cli.train import train
from florey.errors import BadInput
from florey.records import Question
from florey.training.engines.trl import checkpoint_is_model
from florey.training.policy import SmallModel, build_policy, save_policy
from florey.training.rounds import write_round

SETTINGS = ("grpo.prompts_per_step=4", "grpo.max_new_tokens=6", "grpo.learning_rate=1.0e-2", "threads=1")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shape = SmallModel(hidden=16, layers=1, heads=2, feed_forward=32, positions=64)
    save_policy(*build_policy(shape, [], ["p", *"01234567", "A", "B"], seed=1), tmp_path / "cold_start" / "checkpoint")
    asked = [
        Question(stem=f"p {n}", options=("x", "y"), gold=n % 2, source="test", tier="easy").identified()
        for n in range(8)
    ]
    write_round(tmp_path / "round.parquet", asked, [q.stem for q in asked])
    return tmp_path


def called(folder: Path, *more: str, out: str = "made") -> str:
    arguments = [str(folder / "round.parquet"), "--parent", str(folder / "cold_start"), "--out", str(folder / out)]
    for setting in SETTINGS:
        arguments += ["--set", setting]
    found = CliRunner().invoke(train, [*arguments, "--rollouts", "2", *more], catch_exceptions=False)
    return found.output


def test_a_round_is_trained_and_the_next_goes_on_from_it(folder: Path) -> None:
    assert "2 steps; the checkpoint is" in called(folder)  # eight rows, four a step
    made = folder / "made"
    assert sorted(path.name for path in made.iterdir()) == [
        *("checkpoint", "log.jsonl", "result.json", "rollouts.jsonl", "round.parquet")
    ]
    assert checkpoint_is_model(made / "checkpoint")
    assert len((made / "rollouts.jsonl").read_text().splitlines()) == 8 * 2
    assert json.loads((made / "result.json").read_text())["engine"] == "trl"
    assert sorted(path.name for path in folder.iterdir()) == ["cold_start", "made", "round.parquet"]
    chosen = called(folder, "--parent", str(made), "--steps", "1", "--set", "stage2.choice.target=0.5", out="next")
    assert "1 steps" in chosen and (folder / "next" / "curriculum.json").is_file()


def test_what_would_run_is_shown_and_nothing_written(folder: Path) -> None:
    shown = called(folder, "--print", "--set", "trl.processes=2", "--stage", "1")
    assert "--num_processes 2" in shown and "max_steps: 2" in shown and "min_zero_variance" in shown
    assert not (folder / "made").exists()


def test_a_folder_with_something_in_it_is_left_alone(folder: Path) -> None:
    (folder / "made").mkdir()
    (folder / "made" / "mine.txt").write_text("mine")
    with pytest.raises(BadInput, match="is there already; choose another folder"):
        called(folder)
    assert (folder / "made" / "mine.txt").read_text() == "mine"


def test_a_round_or_parent_that_is_none(folder: Path) -> None:
    with pytest.raises(BadInput, match="not a model"):
        called(folder, "--parent", str(folder))
    (folder / "round.parquet").write_text("x")
    with pytest.raises(BadInput, match="expected a round in Parquet"):
        called(folder)
