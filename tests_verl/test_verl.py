"""Against the installed verl: its own configuration, data set, reward loader and reward manager. Run by `make
test-verl` in an environment of its own; `make test` does not collect this folder."""

from __future__ import annotations

import asyncio
import inspect
import json
from pathlib import Path
from typing import Any

import pytest
import torch
from hydra import compose, initialize_config_module

from florey.records import Question
from florey.training.adapters import LoraSettings
from florey.training.engines import GRPOConfigModel, RoundJob, VerlSettings
from florey.training.engines.verl.data import ROLLOUTS, write_parquet
from florey.training.engines.verl.engine import command, interpreter, merging
from florey.training.engines.verl.overrides import overrides
from florey.training.rounds import read_round, write_round


@pytest.fixture
def job(parent: Path, tmp_path: Path) -> RoundJob:
    asked = [
        Question(
            stem=f"Which is {'it ' * n}", options=("yes", "no"), gold=n % 2, source="test", tier="easy"
        ).identified()
        for n in range(4)
    ]
    prompts = [f"<user> {question.stem} <assistant> <think>" for question in asked]
    write_round(tmp_path / "round.parquet", asked, prompts, rollouts=[2, 4, 8, 2])
    return RoundJob(
        phase="stage2-round1",
        parent=parent,
        round_file=tmp_path / "round.parquet",
        out=tmp_path / "it's, [out]" / "checkpoint",
        config=GRPOConfigModel(prompts_per_step=2, max_new_tokens=8, kl=0.01, micro_batch=4),
        rollouts_per_prompt=4,
        max_steps=2,
        seed=3,
    )


def composed(told: list[str]) -> Any:
    """The real configuration; struct mode refuses a key that is not there."""
    with initialize_config_module("verl.trainer.config", version_base=None):
        return compose("ppo_trainer", overrides=told)


def test_every_setting_is_one_of_verls(job: RoundJob, tmp_path: Path) -> None:
    folder = tmp_path / "it's, [a] folder"
    found = composed(overrides(job, folder, longest_prompt=7))
    assert found.ray_kwargs.ray_init.address == "local"
    assert found.data.train_files == str(folder / "round.parquet")
    assert found.algorithm.adv_estimator == "grpo" and found.algorithm.norm_adv_by_std_in_grpo is False
    actor = found.actor_rollout_ref.actor
    assert actor.loss_agg_mode == "seq-mean-token-sum-norm" and actor.loss_scale_factor == 8
    assert actor.use_kl_loss is True and actor.kl_loss_coef == 0.01
    assert (actor.optim.lr, actor.optim.weight_decay) == (1e-6, 0.0)
    assert found.actor_rollout_ref.rollout.n == 4
    assert dict(found.reward.custom_reward_function.reward_kwargs) == {"correct": 1.0, "format": 0.1}
    assert found.trainer.total_training_steps == 2 and found.trainer.total_epochs > 10**5


def test_every_variant_is_too(job: RoundJob, tmp_path: Path) -> None:
    from dataclasses import replace

    config = job.config.model_copy(
        update={"loss": "dapo", "schedule": "cosine", "lora": LoraSettings(rank=8, target_modules=("q_proj", "v_proj"))}
    )
    verl = VerlSettings(
        ray_address="10.0.0.1:6379", rollout="sglang", filter_groups=True, overrides=("trainer.log_val_generations=3",)
    )
    python = tmp_path / "its, python"
    found = composed(command(python, replace(job, config=config, verl=verl), tmp_path, 7)[3:])
    assert found.ray_kwargs.ray_init.runtime_env.py_executable == str(python)
    assert found.actor_rollout_ref.model.lora_rank == 8
    assert list(found.actor_rollout_ref.model.target_modules) == ["q_proj", "v_proj"]
    assert found.ray_kwargs.ray_init.address == "10.0.0.1:6379" and found.trainer.log_val_generations == 3
    assert found.algorithm.filter_groups.enable is True and found.actor_rollout_ref.actor.loss_agg_mode == "token-mean"
    with pytest.raises(Exception, match="nothing_like_it"):
        composed([*overrides(job, tmp_path, 7), "trainer.nothing_like_it=1"])


def test_verl_accepts_the_configuration(job: RoundJob, tmp_path: Path) -> None:
    """Its own validation of batches and workers, and its own typed records."""
    from verl.utils.config import omega_conf_to_dataclass

    found = composed(overrides(job, tmp_path, longest_prompt=7))
    actor = omega_conf_to_dataclass(found.actor_rollout_ref.actor)
    assert actor.ppo_mini_batch_size == 2 and actor.optim.lr_scheduler_type == "constant"
    omega_conf_to_dataclass(found.algorithm)
    rollout = omega_conf_to_dataclass(found.actor_rollout_ref.rollout)
    assert rollout.n == 4 and rollout.response_length == 8


