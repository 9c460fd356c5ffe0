"""Cold start: supervised fine-tuning on the teacher's traces (paper, section 3.2), with TRL's SFTTrainer."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from florey.errors import BadInput, FloreyError
from florey.files import digest
from florey.inference.quiet import quiet_libraries
from florey.training.adapters import LoraSettings, peft_config, save_trained
from florey.training.checks import check_tokenizer
from florey.training.cold_start.early_stop import EarlyStop, Watcher, held_out
from florey.training.cold_start.leave_out import LeaveOutRule
from florey.training.cold_start.packing import Example, as_row, leaks, packed, packed_batch, tokenized
from florey.training.cold_start.sft_trainer import LOG_EVERY, cold_start_callback, restore_best, trainer_class
from florey.training.engines import snapshots
from florey.training.limits import named_limits
from florey.training.policy import load_policy
from florey.training.trainer import common_arguments, gradient_callback, hold_in_fp32, run_trainer

Progress = Callable[[int, int, str], None]  # done, total, a short text


class SFTSettings(BaseModel):
    """Supervised fine-tuning. The loss is over the completion only, mean over its tokens."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    steps: int = Field(default=400, ge=0)
    batch: int = Field(default=64, ge=1)  # rows per step: traces, or with packing rows of several
    micro_batch: int = Field(default=64, ge=1)  # rows per forward pass
    learning_rate: float = Field(default=1e-5, gt=0)
    warmup: float = Field(default=0.06, ge=0, le=1)  # share of the steps
    schedule: str = Field(default="cosine", pattern="^(cosine|linear|constant_with_warmup)$")
    max_tokens: int = Field(default=4096, ge=16)  # prompt + completion; with packing, of a row
    packing: bool = False  # several traces in a row, each seeing only itself
    lora: LoraSettings | None = None  # null: all weights are trained
    early_stop: EarlyStop | None = None  # null: all steps, all traces
    leave_out: Literal["never", "auto"] = "never"  # auto: measure the base first (cold_start: null leaves it out)
    leave_out_rule: LeaveOutRule = LeaveOutRule()


@dataclass
class ColdStartOutcome:
    """What came of it; the checkpoint is in the folder that was asked for."""

    steps: int  # made
    log: list[dict[str, Any]]  # the loss every ten steps
    traces: int  # trained on
    rows: int  # that they were packed into; as many as traces without packing
    held_out: int = 0  # traces
    measured: list[tuple[int, float]] = field(default_factory=list)  # (step, loss on what was held out)
    best_step: int | None = None  # whose weights were kept; None: the last
    stopped_early: bool = False
    notes: list[str] = field(default_factory=list)


def fine_tune(
    parent: Path | str,
    pairs: Sequence[tuple[str, str]],
    out: Path,
    settings: SFTSettings,
    *,
    seed: int,
    questions: Sequence[str] | None = None,
    work: Path | None = None,
    save_every: int = 100,
    progress: Progress | None = None,
) -> ColdStartOutcome:
    """Trains `parent` on (prompt, completion) pairs into `out`.

    `questions`: whose trace each pair is, for holding out (by the prompt where not said); `work`: folder of what a
    killed run goes on from, saved every `save_every` steps (rounded up to tens).
    Raises BadInput if there are no pairs, one is longer than `max_tokens`, or a setting does not suit the model.
    """
    with named_limits("cold start", "cold_start.micro_batch", out), quiet_libraries():
        return _fine_tune(parent, pairs, out, settings, seed, questions, work, save_every, progress)


