"""Two processes over gloo train like one: the same questions in the same order, the same losses within tolerance."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from florey.errors import BadInput
from florey.training.engines import RoundJob, TRLSettings, VLLMSettings
from florey.training.engines.trl import TRLEngine


@pytest.mark.slow
def test_two_processes_train_like_one(a_job: Callable[..., RoundJob]) -> None:
    # Sampling differs between processes, so the answers are made the same: at this temperature they are greedy.
    settings = {"temperature": 1e-6}
    alone = TRLEngine().train(a_job("one", config=settings, max_steps=4))
    seen: list[int] = []
    job = a_job("two", config=settings, max_steps=4, trl=TRLSettings(processes=2))
    both = TRLEngine().train(job, lambda row, total: seen.append(row["step"]))
    assert seen == [1, 2, 3, 4]
    assert [r.question_id for r in both.rollouts] == [r.question_id for r in alone.rollouts]
    assert [r.text for r in both.rollouts] == [r.text for r in alone.rollouts]
    assert both.curriculum == alone.curriculum
    for name in ("loss", "grad_norm", "entropy"):
        assert [row[name] for row in both.log] == pytest.approx([row[name] for row in alone.log], rel=1e-4, abs=1e-6)
    assert (job.out / "model.safetensors").is_file()


def test_a_mistake_in_the_processes_is_the_same_sentence(a_job: Callable[..., RoundJob]) -> None:
    job = a_job("a", trl=TRLSettings(processes=2))
    with pytest.raises(BadInput, match=r"4 prompts x 5 rollouts|cannot be divided|max_new_tokens"):
        TRLEngine().train(replace(job, config=job.config.model_copy(update={"max_new_tokens": 64})))


def test_prompts_that_cannot_be_divided(a_job: Callable[..., RoundJob], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("accelerate.PartialState.num_processes", 3, raising=False)
    with pytest.raises(BadInput, match="4 prompts x 4 rollouts cannot be divided among 3 processes"):
        TRLEngine().train(a_job("a"))


def test_vllm_that_is_not_installed(a_job: Callable[..., RoundJob]) -> None:
    with pytest.raises(BadInput, match="vllm is not installed"):
        TRLEngine().train(a_job("a", trl=TRLSettings(vllm=VLLMSettings())))