def test_its_data_set_reads_the_round(job: RoundJob, parent: Path, tmp_path: Path) -> None:
    from transformers import AutoTokenizer
    from verl.trainer.ppo.utils import create_rl_dataset
    from verl.utils.dataset.rl_dataset import RLHFDataset

    rows = read_round(job.round_file)
    write_parquet(tmp_path / "verl" / "round.parquet", rows)
    found = composed(overrides(job, tmp_path / "verl", longest_prompt=9))
    tokenizer = AutoTokenizer.from_pretrained(parent)
    tokenizer.chat_template = found.actor_rollout_ref.model.custom_chat_template  # as its workers set it
    data = create_rl_dataset(found.data.train_files, found.data, tokenizer, None, is_train=True)
    assert isinstance(data, RLHFDataset) and len(data) == 4
    for place, row in enumerate(rows):
        item = data[place]
        assert item["raw_prompt"] == [{"role": "user", "content": row["prompt"]}]
        text = tokenizer.apply_chat_template(item["raw_prompt"], tokenize=False, add_generation_prompt=True)
        assert text == row["prompt"]  # the very prompt, whatever the model's own template does
        assert json.loads(item["reward_model"]["ground_truth"])["question_id"] == row["question_id"]
        assert int(item[ROLLOUTS]) == row["rollouts"] and item["extra_info"]["index"] == place


def test_rollouts_by_row_are_taken_by_its_agent_loop() -> None:
    from verl.trainer.ppo.v1 import agent_loop_tq

    source = inspect.getsource(agent_loop_tq)
    assert f'prompt.pop("{ROLLOUTS}", config.n' in source


@pytest.mark.parametrize(
    ("text", "score", "verdict"),
    [
        ("it is</think><answer>A</answer>", 1.1, "correct"),
        ("it is</think><answer>B</answer>", 0.1, "wrong"),
        ("it is and is and", 0.0, "truncated"),
        ("it is</think>A", 0.0, None),
    ],
)
def test_its_loader_and_its_manager_call_floreys_reward(
    job: RoundJob, parent: Path, tmp_path: Path, text: str, score: float, verdict: str | None
) -> None:
    import numpy as np
    from transformers import AutoTokenizer
    from verl import DataProto
    from verl.experimental.reward_loop.reward_manager import get_reward_manager_cls
    from verl.trainer.ppo.reward import get_custom_reward_fn

    rows = read_round(job.round_file)
    write_parquet(tmp_path / "verl" / "round.parquet", rows)
    found = composed(overrides(job, tmp_path / "verl", longest_prompt=9))
    function = get_custom_reward_fn(found)
    from florey.training.engines.verl.data import ground_truth

    direct = function(data_source="florey", solution_str=text, ground_truth=ground_truth(rows[0]), extra_info={})
    assert direct["score"] == pytest.approx(score)
    assert verdict is None or direct["verdict"] == verdict
    tokenizer = AutoTokenizer.from_pretrained(parent)
    monkey = tokenizer.__class__.decode
    try:
        tokenizer.__class__.decode = lambda self, ids, **more: text  # ids of a vocabulary of twelve words say nothing
        ids = torch.ones((1, 4), dtype=torch.long)
        batch = DataProto.from_dict(
            tensors={"responses": ids, "attention_mask": torch.ones((1, 8), dtype=torch.long)},
            non_tensors={
                "data_source": np.array(["florey"], dtype=object),
                "reward_model": np.array([{"style": "rule", "ground_truth": ground_truth(rows[0])}], dtype=object),
                "extra_info": np.array([{"index": 0}], dtype=object),
            },
        )

        async def asked() -> dict[str, Any]:
            manager = get_reward_manager_cls("naive")(config=found, tokenizer=tokenizer, compute_score=function)
            return await manager.run_single(batch)

        made = asyncio.run(asked())
    finally:
        tokenizer.__class__.decode = monkey
    assert made["reward_score"] == pytest.approx(score)
    assert made["reward_extra_info"]["verdict"] == direct["verdict"]


def test_its_merger_takes_what_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    from verl.model_merger.base_model_merger import parse_args

    told = merging(Path("python"), Path("actor"), Path("out"))
    monkeypatch.setattr("sys.argv", ["merger", *told[3:]])
    found = parse_args()
    assert (found.operation, found.backend, found.local_dir, found.target_dir) == ("merge", "fsdp", "actor", "out")
    assert interpreter(VerlSettings(python=Path(sys.executable))) == Path(sys.executable)
