"""The adapter of verl, without verl: what is written for it, what is read from it, what goes wrong with a name.

`make test-verl` holds the same files against the real one.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import torch
from tests.training.engines.conftest import ADAPTIVE, QUESTIONS, a_job  # noqa: F401  # a fixture

from florey.errors import BadInput, FloreyError
from florey.records import Verdict
from florey.training.curriculum.curriculum import CurriculumConfig
from florey.training.engines import RoundJob, VerlSettings
from florey.training.engines.registry import engine_named
from florey.training.engines.trl import TRLEngine, checkpoint_is_model
from florey.training.engines.verl import VerlEngine
from florey.training.engines.verl.data import ground_truth, write_parquet
from florey.training.engines.verl.engine import VARIABLE, asking, largest_step
from florey.training.engines.verl.overrides import overrides, shared_out, written
from florey.training.engines.verl.reward_function import compute_score
from florey.training.policy import load_policy
from florey.training.rewards import reward
from florey.training.rounds import read_round, write_round


@pytest.fixture
def job(a_job: Callable[..., RoundJob], tmp_path: Path) -> RoundJob:  # noqa: F811
    python = tmp_path / "python"
    python.write_text(f"#!{sys.executable}\nexec(open({str(Path(__file__).with_name('stand_in.py'))!r}).read())\n")
    python.chmod(0o755)
    return a_job(
        "verl",
        max_steps=3,
        verl=VerlSettings(python=python, gpus=2),
        curriculum=CurriculumConfig(),
        snapshots=tmp_path / "work",
    )


def test_a_round_there_and_back(job: RoundJob) -> None:
    seen: list[int] = []
    outcome = VerlEngine().train(job, lambda row, total: seen.append(row["step"]))
    assert outcome.steps == 3 and checkpoint_is_model(job.out)
    rows = read_round(job.round_file)
    asked = [rows[place % 8]["question_id"] for place in range(12)]  # in the round's order, from the start again
    assert [rollout.question_id for rollout in outcome.rollouts[::4]] == asked[:4] + asked[4:8] + asked[8:]
    assert {rollout.phase for rollout in outcome.rollouts} == {"stage1"} and len(outcome.rollouts) == 48
    wrong, right = outcome.rollouts[:2]
    assert right.verdict is Verdict.CORRECT and right.format == 1
    assert wrong.verdict is (Verdict.CORRECT if rows[0]["gold"] == 2 else Verdict.WRONG)
    assert [row["entropy"] for row in outcome.log] == [0.1, 0.2, 0.3] and outcome.log[0]["grad_norm"] == 1.0
    assert outcome.log[0]["tiers"]["easy"]["n"] == 16 and outcome.log[0]["mixed"] > 0
    assert set(seen) <= {1, 2, 3}


def test_the_next_round_is_another_engines(job: RoundJob, a_job: Callable[..., RoundJob]) -> None:  # noqa: F811
    adaptive = replace(job, curriculum=ADAPTIVE)
    first = VerlEngine().train(adaptive)
    knowledge = {name: first.curriculum["chooser"][name] for name in ("rates", "skipping")}
    assert knowledge["rates"]["counts"]
    second = TRLEngine().train(replace(a_job("next", max_steps=2), parent=job.out, knowledge=knowledge))
    assert second.steps == 2 and len(second.rollouts) == 2 * 4 * 4
    counts = second.curriculum["chooser"]["rates"]["counts"]
    assert counts.keys() >= knowledge["rates"]["counts"].keys()


def test_a_chosen_round_is_chosen_before_it_starts(job: RoundJob) -> None:
    VerlEngine().train(replace(job, curriculum=ADAPTIVE))
    (file,) = (job.snapshots or Path()).glob("*/round.parquet")
    truths = [json.loads(row["reward_model"]["ground_truth"]) for row in pl.read_parquet(file).to_dicts()]
    parts = {row["position"]: row["part"] for row in read_round(job.round_file)}
    assert Counter(parts[truth["position"]] for truth in truths) == {"wrong": 8, "right": 4}


def test_a_killed_one_goes_on(job: RoundJob, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAIL_AT", "3")
    with pytest.raises(FloreyError, match=r"stage1: verl ended with 1; .*told to fail"):
        VerlEngine().train(job)
    monkeypatch.delenv("FAIL_AT")
    outcome = VerlEngine().train(job)
    assert outcome.steps == 3 and [row["entropy"] for row in outcome.log] == [0.1, 0.2, 0.3]
    files = sorted(path.name for path in (job.snapshots or Path()).glob("*/metrics-*.jsonl"))
    assert files == ["metrics-001.jsonl", "metrics-002.jsonl"]


def test_rollouts_by_row(job: RoundJob, tmp_path: Path) -> None:
    write_round(job.round_file, QUESTIONS, [q.stem for q in QUESTIONS], rollouts=[2, 4, 6, 8] * 2)
    outcome = VerlEngine().train(replace(job, max_steps=2))
    counts = Counter(rollout.question_id for rollout in outcome.rollouts)
    assert [counts[question.id] for question in QUESTIONS] == [2, 4, 6, 8] * 2
    write_round(job.round_file, QUESTIONS, [q.stem for q in QUESTIONS], rollouts=[2, None, 6, None] * 2)
    rows = read_round(job.round_file)
    (_, asked), largest = asking(job, rows), largest_step(job, asking(job, rows)[1])
    assert [row["rollouts"] for row in asked[:4]] == [2, 4, 6, 4]  # verl takes an empty one for a number
    assert largest == 16
    write_parquet(tmp_path / "plain.parquet", [row | {"rollouts": None} for row in read_round(job.round_file)])
    assert "__rollout_n__" not in pl.read_parquet(tmp_path / "plain.parquet").columns


def test_the_reward_is_floreys(job: RoundJob) -> None:
    (row, *_) = read_round(job.round_file)
    truth = ground_truth(row)
    for text in ("<think>a</think><answer>A</answer>", "<think>a", "", "<answer>B</answer>", "A"):
        found = compute_score("florey", text, truth, {}, correct=2.0, format=0.5)
        config = job.config.reward.model_copy(update={"correct": 2.0, "format": 0.5})
        same = reward(text, row["options"], row["gold"], config, finished=text.endswith("</answer>"))
        assert (found["score"], found["acc"], found["format"]) == (same.total, same.correct, same.format)


def test_what_would_run_is_told_and_nothing_is_written(job: RoundJob, tmp_path: Path) -> None:
    before = sorted(tmp_path.rglob("*"))
    told = VerlEngine().planned(job)
    assert "verl.trainer.main_ppo" in told and "algorithm.norm_adv_by_std_in_grpo=false" in told
    assert "12 rows" in told and "actor/huggingface" in told and "verl.model_merger" not in told
    assert sorted(tmp_path.rglob("*")) == before


def test_a_step_is_one_update_on_all_gpus(job: RoundJob) -> None:
    """4 prompts x 4 rollouts: on 8 GPUs two each, in one forward pass; rows with 2, 4, 6 and 8 rollouts: 20 in all."""
    assert shared_out(replace(job, verl=VerlSettings(gpus=8))) == (4, 2)
    told = overrides(replace(job, verl=VerlSettings(gpus=8)), Path("f"), 5)
    assert "actor_rollout_ref.actor.ppo_micro_batch_size_per_gpu=2" in told
    assert shared_out(replace(job, verl=VerlSettings(gpus=1)), 20) == (5, 20)
    assert shared_out(replace(job, verl=VerlSettings(gpus=8)), 20) == (6, 3)
    with pytest.raises(BadInput, match=r"stage1: 4 prompts x 4 rollouts cannot be divided among 6 GPUs; change"):
        VerlEngine().train(replace(job, verl=job.verl.model_copy(update={"gpus": 3, "nodes": 2})))


def test_weights_keep_the_precision_they_were_trained_in(job: RoundJob) -> None:
    """verl's merger rounds to bf16, and its whole model says so of itself too: a small rate's updates would be lost."""
    VerlEngine().train(job)
    before, after = load_policy(str(job.parent))[0], load_policy(str(job.out))[0]
    assert json.loads((job.out / "config.json").read_text())["dtype"] == "float32"
    same = [torch.equal(a, b) for a, b in zip(before.parameters(), after.parameters(), strict=True)]
    assert same and all(same)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"loss": "grpo"}, "actor.loss_agg_mode=seq-mean-token-mean"),
        ({"kl": 0.5}, "actor.kl_loss_coef=0.5"),
        ({"kl": 0.0}, "actor.use_kl_loss=false"),
        ({"iterations": 3}, "actor.ppo_epochs=3"),
        ({"schedule": "cosine"}, "optim.lr_scheduler_type=cosine"),
    ],
)
def test_settings_by_their_names_there(job: RoundJob, change: dict[str, Any], expected: str) -> None:
    told = overrides(replace(job, config=job.config.model_copy(update=change)), Path("f"), 5)
    assert any(each.endswith(expected) for each in told)


def test_text_is_quoted_where_hydra_would_read_more_into_it() -> None:
    assert [written(value) for value in ("a/b-c.d", "a b", "it's", "null", None, True, 1e-6, ["x", "y z"])] == [
        *("a/b-c.d", "'a b'", "'it\\'s'", "'null'", "null", "true", "1e-06", "[x,'y z']")
    ]


def test_what_verl_has_not_is_refused(job: RoundJob) -> None:
    with pytest.raises(BadInput, match=r"grpo.schedule: verl has constant_with_warmup, cosine; not linear"):
        VerlEngine().train(replace(job, config=job.config.model_copy(update={"schedule": "linear"})))


def test_where_is_it(job: RoundJob, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    engine = engine_named("verl")
    monkeypatch.delenv(VARIABLE, raising=False)
    with pytest.raises(BadInput, match=f"Set verl.python, or {VARIABLE}"):
        engine.train(replace(job, verl=VerlSettings()))
    monkeypatch.setenv(VARIABLE, str(tmp_path / "nowhere"))
    with pytest.raises(BadInput, match="no such file; expected the Python of verl's environment"):
        engine.train(replace(job, verl=VerlSettings()))
    monkeypatch.setenv(VARIABLE, sys.executable)
    with pytest.raises(BadInput, match=r"verl is not installed in .*No module named 'verl'"):
        engine.train(replace(job, verl=VerlSettings()))


def test_rollouts_that_are_none(job: RoundJob) -> None:
    VerlEngine().train(job)
    (file,) = (job.snapshots or Path()).glob("*/rollouts/2.jsonl")
    file.write_text('{"output": "x"}\n')
    with pytest.raises(FloreyError, match=r"2.jsonl, line 1: not a rollout of verl"):
        VerlEngine().train(job)


def test_another_reward_is_told_of(job: RoundJob) -> None:
    other = "+reward.custom_reward_function.reward_kwargs.correct=0.5"  # at the end, so that it is the one
    with pytest.raises(FloreyError, match=r"1.jsonl, line 2: verl has rewarded .* what Florey rewards .*overrides"):
        VerlEngine().train(replace(job, verl=job.verl.model_copy(update={"overrides": (other,)})))


def test_one_that_lives_on_is_told_of(job: RoundJob, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its parent was killed and it was not: it must not be joined by a second one."""
    monkeypatch.setenv("FAIL_AT", "1")
    with pytest.raises(FloreyError, match="told to fail"):
        VerlEngine().train(job)
    monkeypatch.delenv("FAIL_AT")
    (lock,) = (job.snapshots or Path()).glob("*/lock")
    holds = f"import fcntl; lock = open({str(lock)!r}); fcntl.flock(lock, fcntl.LOCK_EX); print(1, flush=True); input()"
    with subprocess.Popen([sys.executable, "-c", holds], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout and other.stdout.readline()
        with pytest.raises(FloreyError, match=r"stage1: verl is still at work in .*; wait for it, or end its process"):
            VerlEngine().train(job)
        other.communicate(b"\n")
    assert VerlEngine().train(job).steps == 3


@pytest.mark.parametrize("left", [None, 0, 1000])
def test_ended_between_a_checkpoint_and_its_rollouts(
    job: RoundJob, monkeypatch: pytest.MonkeyPatch, left: int | None
) -> None:
    """verl saves a step before it writes that step's rollouts: they are made again, not left out of the record."""
    monkeypatch.setenv("FAIL_AT", "3")
    job = replace(job, save_every=1)
    with pytest.raises(FloreyError, match="told to fail"):
        VerlEngine().train(job)
    monkeypatch.delenv("FAIL_AT")
    (file,) = (job.snapshots or Path()).glob("*/rollouts/2.jsonl")
    whole = file.read_text()
    file.unlink() if left is None else file.write_text(whole[:left])
    outcome = VerlEngine().train(job)
    assert outcome.steps == 3 and len(outcome.rollouts) == 48 and file.read_text() == whole
    file.with_name("3.jsonl").unlink()  # the last step's too
    assert VerlEngine().train(job).steps == 3
    (latest,) = (job.snapshots or Path()).glob("*/checkpoints/latest_checkpointed_iteration.txt")
    latest.write_text("")
    assert VerlEngine().train(job).steps == 3
