"""A run with every part of the curriculum on: what it leaves, and that a kill in mining or rollouts changes nothing."""

from __future__ import annotations

import io
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
from rich.console import Console
from tests.pipeline.conftest import MINIATURE

from florey.answer import parse
from florey.files import read_json, read_jsonl, write_json
from florey.pipeline.progress import Reporter
from florey.pipeline.recipe import load_recipe
from florey.pipeline.runner import Context
from florey.pipeline.training_stages import stage2_round
from florey.records import Prediction, Question, Rollout, Verdict
from florey.training.rewards import Reward
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
    pool = {row["question_id"] for row in read_round(whole / "stage2-round2" / "round.parquet")}
    left_out = before.keys() - pool  # by screening: what is known of them stays
    assert left_out and all(after[id] for id in left_out)
    logged = [json.loads(line) for line in (whole / "stage2-round2" / "log.jsonl").read_text().splitlines()]
    assert all({"seen", "pass_rate", "skipped", "solved", "softened"} <= set(row["curriculum"]) for row in logged)
    assert [len(read_json(whole / stage / "mining.json")["dev"]) for stage in ROUNDS] == [1, 2]


def test_parts_have_their_shares(whole: Path) -> None:
    for stage in ROUNDS:
        mix, mined = counts(whole, stage)["mix"], read_json(whole / stage / "mining.json")
        assert sum(mix["got"].values()) == 3 * 6
        assert mix["got"]["wrong"] >= mix["got"]["right"] or len(mined["failed"]) < 6


def test_mined_answers_are_judged_by_the_order_in_which_they_were_asked(whole: Path) -> None:
    """Counted again from the answers themselves: letter, order, gold of the question's own."""
    by_id = train(whole)
    for stage in ROUNDS:
        answers = list(read_jsonl(whole / stage / "mining.jsonl", Prediction))
        right: Counter[str] = Counter(dict.fromkeys(by_id, 0))
        moved = 0
        for answer in answers:
            question = by_id[answer.question_id]
            assert answer.order is not None
            found = parse(answer.text, [question.options[place] for place in answer.order])
            moved += answer.sample > 0 and answer.order != tuple(sorted(answer.order))
            if answer.finished and found.choice is not None:
                right[question.id] += answer.order[found.choice] == question.gold
        assert moved > 0
        told = read_json(whole / stage / "mining.json")
        assert told["failures"] == {id: 2 - count for id, count in sorted(right.items()) if count <= 1}
        assert told["failed"] == sorted(told["failures"])


@pytest.mark.parametrize(("before", "softened"), [(2.0, True), (0.0, False)])
def test_a_development_score_that_fell_softens_the_round(
    whole: Path, tmp_path: Path, before: float, softened: bool
) -> None:
    """A real round after one whose score is planted: nobody can be as good as 2, and nobody worse than 0."""
    parent = shutil.copytree(whole / "stage2-round1", tmp_path / "stage2-round1")
    write_json(parent / "mining.json", read_json(parent / "mining.json") | {"dev": [before]})
    recipe = load_recipe(MINIATURE, [*ON, "stage2.steps=1", "stage2.choice=null", "stage2.screen=null"])
    inputs = {"curated": whole / "curated", "stage2-round1": parent}
    out = tmp_path / "stage2-round2"
    out.mkdir()
    context = Context(inputs, out, 1, Reporter(Console(file=io.StringIO())), "stage2-round2")
    found = stage2_round(recipe, "stage2-round1", ("stage2-round1",), context)
    told = read_json(out / "mining.json")
    assert [event["why"] for event in told["softened"]] == ["development score fell"] * softened
    assert told["dev"] == [before, told["dev"][1]] and found["generations"]["development"] == 8
    assert found["mix"]["asked"] == ({"right": 4, "wrong": 2} if softened else {"right": 2, "wrong": 4})
    assert told["shares"] == ({"right": 2.0, "wrong": 1.0} if softened else {"right": 1.0, "wrong": 2.0})


def test_a_mix_that_was_softened_stays_soft_in_the_next_round(
    whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the guard does within a round, too, is in the shares that the round leaves. No reward differs here."""
    nothing = Reward(0.0, 0.0, 0.0, Verdict.WRONG)
    monkeypatch.setattr("florey.training.engines.recorder.reward", lambda *_, **__: nothing)
    parent = shutil.copytree(whole / "stage2-round1", tmp_path / "stage2-round1")
    soft = {"shares": {"right": 2.5, "wrong": 0.5}}
    write_json(parent / "mining.json", read_json(parent / "mining.json") | soft)
    eager = "stage2.guard={window: 1, patience: 1, least_share: 0.01}"
    recipe = load_recipe(MINIATURE, [*ON, "stage2.steps=1", eager])
    inputs = {"curated": whole / "curated", "stage2-round1": parent}
    out = tmp_path / "stage2-round2"
    out.mkdir()
    context = Context(inputs, out, 1, Reporter(Console(file=io.StringIO())), "stage2-round2")
    stage2_round(recipe, "stage2-round1", ("stage2-round1",), context)
    told = read_json(out / "mining.json")
    (event,) = told["softened"]  # softer still: what it began with was soft already
    assert told["shares"] == event["shares"] == {"right": 2.75, "wrong": 0.25}


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
