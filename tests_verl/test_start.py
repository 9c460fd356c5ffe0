"""verl is really started for a round, and comes as far as it can without a GPU."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from florey.errors import FloreyError
from florey.records import Question
from florey.training.engines import GRPOConfigModel, RoundJob, VerlSettings
from florey.training.engines.verl import VerlEngine
from florey.training.rounds import write_round

FEW = ("ray_kwargs.ray_init.num_cpus=8", "transfer_queue.backend.SimpleStorage.num_data_storage_units=1")
"""Its store asks for more processors than small machines have, and waits for them."""


def test_it_reads_everything_and_asks_for_gpus(parent: Path, tmp_path: Path) -> None:
    asked = [
        Question(stem=f"Which is {'it ' * n}", options=("yes", "no"), gold=0, source="test").identified()
        for n in range(4)
    ]
    write_round(tmp_path / "round.parquet", asked, [f"<user> {question.stem} <assistant>" for question in asked])
    job = RoundJob(
        phase="stage1",
        parent=parent,
        round_file=tmp_path / "round.parquet",
        out=tmp_path / "part" / "checkpoint",
        config=GRPOConfigModel(prompts_per_step=16, max_new_tokens=8),
        rollouts_per_prompt=4,
        max_steps=3,
        seed=3,
        snapshots=tmp_path / "work",
        verl=VerlSettings(python=Path(sys.executable), gpus=64, overrides=FEW),
    )
    with pytest.raises(FloreyError, match=r"verl ended with 1; .*Total available GPUs \d+ is less than .* GPUs 64"):
        VerlEngine().train(job)
    (log,) = (tmp_path / "work").glob("*/verl.log")
    said = log.read_text()
    assert "All configuration checks passed" in said
    assert "train dataset size: 48" in said and "Total training steps: 3" in said