def _fine_tune(
    parent: Path | str,
    pairs: Sequence[tuple[str, str]],
    out: Path,
    settings: SFTSettings,
    seed: int,
    questions: Sequence[str] | None,
    work: Path | None,
    save_every: int,
    progress: Progress | None,
) -> ColdStartOutcome:
    from datasets import Dataset
    from trl import SFTConfig

    micro = _checked_micro_batch(pairs, settings)
    model, tokenizer = load_policy(str(parent))
    if settings.lora is None:
        hold_in_fp32(model)
    check_tokenizer(tokenizer, Path(parent))
    examples = tokenized(tokenizer, pairs)
    _check_room(examples, settings, model)
    train, dev = _split(examples, list(questions or [prompt for prompt, _ in pairs]), settings.early_stop, seed)
    rows = packed(train, settings.max_tokens) if settings.packing else [[example] for example in train]
    out.mkdir(parents=True, exist_ok=True)
    folder = _folder(parent, pairs, questions, settings, seed, work)
    resumed, notes = snapshots.newest(folder) if folder else (None, [])
    watcher = Watcher(settings.early_stop or EarlyStop())
    best: dict[str, Any] = {}
    if resumed:
        state, _ = snapshots.opened(resumed)
        watcher.load_state_dict(state["watcher"])
        notes.append(f"cold start goes on from step {resumed.name.rpartition('-')[2]}")
    arguments = SFTConfig(
        **common_arguments(folder or out, seed=seed, max_steps=settings.steps, learning_rate=settings.learning_rate)
        | {"logging_strategy": "steps", "logging_steps": LOG_EVERY},
        lr_scheduler_type=settings.schedule,
        warmup_steps=round(settings.warmup * settings.steps),
        per_device_train_batch_size=micro,
        gradient_accumulation_steps=settings.batch // micro,
        max_length=settings.max_tokens,
        packing=False,  # TRL's own lays a whole batch out as one row, whose cost grows with the square of its length
    )
    trainer = trainer_class()(
        model=model,
        args=arguments,
        train_dataset=Dataset.from_list([as_row(row) for row in rows]),
        processing_class=tokenizer,
        peft_config=peft_config(settings.lora, model),
        **({"data_collator": lambda batch: packed_batch(batch, tokenizer.pad_token_id)} if settings.packing else {}),
    )
    trainer.add_callback(gradient_callback(_stop))
    trainer.add_callback(
        cold_start_callback(
            trainer,
            watcher,
            dev=[as_row([example]) for example in dev],
            best=best,
            folder=folder,
            resumed=resumed,
            save_every=-(-save_every // LOG_EVERY) * LOG_EVERY,
            progress=progress,
        )
    )
    if settings.steps:  # to the trainer none would mean three epochs
        run_trainer(trainer, resumed)
    restore_best(trainer.model, best)
    save_trained(trainer.model, tokenizer, trainer.model.state_dict(), out, settings.lora)
    history = trainer.state.log_history
    return ColdStartOutcome(
        steps=trainer.state.global_step,
        log=[{"step": row["step"], "loss": row["loss"]} for row in history if "loss" in row],
        traces=len(train),
        rows=len(rows),
        held_out=len(dev),
        measured=watcher.measured,
        best_step=watcher.best_step,
        stopped_early=bool(dev) and watcher.stopped and trainer.state.global_step < settings.steps,
        notes=notes,
    )


def _checked_micro_batch(pairs: Sequence[tuple[str, str]], settings: SFTSettings) -> int:
    if not pairs:
        raise BadInput("cold start: no traces to train on; raise distill.budget or widen distill.tiers")
    micro = min(settings.micro_batch, settings.batch)
    if settings.batch % micro:
        raise BadInput(f"cold start: batch {settings.batch} is not a multiple of micro_batch {micro}")
    return micro


def _check_room(examples: Sequence[Example], settings: SFTSettings, model: Any) -> None:
    longest = max(map(len, examples))
    if longest > settings.max_tokens:
        what = "a packed row has" if settings.packing else "max_tokens is"
        raise BadInput(
            f"cold start: a trace takes {longest} tokens with its prompt; {what} {settings.max_tokens}; "
            f"raise cold_start.max_tokens to {longest} or more"
        )
    reads = getattr(model.config, "max_position_embeddings", None)
    if reads is not None and longest > reads:
        raise BadInput(f"cold start: a trace takes {longest} tokens with its prompt; the model reads {reads} in all")
    if settings.packing and leaks(model):
        raise BadInput(
            "cold_start.packing: with this model or its attention, traces in one row would see each other "
            f"({type(model).__name__}, {model.config._attn_implementation}); set packing to false"
        )


def _split(
    examples: Sequence[Example], owners: list[str], rule: EarlyStop | None, seed: int
) -> tuple[list[Example], list[Example]]:
    """(trained on, held out)."""
    if rule is None:
        return list(examples), []
    if len(set(owners)) < 2:
        raise BadInput("cold_start.early_stop: the traces of one question cannot be split; expected two questions")
    chosen = held_out(owners, rule.share, seed)
    if len(chosen) == len(set(owners)):
        raise BadInput(f"cold_start.early_stop.share {rule.share:g} holds out every question; expected less")
    parts: tuple[list[Example], list[Example]] = ([], [])
    for example, owner in zip(examples, owners, strict=True):
        parts[owner in chosen].append(example)
    return parts


def _folder(
    parent: Path | str,
    pairs: Sequence[tuple[str, str]],
    questions: Sequence[str] | None,
    settings: SFTSettings,
    seed: int,
    work: Path | None,
) -> Path | None:
    """Where this very training's snapshots are."""
    if work is None:
        return None
    weights = snapshots.weights_of(Path(parent)) if Path(parent).is_dir() else str(parent)
    asked = json.loads(settings.model_dump_json())
    return snapshots.only_folder(work, [asked, seed, digest([list(map(list, pairs)), list(questions or [])]), weights])


def _stop(step: int, why: str) -> None:
    raise FloreyError(f"cold start, step {step}: {why}. A smaller cold_start.learning_rate usually helps")
