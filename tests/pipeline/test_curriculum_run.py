"""A run with every part of the curriculum on: what it leaves, and that a kill in mining or rollouts changes nothing."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from florey.files import read_json, read_jsonl
from florey.records import Question, Rollout
from florey.training.rounds import read_round

PATIENCE = 120.0
ON = (
    *("save_every=1", "stage1.max_steps=3", "stage1.choice.target=0.4", "stage1.screen.rollouts=2"),
    *("stage1.shuffle_options=true", "stage2.rounds=2", "stage2.steps=3", "stage2.choice.target=0.4"),
    *("stage2.screen.rollouts=2", "stage2.shuffle_options=true", "stage2.guard.dev=8", "stage2.mining.samples=2"),
    *("stage2.mining.shuffled=true", "stage2.mining.temperature=1.0"),
)
ROUNDS = ("stage2-round1", "stage2-round2")


@pytest.fixture(scope="module")
def whole(miniature: Path, tmp_path_factory: pytest.TempPathFactory, release: Path) -> Path:
    """Left alone."""
    from tests.pipeline.conftest import run_miniature

    out = shutil.copytree(miniature, tmp_path_factory.mktemp("curriculum") / "run")
    run_miniature(release, out, *ON)
    return out


def train(run: Path) -> dict[str, Question]:
    return {q.id: q for q in read_jsonl(run / "curated" / "train.jsonl", Question)}


def counts(run: Path, stage: str) -> Any:
    return read_json(run / stage / "manifest.json")["counts"]


@pytest.mark.parametrize("stage", ["stage1", *ROUNDS])
def test_options_are_shuffled_and_the_gold_goes_with_them(whole: Path, stage: str) -> None:
    rows, by_id = read_round(whole / stage / "round.parquet"), train(whole)
    for row in rows:
        question = by_id[row["question_id"]]
        assert row["options"][row["gold"]] == question.options[question.gold]
        assert row["options"] == [question.options[place] for place in row["order"]]
        assert all(option in row["prompt"] for option in row["options"])
    assert any(row["order"] != sorted(row["order"]) for row in rows)
    several = Counter(row["question_id"] for row in rows)
    assert max(several.values()) > 1  # of an adaptive round, a question has rows with other orders


@pytest.mark.parametrize("stage", ["stage1", *ROUNDS])
def test_every_generation_is_counted(whole: Path, stage: str) -> None:
    found = counts(whole, stage)["generations"]
    rollouts = list(read_jsonl(whole / stage / "rollouts.jsonl", Rollout))
    assert found["rollout"] == len(rollouts) and found["screening"] > 0
    if stage in ROUNDS:
        assert found["mining"] == 2 * len(train(whole)) and found["development"] == 8
        answers = (whole / stage / "mining.jsonl").read_text().splitlines()
        assert len(answers) == found["mining"]


def test_what_was_learned_goes_from_round_to_round(whole: Path) -> None:
    before, after = (read_json(whole / stage / "curriculum.json")["rates"]["counts"] for stage in ROUNDS)
    assert before and after and before != after
    logged = [json.loads(line) for line in (whole / "stage2-round2" / "log.jsonl").read_text().splitlines()]
    assert all({"seen", "pass_rate", "skipped", "solved", "softened"} <= set(row["curriculum"]) for row in logged)
    assert [len(read_json(whole / stage / "mining.json")["dev"]) for stage in ROUNDS] == [1, 2]


def test_parts_have_their_shares(whole: Path) -> None:
    for stage in ROUNDS:
        mix, mined = counts(whole, stage)["mix"], read_json(whole / stage / "mining.json")
        assert sum(mix["got"].values()) == 3 * 6
        assert mix["got"]["wrong"] >= mix["got"]["right"] or len(mined["failed"]) < 6


@pytest.mark.slow
def test_killed_while_mining_and_in_the_rollouts_it_ends_as_if_left_alone(
    miniature: Path, whole: Path, tmp_path: Path, start: Callable[..., subprocess.Popen[str]]
) -> None:
    out = shutil.copytree(miniature, tmp_path / "run")
    part = out / ".stage2-round1.part"

    def killed(there: Callable[[], bool]) -> None:
        process, end = start(out, *ON), time.monotonic() + PATIENCE
        while not there():
            assert process.poll() is None, process.communicate()
            assert time.monotonic() < end
            time.sleep(0.002)
        process.send_signal(signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL

    killed(part.exists)
    assert not (part / "mining.jsonl").exists(), "killed too late to be mining"
    killed(lambda: any((out / "unfinished" / "stage2-round1").glob("*/checkpoint-*/whole.json")))
    assert not (out / "stage2-round1" / "curriculum.json").exists()
    process = start(out, *ON)
    said, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, err
    assert "stage2-round1 goes on from step" in said
    for manifest in sorted(whole.glob("*/manifest.json")):
        again = read_json(out / manifest.parent.name / "manifest.json")
        assert (again["outputs"], again["counts"]) == (read_json(manifest)["outputs"], read_json(manifest)["counts"])
    assert not (out / "unfinished").exists()
