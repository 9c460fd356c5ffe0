"""Training followed in trackio, TensorBoard or Weights & Biases beside the log; each an extra, none needed."""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping
from typing import Any

from florey.errors import BadInput
from florey.training.engines import RoundJob
from florey.training.engines.installed import lacking

FOLDER = "trackers"
"""Beside the stages of a run: what they themselves hold must be the same bytes every time."""


def tracking(job: RoundJob) -> dict[str, Any]:
    """Trainer arguments. Raises BadInput where a tracker is not installed.

    Where they write is up to them and their environment (WANDB_MODE=offline, TRACKIO_DIR, TENSORBOARD_LOGGING_DIR).
    """
    for sentence in lacking(job.trl):
        raise BadInput(sentence)
    return {"report_to": list(job.trl.trackers) or "none", "project": "florey", "run_name": job.phase}


def place(trainer: Any, job: RoundJob) -> None:
    """TensorBoard's files outlive the round: trackers/PHASE in the run's folder, if the environment says nothing."""
    if "tensorboard" not in job.trl.trackers:
        return
    from transformers.integrations import TensorBoardCallback

    for callback in trainer.callback_handler.callbacks:
        if isinstance(callback, TensorBoardCallback) and callback.logging_dir is None:
            callback.logging_dir = str(job.out.parent.parent / FOLDER / job.phase)


def finish(job: RoundJob) -> None:
    """The next round in this process is a run of its own: its steps begin at 1 again."""
    for name in ("trackio", "wandb"):
        if name in job.trl.trackers:
            importlib.import_module(name).finish()


def scalars(row: Mapping[str, Any], prefix: str = "florey") -> Iterator[tuple[str, float]]:
    """The numbers of a row of the log under names with slashes.

    >>> dict(scalars({"step": 1, "phase": "stage1", "tiers": {"easy": {"accuracy": 0.5, "tokens_right": None}}}))
    {'florey/step': 1.0, 'florey/tiers/easy/accuracy': 0.5}
    """
    for name, value in row.items():
        if isinstance(value, Mapping):
            yield from scalars(value, f"{prefix}/{name}")
        elif isinstance(value, int | float):
            yield f"{prefix}/{name}", float(value)
