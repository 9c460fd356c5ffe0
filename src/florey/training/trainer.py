"""What the cold start and the embedded engine share about transformers' Trainer."""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from florey.inference.local import has_gpu


def common_arguments(out: Path, *, seed: int, max_steps: int, learning_rate: float) -> dict[str, Any]:
    """Trainer arguments: no checkpoints of its own, no reports, no progress bar; fp32 on a CPU, bf16 on a GPU.

    (bf16 is tens of times slower than fp32 on CPUs without AMX or AVX512.)
    """
    on_cpu = not has_gpu()
    return {
        "output_dir": str(out),
        "seed": seed,
        "data_seed": seed,
        "max_steps": max_steps,
        "learning_rate": learning_rate,
        "use_cpu": on_cpu,
        "bf16": not on_cpu,
        "activation_checkpointing": not on_cpu,
        "save_strategy": "no",
        "report_to": "none",
        "disable_tqdm": True,
        "logging_strategy": "no",
        "dataloader_pin_memory": not on_cpu,
    }


def hold_in_fp32(model: Any) -> None:
    """For weights that are trained whole. Neighbouring bf16 numbers lie 0.4% apart, and updates at a learning rate of
    1e-6 are lost between them, one and all. The forward pass is bf16 on a GPU all the same. FSDP and DeepSpeed do this
    to each process's share; here it would be done to the whole model in each."""
    if not any(os.environ.get(f"ACCELERATE_USE_{name}", "false").lower() == "true" for name in ("FSDP", "DEEPSPEED")):
        model.float()


def run_trainer(trainer: Any, resume_from: Path | None = None) -> None:
    """Trains without the printed log rows that a Trainer without a progress bar falls back to."""
    from transformers import PrinterCallback

    trainer.remove_callback(PrinterCallback)
    trainer.train(resume_from_checkpoint=str(resume_from) if resume_from else None)


def gradient_callback(stop: Callable[[int, str], None], limit: float = math.inf) -> Any:
    """A Trainer callback that calls `stop(step, why)` before an update by gradients that are no numbers (clipping does
    not mend them: one such step and all weights are lost), and after one whose norm before clipping was beyond
    `limit`."""
    from transformers import TrainerCallback

    class Gradients(TrainerCallback):  # type: ignore[misc]
        def on_pre_optimizer_step(self, args: Any, state: Any, control: Any, model: Any = None, **kwargs: Any) -> Any:
            if _anywhere(any(each.grad is not None and not _finite(each.grad) for each in model.parameters())):
                stop(state.global_step + 1, "the gradient is no number, so the update was not made")
            return control

        def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **kwargs: Any) -> Any:
            norm = (logs or {}).get("grad_norm")
            if norm is not None and not norm <= limit:  # nor if it is no number: DeepSpeed keeps gradients to itself
                stop(state.global_step, f"the gradient has exploded (norm {norm:.3g}, limit {limit:g})")
            return control

    return Gradients()


def _finite(gradient: Any) -> bool:
    own = gradient.to_local() if hasattr(gradient, "to_local") else gradient  # FSDP: this process's share
    return bool(own.isfinite().all())


def _anywhere(found: bool) -> bool:
    """Whether any process found it: one that stopped alone would leave the others waiting."""
    from accelerate import PartialState
    from accelerate.utils import gather_object

    return found if PartialState().num_processes == 1 else any(gather_object([found]))


def step_callback(after_step: Callable[[int], bool]) -> Any:
    """A Trainer callback that calls `after_step(step)` and stops the training when it answers True."""
    from transformers import TrainerCallback

    class AfterStep(TrainerCallback):  # type: ignore[misc]
        def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> Any:
            if after_step(state.global_step):
                control.should_training_stop = True
            return control

    return AfterStep()
