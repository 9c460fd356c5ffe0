"""One round by TRL's GRPOTrainer in this process; it may be one of several that train together."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from florey.errors import BadInput, FloreyError
from florey.files import write_jsonl
from florey.inference.quiet import quiet_libraries
from florey.training.adapters import peft_config, save_trained
from florey.training.checks import check_round
from florey.training.curriculum.choosing import Adaptive
from florey.training.curriculum.curriculum import Curriculum
from florey.training.engines import RoundJob, RoundOutcome, Watch, snapshots, trackers
from florey.training.engines.clock import REWARD, ROLLOUT, SNAPSHOT, Clock
from florey.training.engines.recorder import Recorder
from florey.training.engines.token_metrics import TIER, TierMeter
from florey.training.limits import named_limits
from florey.training.policy import load_policy
from florey.training.rounds import read_round
from florey.training.trainer import common_arguments, gradient_callback, hold_in_fp32, run_trainer

LOGGED = ("loss", "grad_norm", "entropy", "kl", "learning_rate")
"""Of TRL's own metrics, what the log keeps."""


def train_round(job: RoundJob, watch: Watch | None = None) -> RoundOutcome:
    """GRPO with advantage r - group mean (`scale_rewards="none"`). Goes on from a snapshot where there is one."""
    with named_limits(job.phase, "grpo.micro_batch", job.out), quiet_libraries():
        return _train(job, watch)


def _train(job: RoundJob, watch: Watch | None) -> RoundOutcome:
    from accelerate import PartialState
    from datasets import Dataset

    model, tokenizer = load_policy(str(job.parent))
    if job.config.lora is None:
        hold_in_fp32(model)
    rows = read_round(job.round_file)
    check_round(rows, model, tokenizer, job)
    curriculum = Curriculum(job.curriculum, rows)
    if job.knowledge and isinstance(curriculum.chooser, Adaptive):
        curriculum.chooser.learn(job.knowledge)
    ends = model.generation_config.eos_token_id or tokenizer.eos_token_id
    recorder = Recorder(job.phase, job.config, frozenset(ends if isinstance(ends, list) else [ends]), curriculum)
    folder = snapshots.folder_of(job)
    resumed, notes = snapshots.newest(folder) if folder else (None, [])
    if resumed:
        state, recorder.rollouts = snapshots.opened(resumed)
        recorder.log = state["log"]
        curriculum.load_state_dict(state["curriculum"])
        notes.append(f"{job.phase} goes on from step {len(recorder.log)}")
    if any(row["rollouts"] for row in rows):
        notes.append(f"{job.phase}: TRL has one number of rollouts a round, {job.rollouts_per_prompt} for every row")
    clock = Clock()
    trainer = _trainer_class()(
        curriculum=curriculum,
        clock=clock,
        meter=TierMeter([row["tier"] or "none" for row in rows]),
        model=model,
        reward_funcs=recorder,
        args=_arguments(job, folder),
        train_dataset=Dataset.from_list(rows),
        processing_class=tokenizer,
        peft_config=peft_config(job.config.lora, model),
        callbacks=[],
    )
    trainer.add_callback(
        gradient_callback(lambda step, why: _stop(job, recorder, step, why), job.config.stop_grad_norm)
    )
    trainer.add_callback(_round_callback(job, trainer, recorder, folder, resumed, watch))
    trackers.place(trainer, job)
    with clock.whole():
        run_trainer(trainer, resumed)
    trackers.finish(job)
    weights = trainer.accelerator.get_state_dict(trainer.model_wrapped)  # of all processes, where they are sharded
    if PartialState().is_main_process:
        trained = trainer.accelerator.unwrap_model(trainer.model)
        save_trained(trained, tokenizer, weights, job.out, job.config.lora)
    return RoundOutcome(
        steps=len(recorder.log),
        rollouts=recorder.rollouts,
        log=recorder.log,
        curriculum=curriculum.state_dict(),
        notes=notes,
        seconds=clock.seconds,
    )


