"""Cold start: supervised fine-tuning on the teacher's traces (paper, section 3.2), with TRL's SFTTrainer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from florey.errors import BadInput
from florey.inference.quiet import quiet_libraries
from florey.training.policy import load_policy, save_policy
from florey.training.trainer import common_arguments, run_trainer, step_callback

Progress = Callable[[int, int, str], None]  # done, total, a short text


class SFTSettings(BaseModel):
    """Supervised fine-tuning. The loss is over the completion only, mean over its tokens."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    steps: int = Field(default=400, ge=0)
    batch: int = Field(default=64, ge=1)  # sequences per step
    micro_batch: int = Field(default=64, ge=1)  # sequences per forward pass
    learning_rate: float = Field(default=1e-5, gt=0)
    warmup: float = Field(default=0.06, ge=0, le=1)  # share of the steps
    schedule: str = Field(default="cosine", pattern="^(cosine|linear|constant_with_warmup)$")
    max_tokens: int = Field(default=4096, ge=16)  # prompt + completion


def fine_tune(
    parent: Path | str,
    pairs: Sequence[tuple[str, str]],
    out: Path,
    settings: SFTSettings,
    *,
    seed: int,
    progress: Progress | None = None,
) -> list[dict[str, Any]]:
    """Trains `parent` on (prompt, completion) pairs into `out`; returns the loss every ten steps.

    Raises BadInput if there are no pairs or one is longer than `max_tokens`.
    """
    from datasets import Dataset
    from trl import SFTConfig, SFTTrainer

    if not pairs:
        raise BadInput("cold start: no traces to train on; raise distill.budget or widen distill.tiers")
    model, tokenizer = load_policy(str(parent))
    lengths = tokenizer([prompt + completion for prompt, completion in pairs])["input_ids"]
    longest = max(map(len, lengths)) + 1
    if longest > settings.max_tokens:
        raise BadInput(
            f"cold start: a trace takes {longest} tokens with its prompt; max_tokens is {settings.max_tokens}"
        )
    micro = min(settings.micro_batch, settings.batch)
    if settings.batch % micro:
        raise BadInput(f"cold start: batch {settings.batch} is not a multiple of micro_batch {micro}")
    arguments = SFTConfig(
        **common_arguments(out, seed=seed, max_steps=settings.steps, learning_rate=settings.learning_rate),
        lr_scheduler_type=settings.schedule,
        warmup_steps=round(settings.warmup * settings.steps),
        per_device_train_batch_size=micro,
        gradient_accumulation_steps=settings.batch // micro,
        max_length=settings.max_tokens,
        completion_only_loss=True,
        packing=False,
    )

    def after_step(step: int) -> bool:
        if progress:
            progress(step, settings.steps, "")
        return False

    arguments.logging_strategy, arguments.logging_steps = "steps", 10
    with quiet_libraries():
        trainer = SFTTrainer(
            model=model,
            args=arguments,
            train_dataset=Dataset.from_list([{"prompt": p, "completion": c} for p, c in pairs]),
            processing_class=tokenizer,
            callbacks=[step_callback(after_step)],
        )
        run_trainer(trainer)
    save_policy(trainer.model, tokenizer, out)
    return [{"step": row["step"], "loss": row["loss"]} for row in trainer.state.log_history if "loss" in row]
