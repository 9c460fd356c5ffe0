"""A round that was killed goes on as if it had not been: the same questions, the same curriculum, the same bits."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.training.engines.planted import reward

from florey.files import file_digest
from florey.training.engines import RoundJob, RoundOutcome
from florey.training.engines.snapshots import JOB, KEEP, WHOLE, folder_of, newest
from florey.training.engines.trl import TRLEngine

KILLED = """
import os, signal, sys
from pathlib import Path
import torch
from florey.training.engines import recorder, snapshots
from tests.training.engines.planted import reward as planted
recorder.reward = planted
from florey.training.engines.snapshots import JOB
from florey.training.engines.trl import TRLEngine
torch.set_num_threads(1)
job, where = JOB.validate_json(Path(sys.argv[1]).read_bytes()), sys.argv[2]
def die(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)
if where == "rollout":
    inner, calls = planted, [0]
    def reward(*a, **k):
        calls[0] += 1
        return die() if calls[0] > 16 * 5 + 3 else inner(*a, **k)
    recorder.reward = reward
if where in ("update", "lora"):
    from trl import GRPOTrainer
    loss = GRPOTrainer.compute_loss
    GRPOTrainer.compute_loss = lambda self, *a, **k: die() if self.state.global_step == 5 else loss(self, *a, **k)
if where == "checkpoint":
    seal = snapshots.seal
    snapshots.seal = lambda path, *a: die() if path.name == "checkpoint-6" else seal(path, *a)
if where == "end":
    import transformers
    transformers.PreTrainedModel.save_pretrained = (lambda inner: lambda self, folder, **k:
        die() if Path(folder) == job.out else inner(self, folder, **k))(transformers.PreTrainedModel.save_pretrained)
TRLEngine().train(job)
"""


@pytest.fixture(autouse=True)
def one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    torch.set_num_threads(1)
    monkeypatch.setattr("florey.training.engines.recorder.reward", reward)


def weights(job: RoundJob) -> str:
    return file_digest(job.out / "model.safetensors")


def told(outcome: RoundOutcome) -> list[object]:
    return [outcome.steps, outcome.rollouts, outcome.log, outcome.curriculum]


@pytest.mark.slow
@pytest.mark.parametrize("where", ["rollout", "update", "checkpoint", "end", "lora"])
def test_killed_for_real_and_run_again(a_job: Callable[..., RoundJob], tmp_path: Path, where: str) -> None:
    # "lora": the same with adapters, killed in an update; dropout draws from the generators too
    lora = {"lora": {"rank": 4, "dropout": 0.1}} if where == "lora" else {}
    config = {"iterations": 1, **lora}
    whole = a_job("whole", config=config)
    expected = TRLEngine().train(whole)
    assert weights(whole) != file_digest(whole.parent / "model.safetensors")  # it does learn something
    job = a_job("killed", config=config, snapshots=tmp_path / "snapshots")
    (tmp_path / "job.json").write_bytes(JOB.dump_json(job))
    died = subprocess.run(
        [sys.executable, "-c", KILLED, str(tmp_path / "job.json"), where], env=os.environ, check=False
    )
    assert died.returncode == -signal.SIGKILL
    outcome = TRLEngine().train(job)
    went_on_from = {"rollout": 4, "update": 4, "checkpoint": 4, "end": 8, "lora": 4}[where]
    assert outcome.notes[-1] == f"stage1 goes on from step {went_on_from}"
    assert told(outcome) == told(expected) and weights(job) == weights(whole)
    assert len({tuple(r.question_id for r in expected.rollouts if r.step == step) for step in range(1, 10)}) > 1


def test_between_updates_on_the_same_rollouts_nothing_is_saved(a_job: Callable[..., RoundJob], tmp_path: Path) -> None:
    job = a_job("a", config={"iterations": 2}, max_steps=3, save_every=1, snapshots=tmp_path / "snapshots")
    outcome = TRLEngine().train(job)
    assert outcome.steps == 3 and [row["step"] for row in outcome.log] == [1, 2, 3]
    assert len(outcome.rollouts) == 3 * 16
    folder = folder_of(job)
    assert folder is not None and sorted(path.name for path in folder.iterdir()) == ["checkpoint-4", "checkpoint-6"]


def test_a_damaged_snapshot_is_told_of_and_the_one_before_is_used(
    a_job: Callable[..., RoundJob], tmp_path: Path
) -> None:
    whole = a_job("whole")
    expected = TRLEngine().train(whole)
    job = a_job("a", snapshots=tmp_path / "snapshots")
    TRLEngine().train(job)
    folder = folder_of(job)
    assert folder is not None
    names = sorted(path.name for path in folder.iterdir())
    assert names == ["checkpoint-6", "checkpoint-8"] and len(names) == KEEP  # older ones are gone
    damaged = folder / "checkpoint-8" / "optimizer.pt"
    damaged.write_bytes(damaged.read_bytes()[:-1] + b"!")
    outcome = TRLEngine().train(job)
    assert "checkpoint-8: optimizer.pt differs from its hash" in outcome.notes[0]
    assert outcome.notes[1] == "stage1 goes on from step 6"
    assert told(outcome) == told(expected) and weights(job) == weights(whole)


@pytest.mark.parametrize("lost", [WHOLE, "florey.json", "rng_state.pth", "model.safetensors"])
def test_a_snapshot_that_lacks_a_file_is_not_one(a_job: Callable[..., RoundJob], tmp_path: Path, lost: str) -> None:
    job = a_job("a", max_steps=2, save_every=1, snapshots=tmp_path / "snapshots")
    TRLEngine().train(job)
    folder = folder_of(job)
    assert folder is not None
    (folder / "checkpoint-2" / lost).unlink()
    found, notes = newest(folder)
    assert found == folder / "checkpoint-1" and len(notes) == 1


def test_snapshots_of_other_settings_are_not_gone_on_from(a_job: Callable[..., RoundJob], tmp_path: Path) -> None:
    first = a_job("a", max_steps=2, save_every=1, snapshots=tmp_path / "snapshots")
    TRLEngine().train(first)
    second = a_job("b", max_steps=2, save_every=1, config={"kl": 0.1}, snapshots=tmp_path / "snapshots")
    outcome = TRLEngine().train(second)
    assert outcome.notes == [] and all("kl" in row for row in outcome.log)
    assert list((tmp_path / "snapshots").iterdir()) == [folder_of(second)]
