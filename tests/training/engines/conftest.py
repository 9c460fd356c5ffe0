"""A policy of 16 hidden units and a round of eight questions: seconds on one core."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from florey.inference.local import pin_threads
from florey.records import Question
from florey.training.curriculum.choosing import ChoiceConfig
from florey.training.curriculum.curriculum import CurriculumConfig
from florey.training.engines import GRPOConfigModel, RoundJob
from florey.training.policy import SmallModel, build_policy, save_policy
from florey.training.rounds import write_round

SHAPE = SmallModel(hidden=16, layers=1, heads=2, feed_forward=32, positions=64)
QUESTIONS = [
    Question(stem=f"p {number}", options=("x", "y", "z"), gold=number % 3, source="test", tier="easy").identified()
    for number in range(8)
]
ADAPTIVE = CurriculumConfig(choice=ChoiceConfig(), shares={"wrong": 2, "right": 1}, seed=3)


@pytest.fixture
def a_job(tmp_path: Path) -> Callable[..., RoundJob]:
    """`a_job(out_name, **changes)`; all jobs of a test have one parent and one round."""
    pin_threads(1)  # two would mostly wait for each other
    words = ["p", *map(str, range(8)), "A", "B", "C"]
    save_policy(*build_policy(SHAPE, [], words, seed=1), tmp_path / "parent")
    parts = ["wrong" if number % 2 else "right" for number in range(8)]
    write_round(tmp_path / "round.parquet", QUESTIONS, [q.stem for q in QUESTIONS], parts=parts)

    def made(out: str, **changes: Any) -> RoundJob:
        config = GRPOConfigModel(
            prompts_per_step=4, max_new_tokens=6, micro_batch=8, learning_rate=1e-2, **changes.pop("config", {})
        )
        settings: dict[str, Any] = {"curriculum": ADAPTIVE, "max_steps": 9, "save_every": 2, **changes}
        return RoundJob(
            phase="stage1",
            parent=tmp_path / "parent",
            round_file=tmp_path / "round.parquet",
            out=tmp_path / out / "part" / "checkpoint",
            config=config,
            rollouts_per_prompt=4,
            seed=0,
            **settings,
        )

    return made
