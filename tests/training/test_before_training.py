"""Mistakes that are found before a round is trained on, and gradients that are no numbers."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from florey.errors import BadInput, FloreyError
from florey.files import read_jsonl
from florey.records import Question, Rollout
from florey.training.engines import GRPOConfigModel, RoundJob
from florey.training.engines.trl import TRLEngine
from florey.training.policy import SmallModel, build_policy, save_policy
from florey.training.rounds import write_round

SHAPE = SmallModel(hidden=16, layers=1, heads=2, feed_forward=32, positions=64)


@pytest.fixture
def job(tmp_path: Path) -> RoundJob:
    questions = [
        Question(stem=f"p {number}", options=("x", "y"), gold=0, source="test", tier="easy").identified()
        for number in range(2)
    ]
    words = ["p", "0", "1", "A", "B"]
    save_policy(*build_policy(SHAPE, [], words, seed=1), tmp_path / "parent")
    write_round(tmp_path / "round.parquet", questions, ["p 0", "p 1 " * 10])
    return RoundJob(
        phase="stage1",
        parent=tmp_path / "parent",
        round_file=tmp_path / "round.parquet",
        out=tmp_path / "run" / "part" / "checkpoint",
        config=GRPOConfigModel(prompts_per_step=2, max_new_tokens=8, micro_batch=4, learning_rate=1e-3),
        rollouts_per_prompt=2,
        max_steps=2,
        seed=0,
    )


def test_prompts_that_leave_no_room_are_named_with_the_setting(job: RoundJob) -> None:
    tight = replace(job, config=job.config.model_copy(update={"max_new_tokens": 60}))
    with pytest.raises(BadInput, match=r"question q-\w+ has 20 tokens.*60 .grpo.max_new_tokens.*reads 64"):
        TRLEngine().train(tight)


def test_groups_of_one(job: RoundJob) -> None:
    with pytest.raises(BadInput, match="set rollouts to 2"):
        TRLEngine().train(replace(job, rollouts_per_prompt=1))


def test_a_round_without_questions_or_with_one_option(job: RoundJob) -> None:
    frame = pl.read_parquet(job.round_file)
    frame.with_columns(options=pl.Series([["x", "y"], ["x"]])).write_parquet(job.round_file)
    with pytest.raises(BadInput, match="has 1 option"):
        TRLEngine().train(job)
    frame.clear().write_parquet(job.round_file)
    with pytest.raises(BadInput, match="the round has no questions"):
        TRLEngine().train(job)


def test_a_gradient_that_is_no_number_stops_and_keeps_the_batch(job: RoundJob, monkeypatch: pytest.MonkeyPatch) -> None:
    from trl import GRPOTrainer

    inner = GRPOTrainer.compute_loss

    def poisoned(self: Any, *arguments: Any, **more: Any) -> Any:
        loss = inner(self, *arguments, **more)
        return loss * float("nan") if self.state.global_step == 1 else loss

    monkeypatch.setattr(GRPOTrainer, "compute_loss", poisoned)
    with pytest.raises(FloreyError, match="stage1, step 2: the gradient is no number"):
        TRLEngine().train(job)
    (kept,) = (job.out.parent.parent).glob("*.jsonl")
    assert kept.name == "stage1-step2.jsonl"
    assert [rollout.step for rollout in read_jsonl(kept, Rollout)] == [2] * 4
    assert not any(job.out.glob("*.safetensors"))
