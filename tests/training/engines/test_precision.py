"""A parent in bf16, as most models are: small updates must not be lost in its rounding."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
import torch
from safetensors.torch import load_file
from tests.training.engines.planted import reward

from florey.training.cold_start.fine_tuning import SFTSettings, fine_tune
from florey.training.engines import RoundJob
from florey.training.engines.trl import TRLEngine
from florey.training.policy import load_policy, save_policy
from florey.training.trainer import hold_in_fp32

RATE = 1e-6


@pytest.fixture
def in_bf16(a_job: Callable[..., RoundJob]) -> RoundJob:
    job = a_job("a", max_steps=3)
    model, tokenizer = load_policy(str(job.parent))
    save_policy(model.to(torch.bfloat16), tokenizer, job.parent)
    return replace(job, config=job.config.model_copy(update={"learning_rate": RATE}))


def moved(job: RoundJob) -> float:
    """Share of the weights that are no longer what the parent had."""
    before, after = (load_file(place / "model.safetensors") for place in (job.parent, job.out))
    assert {tensor.dtype for tensor in before.values()} == {torch.bfloat16}
    assert load_policy(str(job.out))[0].dtype is torch.float32  # the next stage goes on from what was learned
    changed = sum(int((before[name].float() != after[name].float()).sum()) for name in before)
    return changed / sum(tensor.numel() for tensor in before.values())


def test_a_round_learns_at_a_small_rate(in_bf16: RoundJob, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("florey.training.engines.recorder.reward", reward)
    TRLEngine().train(in_bf16)
    assert moved(in_bf16) > 0.5


def test_a_cold_start_learns_at_a_small_rate(in_bf16: RoundJob) -> None:
    pairs = [(f"p {number}", " A B") for number in range(8)]
    settings = SFTSettings(steps=3, batch=8, micro_batch=8, learning_rate=RATE, max_tokens=16, warmup=0)
    fine_tune(in_bf16.parent, pairs, in_bf16.out, settings, seed=0)
    assert moved(in_bf16) > 0.5


@pytest.mark.parametrize("name", ["ACCELERATE_USE_FSDP", "ACCELERATE_USE_DEEPSPEED"])
def test_sharing_libraries_do_it_themselves(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "true")
    model = torch.nn.Linear(2, 2, dtype=torch.bfloat16)
    hold_in_fp32(model)
    assert model.weight.dtype is torch.bfloat16
