"""A round's settings as Hydra overrides of verl 0.9.1's `ppo_trainer`. Every key is there in its configuration, but
those with a plus (`make test-verl` composes the real one)."""

from __future__ import annotations

import math
import re
from pathlib import Path

from florey.errors import BadInput
from florey.training.engines import RoundJob
from florey.training.engines.verl.data import TEMPLATE

MANY_EPOCHS = 1_000_000
"""verl counts epochs by the size of the file and would stop at once on a smaller one; the steps end a round."""
LOSSES = {
    "dr_grpo": "seq-mean-token-sum-norm",
    "grpo": "seq-mean-token-mean",
    "bnpo": "token-mean",
    "dapo": "token-mean",
}
SCHEDULES = {"constant_with_warmup": "constant", "cosine": "cosine"}


_PLAIN = re.compile(r"[A-Za-z_/][\w./-]*")


def overrides(job: RoundJob, folder: Path, longest_prompt: int, largest_step: int | None = None) -> list[str]:
    """`folder`: with round.parquet, where checkpoints and rollouts go; `longest_prompt`: tokens; `largest_step`: most
    rollouts of a step, where rows have numbers of their own.

    Raises BadInput for what verl has not.
    """
    config, settings = job.config, job.verl
    if config.schedule not in SCHEDULES:
        raise BadInput(f"grpo.schedule: verl has {', '.join(SCHEDULES)}; not {config.schedule}")
    count, share = shared_out(job, largest_step)
    micro = math.gcd(config.micro_batch, share)
    actor, rollout, ref = (f"actor_rollout_ref.{part}" for part in ("actor", "rollout", "ref"))
    chosen = {
        "data.train_files": str(folder / "round.parquet"),
        "data.val_files": str(folder / "round.parquet"),  # never read: there is no validation in a round
        "data.train_batch_size": config.prompts_per_step,
        "data.max_prompt_length": longest_prompt,
        "data.max_response_length": config.max_new_tokens,
        "data.shuffle": False,  # the round is the order
        "data.seed": job.seed,
        "data.filter_overlong_prompts": False,
        "data.truncation": "error",
        "data.dataloader_num_workers": 0,
        "algorithm.adv_estimator": "grpo",
        "algorithm.norm_adv_by_std_in_grpo": False,  # r - mean, no more (paper, 3.3)
        "algorithm.use_kl_in_reward": False,
        "algorithm.filter_groups.enable": settings.filter_groups,
        "actor_rollout_ref.model.path": str(job.parent.resolve()),
        "actor_rollout_ref.model.custom_chat_template": TEMPLATE,
        f"{actor}.ppo_mini_batch_size": config.prompts_per_step,  # one update a step, as on TRL
        f"{actor}.ppo_micro_batch_size_per_gpu": micro,
        f"{actor}.ppo_epochs": config.iterations,
        f"{actor}.clip_ratio": config.clip,
        f"{actor}.clip_ratio_low": config.clip,
        f"{actor}.clip_ratio_high": config.clip,
        f"{actor}.clip_ratio_c": 1000.0,  # no second clip: neither the paper nor TRL has one
        f"{actor}.loss_agg_mode": LOSSES[config.loss],
        f"{actor}.loss_scale_factor": config.max_new_tokens if config.loss == "dr_grpo" else None,
        f"{actor}.use_kl_loss": config.kl > 0,
        f"{actor}.kl_loss_coef": config.kl,
        f"{actor}.entropy_coeff": 0,
        f"{actor}.calculate_entropy": True,
        f"{actor}.grad_clip": config.max_grad_norm,
        f"{actor}.optim.lr": config.learning_rate,
        f"{actor}.optim.lr_warmup_steps": min(5, job.max_steps // 4),
        f"{actor}.optim.lr_scheduler_type": SCHEDULES[config.schedule],
        f"{actor}.optim.weight_decay": 0.0,
        f"{actor}.data_loader_seed": job.seed,
        f"{rollout}.name": settings.rollout,
        f"{rollout}.n": count,
        f"{rollout}.temperature": config.temperature,
        f"{rollout}.seed": job.seed,
        f"{rollout}.gpu_memory_utilization": settings.gpu_memory,
        f"{rollout}.tensor_model_parallel_size": settings.tensor_parallel,
        f"{rollout}.log_prob_micro_batch_size_per_gpu": micro,
        f"{ref}.log_prob_micro_batch_size_per_gpu": micro,
        "reward.custom_reward_function.path": str(Path(__file__).with_name("reward_function.py")),
        "reward.custom_reward_function.name": "compute_score",
        "+reward.custom_reward_function.reward_kwargs.correct": config.reward.correct,
        "+reward.custom_reward_function.reward_kwargs.format": config.reward.format,
        # The whole model too, as it is trained: what its merger makes of the pieces is rounded to bf16
        f"{actor}.checkpoint.save_contents": ["model", "optimizer", "extra", *([] if config.lora else ["hf_model"])],
        "trainer.total_training_steps": job.max_steps,
        "trainer.total_epochs": MANY_EPOCHS,
        "trainer.val_before_train": False,
        "trainer.test_freq": -1,
        "trainer.save_freq": job.save_every,
        "trainer.max_actor_ckpt_to_keep": 2,
        "trainer.resume_mode": "auto",  # a killed round goes on from its newest checkpoint
        "trainer.default_local_dir": str(folder / "checkpoints"),
        "trainer.rollout_data_dir": str(folder / "rollouts"),
        "trainer.logger": ["console", "file"],
        "trainer.project_name": "florey",
        "trainer.experiment_name": job.phase,
        "trainer.nnodes": settings.nodes,
        "trainer.n_gpus_per_node": settings.gpus,
    }
    if config.lora:
        named = config.lora.target_modules
        chosen |= {
            "actor_rollout_ref.model.lora_rank": config.lora.rank,
            "actor_rollout_ref.model.lora_alpha": config.lora.alpha,
            f"{rollout}.load_format": "safetensors",  # what is generated with needs the weights beside it
            "actor_rollout_ref.model.target_modules": named if isinstance(named, str) else list(named),
        }
    # Without an address Ray would join any cluster that it finds on this machine, whoever's it is.
    chosen["+ray_kwargs.ray_init.address"] = settings.ray_address or "local"
    return [*(f"{key}={written(value)}" for key, value in chosen.items()), *settings.overrides]


def shared_out(job: RoundJob, largest_step: int | None = None) -> tuple[int, int]:
    """(rollouts by prompt as verl counts its mini batches, rollouts of a step for each GPU).

    verl fills a step up to whole mini batches, with answers that train nothing: where rows have numbers of their own,
    one mini batch must hold the largest step, or some steps are two updates. Raises BadInput where rollouts cannot be
    shared out evenly.
    """
    prompts, gpus = job.config.prompts_per_step, job.verl.gpus * job.verl.nodes
    count = job.rollouts_per_prompt
    if largest_step is not None:
        count = math.ceil(largest_step / prompts)
        while prompts * count % gpus:
            count += 1
    if prompts * count % gpus:
        raise BadInput(
            f"{job.phase}: {prompts} prompts x {count} rollouts cannot be divided among {gpus} GPUs; "
            "change grpo.prompts_per_step, the number of rollouts, verl.gpus or verl.nodes"
        )
    return count, prompts * count // gpus


def written(value: object) -> str:
    """As Hydra reads it. Text is quoted where it may hold what Hydra's grammar takes for its own."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return f"[{','.join(map(written, value))}]"
    if isinstance(value, str) and (value in ("null", "true", "false") or not _PLAIN.fullmatch(value)):
        return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
    return str(value)