def per_process(job: RoundJob, processes: int) -> int:
    """Rollouts of a step that each process makes. Raises `BadInput` where they cannot be shared out evenly."""
    prompts = job.config.prompts_per_step
    if prompts * job.rollouts_per_prompt % processes:
        raise BadInput(
            f"{job.phase}: {prompts} prompts x {job.rollouts_per_prompt} rollouts cannot be divided "
            f"among {processes} processes; change grpo.prompts_per_step or trl.processes"
        )
    return prompts * job.rollouts_per_prompt // processes


def _arguments(job: RoundJob, folder: Path | None) -> Any:
    from accelerate import PartialState
    from trl import GRPOConfig

    config = job.config
    share = per_process(job, PartialState().num_processes)
    micro = largest_divisor(share, config.micro_batch)
    steps = job.max_steps * config.iterations
    common = common_arguments(folder or job.out, seed=job.seed, max_steps=steps, learning_rate=config.learning_rate) | {
        "logging_strategy": "steps",
        "logging_steps": 1,
        **trackers.tracking(job),
    }
    return GRPOConfig(
        **common,
        **_vllm(job),
        lr_scheduler_type=config.schedule,
        warmup_steps=min(5, job.max_steps // 4),
        max_grad_norm=config.max_grad_norm,
        per_device_train_batch_size=micro,
        gradient_accumulation_steps=share // micro,
        num_iterations=config.iterations,
        num_generations=job.rollouts_per_prompt,
        max_completion_length=config.max_new_tokens,
        temperature=config.temperature,
        top_k=0,
        beta=config.kl,
        epsilon=config.clip,
        loss_type=config.loss,
        scale_rewards="none",
        shuffle_dataset=False,  # the curriculum is the order
        ignore_data_skip=True,  # and it knows itself where it was
    )


def _vllm(job: RoundJob) -> dict[str, Any]:
    settings = job.trl.vllm
    if settings is None:
        return {}
    if importlib.util.find_spec("vllm") is None:
        raise BadInput("trl.vllm: vllm is not installed: pip install vllm (GPUs only), or leave trl.vllm out")
    if settings.mode == "server" and not settings.base_url:
        raise BadInput("trl.vllm.base_url: expected the address of the server that `trl vllm-serve` started")
    return {
        "use_vllm": True,
        "vllm_mode": settings.mode,
        "vllm_server_base_url": settings.base_url,
        "vllm_gpu_memory_utilization": settings.gpu_memory,
        "vllm_tensor_parallel_size": settings.tensor_parallel,
    }


def _trainer_class() -> Any:
    from torch.utils.data import Sampler
    from trl import GRPOTrainer

    class FromCurriculum(Sampler[int]):
        """In RepeatSampler's layout: every row of a step as often as it has rollouts, the step as often as it is read.

        Every process makes the same choices: they have all heard of all rewards.
        """

        def __init__(self, trainer: Any) -> None:
            self.trainer, args = trainer, trainer.args
            self.prompts = args.generation_batch_size // trainer.num_generations
            self.times = trainer.num_iterations * args.steps_per_generation

        def __iter__(self) -> Iterator[int]:
            while True:
                chosen = self.trainer.curriculum.next(self.prompts)
                for _ in range(self.times):
                    for row in chosen:
                        yield from [row] * self.trainer.num_generations

        def __len__(self) -> int:
            batch: int = self.trainer.args.generation_batch_size * self.times
            steps: int = self.trainer.args.max_steps + 2
            return steps * batch  # never an end of an epoch: steps end the round

    class CurriculumTrainer(GRPOTrainer):  # type: ignore[misc]
        def __init__(self, *, curriculum: Curriculum, clock: Clock, meter: TierMeter, **arguments: Any) -> None:
            self.curriculum, self.clock, self.meter = curriculum, clock, meter
            super().__init__(**arguments)

        def _get_train_sampler(self, dataset: Any = None) -> Any:
            return FromCurriculum(self)

        def _tokenize_prompts(self, prompts: list[str]) -> Any:
            """The template has written a begin token already where there is one; TRL would have a second added."""
            return self.processing_class(text=prompts, add_special_tokens=False)["input_ids"], None, {}

        def _generate_and_score_completions(self, inputs: Any) -> Any:
            made = super()._generate_and_score_completions(inputs)
            made[TIER] = self.meter.places(inputs, made["completion_ids"].device)
            return made

        def _get_per_token_logps_and_entropies(
            self, *arguments: Any, compute_entropy: bool = False, **more: Any
        ) -> Any:
            found = super()._get_per_token_logps_and_entropies(*arguments, compute_entropy=compute_entropy, **more)
            if compute_entropy:  # the pass of the loss
                self.meter.hear(*found[:2])
            return found

        def _compute_loss(self, model: Any, inputs: Any) -> Any:
            loss = super()._compute_loss(model, inputs)
            self.meter.add(inputs)
            return loss

        def _generate(self, prompts: Any) -> Any:
            with self.clock.of(ROLLOUT):
                return super()._generate(prompts)

        def _calculate_rewards(self, *arguments: Any, **more: Any) -> Any:
            with self.clock.of(REWARD):
                return super()._calculate_rewards(*arguments, **more)

        def _save_checkpoint(self, *arguments: Any, **more: Any) -> Any:
            with self.clock.of(SNAPSHOT):
                return super()._save_checkpoint(*arguments, **more)

        def log(self, logs: dict[str, Any], *arguments: Any) -> None:
            if self.args.report_to and "loss" in logs:  # once a step; TRL adds its own
                logs.update(trackers.scalars(self.reward_funcs[0].log[-1]))
            super().log(logs, *arguments)

        def create_model_card(self, *arguments: Any, **more: Any) -> None:
            """Not for snapshots."""

    return CurriculumTrainer


def _round_callback(
    job: RoundJob, trainer: Any, recorder: Recorder, folder: Path | None, resumed: Path | None, watch: Watch | None
) -> Any:
    from transformers import TrainerCallback

    every = job.save_every * job.config.iterations

    class Round(TrainerCallback):  # type: ignore[misc]
        def on_step_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> Any:
            nonlocal resumed
            if resumed:  # once more, behind the data loader's start, which draws from the generators
                trainer._load_rng_state(str(resumed))
                resumed = None
            return control

        def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> Any:
            if state.global_step % job.config.iterations == 0:  # between rollouts; within them nothing is saved
                control.should_training_stop |= recorder.curriculum.ended
                control.should_save |= folder is not None and state.global_step % every == 0
            return control

        def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **kwargs: Any) -> Any:
            if not logs or "loss" not in logs:  # the summary at the end
                return control
            row = recorder.log[-1]
            row |= {name: logs[name] for name in LOGGED if logs.get(name) is not None}
            for tier, found in trainer.meter.taken(trainer.accelerator).items():
                row["tiers"].setdefault(tier, {}).update(found)
            if watch and state.global_step % job.config.iterations == 0 and state.is_world_process_zero:
                watch(row, job.max_steps)
            return control

        def on_save(self, args: Any, state: Any, control: Any, **kwargs: Any) -> Any:
            trainer.accelerator.wait_for_everyone()  # each writes its own generators
            if folder and state.is_world_process_zero:
                with trainer.clock.of(SNAPSHOT):
                    known = {"curriculum": recorder.curriculum.state_dict(), "log": recorder.log}
                    snapshots.seal(folder / f"checkpoint-{state.global_step}", known, recorder.rollouts)
            return control

    return Round()


def _stop(job: RoundJob, recorder: Recorder, step: int, why: str) -> None:
    made = (step - 1) // job.config.iterations + 1
    batch = [each for each in recorder.rollouts if each.step == made]
    kept = job.out.parent.parent / f"{job.phase}-step{made}.jsonl"  # beside the stage: what it wrote is lost
    write_jsonl(kept, batch)
    raise FloreyError(
        f"{job.phase}, step {made}: {why}; its {len(batch)} rollouts are in {kept}. A smaller grpo.learning_rate or "
        "grpo.max_grad_norm usually helps"
    )


def largest_divisor(whole: int, limit: int) -> int:
    """The largest divisor of `whole` not above `limit`.

    >>> largest_divisor(256, 100)
    64
    """
    return next(size for size in range(min(whole, limit), 0, -1) if whole % size == 0)
