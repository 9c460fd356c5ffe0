"""verl's own agent loop is handed rows of a round: how many rollouts it makes of each, from which tokens."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hydra import compose, initialize_config_module
from transformers import AutoTokenizer
from verl.trainer.ppo.utils import create_rl_dataset
from verl.trainer.ppo.v1 import agent_loop_tq
from verl.utils import tensordict_utils
from verl.utils.dataset.rl_dataset import collate_fn

from florey.records import Question
from florey.training.engines import GRPOConfigModel, RoundJob, VerlSettings
from florey.training.engines.verl.data import write_parquet
from florey.training.engines.verl.engine import asking, largest_step
from florey.training.engines.verl.overrides import overrides
from florey.training.rounds import read_round, write_round


def a_job(parent: Path, folder: Path, rollouts: list[int | None]) -> RoundJob:
    asked = [
        Question(stem=f"Which is {'it ' * n}", options=("yes", "no"), gold=0, source="test").identified()
        for n in range(4)
    ]
    prompts = [f"<user> {question.stem} <assistant> A" for question in asked]
    write_round(folder / "round.parquet", asked, prompts, rollouts=rollouts)
    return RoundJob(
        phase="stage1",
        parent=parent,
        round_file=folder / "round.parquet",
        out=folder / "out",
        config=GRPOConfigModel(prompts_per_step=4, max_new_tokens=8),
        rollouts_per_prompt=4,
        max_steps=1,
        seed=3,
        verl=VerlSettings(gpus=2),
    )


def composed(told: list[str]) -> Any:
    with initialize_config_module("verl.trainer.config", version_base=None):
        return compose("ppo_trainer", overrides=told)


async def dispatched(found: Any, tokenizer: Any, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """The agent loops that one step's batch becomes, on the way that verl's trainer takes; none is run."""
    data = create_rl_dataset(found.data.train_files, found.data, tokenizer, None, is_train=True)
    rows = collate_fn([data[place] for place in range(len(data))])
    rows["uid"] = rows["index"].astype(str)
    batch = tensordict_utils.get_tensordict(rows)
    tensordict_utils.assign_non_tensor_data(batch, "global_steps", 1)
    started: list[dict[str, Any]] = []

    async def start(self: Any, sampling: dict[str, Any], **told: Any) -> None:
        started.append({**told, "sampling": sampling})

    async def put(**told: Any) -> None:
        pass

    worker_class = agent_loop_tq.AgentLoopWorkerTQ.__ray_metadata__.modified_class
    monkeypatch.setattr(worker_class, "_run_agent_loop", start)
    monkeypatch.setattr(agent_loop_tq.tq, "async_kv_put", put)
    worker = worker_class.__new__(worker_class)
    worker.config, worker.background_tasks = found, set()
    await worker.generate_sequences(batch)
    await asyncio.gather(*worker.background_tasks)
    return started


@pytest.mark.parametrize(
    ("rollouts", "made", "mini"),
    [([2, None, 7, 1], [2, 4, 7, 1], 16), ([8, 8, 8, 2], [8, 8, 8, 2], 28), ([None] * 4, [4] * 4, 16)],
)
def test_every_row_has_its_number_of_rollouts(
    rollouts: list[int | None],
    made: list[int],
    mini: int,
    parent: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    job = a_job(parent, tmp_path, rollouts)
    _, asked = asking(job, read_round(job.round_file))
    write_parquet(tmp_path / "verl" / "round.parquet", asked)
    found = composed(overrides(job, tmp_path / "verl", 9, largest_step(job, asked)))
    started = asyncio.run(dispatched(found, AutoTokenizer.from_pretrained(parent), monkeypatch))
    counts = Counter(each["uid"] for each in started)
    assert [counts[str(place)] for place in range(4)] == made
    sampling = started[0]["sampling"]
    assert (sampling["temperature"], sampling["top_p"], sampling["top_k"]) == (1.0, 1.0, -1)
    # verl fills up to whole mini batches: all of the step must go into one, or the step is two updates
    size = found.actor_rollout_ref.actor.ppo_mini_batch_size * found.actor_rollout_ref.rollout.n
    assert size == mini >= sum(made)


def test_the_tokens_are_those_of_the_prompt(parent: Path, tmp_path: Path) -> None:
    from verl.utils.tokenizer.continuous_token_wiring import create_continuous_token_builder

    job = a_job(parent, tmp_path, [None] * 4)
    found = composed(overrides(job, tmp_path, 9))
    tokenizer = AutoTokenizer.from_pretrained(parent)
    tokenizer.chat_template = found.actor_rollout_ref.model.custom_chat_template
    builder = create_continuous_token_builder(tokenizer, hf_model_type="llama")
    prompt = read_round(job.round_file)[3]["prompt"]
    ids = tokenizer(prompt, add_special_tokens=False)["input_ids"]
    assert builder.build_initial_tokens([{"role": "user", "content": prompt}]) == ids


@pytest.mark.parametrize(("gpus", "nodes"), [(1, 1), (8, 1), (8, 4)])
def test_the_defaults_pass_its_own_checks(gpus: int, nodes: int, parent: Path, tmp_path: Path) -> None:
    from verl.trainer.ppo.utils import need_critic, need_reference_policy
    from verl.utils.config import validate_config

    job = a_job(parent, tmp_path, [None] * 4)
    job = replace(job, config=GRPOConfigModel(), rollouts_per_prompt=8, verl=VerlSettings(gpus=gpus, nodes=nodes))
    found = composed(overrides(job, tmp_path, 9))
    assert not need_critic(found) and not need_reference_policy(found)
    validate_config(found, use_reference_policy=False, use_critic=False)
    actor = found.actor_rollout_ref.actor
    share = actor.ppo_mini_batch_size * found.actor_rollout_ref.rollout.n // (gpus * nodes)
    assert share % actor.ppo_micro_batch_size_per_gpu == 0  # its engine refuses others, an hour later
    assert actor.ppo_micro_batch_size_per_gpu == min(64, share)
