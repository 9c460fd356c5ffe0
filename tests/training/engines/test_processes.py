"""Two processes over gloo train like one: the same questions in the same order, the same losses within tolerance."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from tests.training.engines.fixed_answers import fixed
from tests.training.engines.planted import reward

from florey.errors import BadInput
from florey.training.engines import RoundJob, TRLSettings, VLLMSettings
from florey.training.engines.trl import TRLEngine, command
from florey.training.engines.trl_round import per_process

WORKER, BAD = "tests.training.engines.fixed_answers", "tests.training.engines.one_bad_share"


@pytest.mark.slow
def test_two_processes_train_like_one(a_job: Callable[..., RoundJob], monkeypatch: pytest.MonkeyPatch) -> None:
    from trl import GRPOTrainer

    def planted(job: RoundJob, folder: Path) -> list[str]:
        return [each.replace("florey.training.engines.trl_worker", WORKER) for each in command(job, folder)]

    monkeypatch.setattr("florey.training.engines.trl.command", planted)
    monkeypatch.setattr(GRPOTrainer, "_generate_single_turn", fixed)
    monkeypatch.setattr("florey.training.engines.recorder.reward", reward)
    one = a_job("one", max_steps=5)
    alone = TRLEngine().train(one)
    seen: list[int] = []
    two = a_job("two", max_steps=5, trl=TRLSettings(processes=2))
    both = TRLEngine().train(two, lambda row, total: seen.append(row["step"]))
    assert seen == [1, 2, 3, 4, 5]
    assert [r.question_id for r in both.rollouts] == [r.question_id for r in alone.rollouts]
    assert [r.text for r in both.rollouts] == [r.text for r in alone.rollouts]
    assert len({r.question_id for r in both.rollouts}) > 4 and any(row["grad_norm"] > 0 for row in alone.log)
    assert both.curriculum == alone.curriculum
    for name in ("loss", "grad_norm", "entropy"):
        assert [row[name] for row in both.log] == pytest.approx([row[name] for row in alone.log], rel=1e-3, abs=1e-6)
    ours, theirs = (load_file(job.out / "model.safetensors") for job in (one, two))
    assert ours.keys() == theirs.keys()
    assert all(torch.allclose(ours[name], theirs[name], atol=1e-5) for name in ours)


def test_a_mistake_in_the_processes_is_the_same_sentence(a_job: Callable[..., RoundJob]) -> None:
    job = a_job("a", trl=TRLSettings(processes=2))
    with pytest.raises(BadInput, match="the model reads 64 in all"):
        TRLEngine().train(replace(job, config=job.config.model_copy(update={"max_new_tokens": 64})))


def test_prompts_that_cannot_be_divided(a_job: Callable[..., RoundJob]) -> None:
    assert [per_process(a_job("a"), processes) for processes in (1, 2, 4)] == [16, 8, 4]
    with pytest.raises(BadInput, match="4 prompts x 4 rollouts cannot be divided among 3 processes"):
        per_process(a_job("a"), 3)


def test_vllm_that_is_not_installed(a_job: Callable[..., RoundJob]) -> None:
    with pytest.raises(BadInput, match="vllm is not installed"):
        TRLEngine().train(a_job("a", trl=TRLSettings(vllm=VLLMSettings())))


@pytest.mark.slow
def test_a_bad_gradient_of_one_process_stops_all(a_job: Callable[..., RoundJob], tmp_path: Path) -> None:
    job = a_job("a", trl=TRLSettings(processes=2))
    launch = [each.replace("florey.training.engines.trl_worker", BAD) for each in command(job, tmp_path)]
    subprocess.run(launch, check=True, timeout=120)
    said = {path.stem: path.read_text() for path in tmp_path.glob("*.said")}
    assert said == {"0-False": "0", "1-False": "0", "0-True": "1", "1-True": "1"}
