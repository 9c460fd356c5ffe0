"""The embedded engine: TRL's GRPOTrainer, on a laptop's CPU as on one machine's GPUs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from florey.errors import FloreyError
from florey.files import write_jsonl
from florey.inference.prompts import is_prefilled
from florey.inference.quiet import quiet_libraries
from florey.records import Rollout
from florey.training.checks import check_round
from florey.training.engines import GRPOConfigModel, Progress, RoundJob, RoundOutcome
from florey.training.plateau import Plateau
from florey.training.policy import load_policy, save_policy
from florey.training.rewards import reward
from florey.training.rounds import read_round
from florey.training.step_metrics import Sampled, step_metrics
from florey.training.trainer import common_arguments, gradient_callback, run_trainer, step_callback


class _Recorder:
    """The reward function that TRL calls; keeps every rollout and the statistics of each step."""

    __name__ = "reward"  # TRL names the metric after the function

    def __init__(self, phase: str, config: GRPOConfigModel, ends: frozenset[int]) -> None:
        self.phase, self.config, self.ends = phase, config, ends
        self.rollouts: list[Rollout] = []
        self.log: list[dict[str, Any]] = []

    def __call__(
        self,
        prompts: list[str],
        completions: list[str],
        completion_ids: list[list[int]],
        trainer_state: Any,
        **columns: list[Any],
    ) -> list[float]:
        step = trainer_state.global_step + 1
        made: list[Sampled] = []
        for i, text in enumerate(completions):
            ids = completion_ids[i]
            earned = reward(
                text,
                columns["options"][i],
                columns["gold"][i],
                self.config.reward,
                finished=bool(ids) and ids[-1] in self.ends,
                prefilled=is_prefilled(prompts[i]),
            )
            rollout = Rollout(
                question_id=columns["question_id"][i],
                phase=self.phase,
                step=step,
                text=text,
                verdict=earned.verdict,
                correct=earned.correct,
                format=earned.format,
                tier=columns["tier"][i],
            )
            made.append(Sampled(rollout, columns["position"][i], len(ids), earned.total))
        self.rollouts += [each.rollout for each in made]
        self.log.append(step_metrics(self.phase, step, made))
        return [each.total for each in made]


class TRLEngine:
    """GRPO with advantage r - group mean (`scale_rewards="none"`), rollouts by transformers."""

    def train(self, job: RoundJob, plateau: Plateau | None = None, progress: Progress | None = None) -> RoundOutcome:
        from datasets import Dataset
        from trl import GRPOConfig, GRPOTrainer

        config = job.config
        model, tokenizer = load_policy(str(job.parent))
        ends = model.generation_config.eos_token_id or tokenizer.eos_token_id
        recorder = _Recorder(job.phase, config, frozenset(ends if isinstance(ends, list) else [ends]))
        rows = read_round(job.round_file)
        check_round(rows, model, tokenizer, job)
        batch = config.prompts_per_step * job.rollouts_per_prompt
        micro = _largest_divisor(batch, config.micro_batch)
        arguments = GRPOConfig(
            **common_arguments(job.out, seed=job.seed, max_steps=job.max_steps, learning_rate=config.learning_rate),
            lr_scheduler_type=config.schedule,
            warmup_steps=min(5, job.max_steps // 4),
            max_grad_norm=config.max_grad_norm,
            per_device_train_batch_size=micro,
            gradient_accumulation_steps=batch // micro,
            num_generations=job.rollouts_per_prompt,
            max_completion_length=config.max_new_tokens,
            temperature=config.temperature,
            top_k=0,
            beta=config.kl,
            epsilon=config.clip,
            loss_type=config.loss,
            scale_rewards="none",
            shuffle_dataset=False,  # the round file is the order
        )

        def after_step(step: int) -> bool:
            seen = recorder.log[-1]
            if progress:
                progress(step, job.max_steps, f"reward {seen['reward']:.2f}  accuracy {seen['accuracy']:.2f}")
            return plateau.observe(seen["reward"], seen["zero_variance"]) if plateau else False

        def stop(step: int) -> None:
            batch = [each for each in recorder.rollouts if each.step == step]
            kept = job.out.parent.parent / f"{job.phase}-step{step}.jsonl"  # beside the stage: what it wrote is lost
            write_jsonl(kept, batch)
            raise FloreyError(
                f"{job.phase}, step {step}: the gradient is no number, so the update was not made; its {len(batch)} "
                f"rollouts are in {kept}. A smaller grpo.learning_rate or grpo.max_grad_norm usually helps"
            )

        with quiet_libraries():
            trainer = GRPOTrainer(
                model=model,
                reward_funcs=recorder,
                args=arguments,
                train_dataset=Dataset.from_list(rows),
                processing_class=tokenizer,
                callbacks=[step_callback(after_step), gradient_callback(stop)],
            )
            run_trainer(trainer)
        steps = trainer.state.global_step
        save_policy(trainer.model, tokenizer, job.out)
        # accelerate prefetches a batch but generates only when a step starts: rollouts never outrun the steps.
        return RoundOutcome(steps=steps, rollouts=recorder.rollouts, log=recorder.log)


def _largest_divisor(whole: int, limit: int) -> int:
    """The largest divisor of `whole` not above `limit`.

    >>> _largest_divisor(256, 100)
    64
    """
    return next(size for size in range(min(whole, limit), 0, -1) if whole % size == 0)


def checkpoint_is_model(folder: Path) -> bool:
    """Whether a folder holds what `load_policy` can open."""
    return (folder / "config.json").is_file() and any(folder.glob("*.safetensors"))
