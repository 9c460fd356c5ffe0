"""What the cold start and the embedded engine share about transformers' Trainer."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any


def common_arguments(out: Path, *, seed: int, max_steps: int, learning_rate: float) -> dict[str, Any]:
    """Trainer arguments: no checkpoints of its own, no reports, no progress bar; fp32 on a CPU, bf16 on a GPU.

    (bf16 is tens of times slower than fp32 on CPUs without AMX or AVX512.)
    """
    import torch

    on_cpu = not torch.cuda.is_available()
    return {
        "output_dir": str(out),
        "seed": seed,
        "data_seed": seed,
        "max_steps": max_steps,
        "learning_rate": learning_rate,
        "use_cpu": on_cpu,
        "bf16": not on_cpu,
        "gradient_checkpointing": not on_cpu,
        "save_strategy": "no",
        "report_to": "none",
        "disable_tqdm": True,
        "logging_strategy": "no",
        "dataloader_pin_memory": not on_cpu,
    }


def step_callback(after_step: Callable[[int], bool]) -> Any:
    """A Trainer callback that calls `after_step(step)` and stops the training when it answers True."""
    from transformers import TrainerCallback

    class AfterStep(TrainerCallback):  # type: ignore[misc]
        def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> Any:
            if after_step(state.global_step):
                control.should_training_stop = True
            return control

    return AfterStep()
