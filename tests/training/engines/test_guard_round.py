"""A pool of questions that nobody can solve, in a real round: the guard fires, the mix is softened, it is told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.training.engines.conftest import QUESTIONS

from florey.files import file_digest
from florey.records import Verdict
from florey.training.curriculum.choosing import ChoiceConfig
from florey.training.curriculum.curriculum import CurriculumConfig
from florey.training.curriculum.guard import GuardConfig
from florey.training.engines import RoundJob
from florey.training.engines.trl import TRLEngine
from florey.training.rewards import Reward
from florey.training.rounds import write_round

GUARD = GuardConfig(window=3, patience=2, least_informative=0.5)


@pytest.fixture
def unsolvable(a_job: Callable[..., RoundJob], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RoundJob:
    """Six of eight questions are failed and cannot be solved; the reward of the others differs within every group."""
    job = a_job("guarded", max_steps=14)
    parts = ["right" if number < 2 else "wrong" for number in range(8)]
    turn = iter(range(10**6))

    def planted(text: str, options: Any, gold: int, *_: Any, **__: Any) -> Reward:
        right = float(options == ["solvable"] * 3 and next(turn) % 2 == 0)
        return Reward(right, 0.0, right, Verdict.CORRECT if right else Verdict.WRONG)

    shown = [
        question.model_copy(update={"options": ("solvable",) * 3 if number < 2 else ("no", "nor", "neither")})
        for number, question in enumerate(QUESTIONS)
    ]
    write_round(tmp_path / "round.parquet", shown, [q.stem for q in shown], parts=parts)
    monkeypatch.setattr("florey.training.engines.recorder.reward", planted)
    config = CurriculumConfig(choice=ChoiceConfig(), shares={"wrong": 2, "right": 1}, guard=GUARD, seed=0)
    return replace(job, curriculum=config)


def test_the_guard_fires_and_the_mix_is_softened(unsolvable: RoundJob) -> None:
    outcome = TRLEngine().train(unsolvable)
    events = outcome.curriculum["guard"]["events"]
    assert events and events[0]["why"] == "few groups with a gradient"
    assert events[0]["step"] >= GUARD.window + GUARD.patience - 1
    assert events[0]["shares"] == {"right": 2.0, "wrong": 1.0}
    solvable = {question.id for question in QUESTIONS[:2]}

    def share(steps: range) -> float:
        asked = [rollout.question_id in solvable for rollout in outcome.rollouts if rollout.step in steps]
        return sum(asked) / len(asked)

    assert share(range(1, events[0]["step"])) < 0.4 < share(range(11, 15))
    assert [row["curriculum"]["softened"] for row in outcome.log][-1] == len(events)
    assert outcome.log[0]["curriculum"]["softened"] == 0


def test_without_a_guard_the_mix_stays(unsolvable: RoundJob) -> None:
    alone = replace(unsolvable, curriculum=unsolvable.curriculum.model_copy(update={"guard": None}), max_steps=9)
    outcome = TRLEngine().train(alone)
    assert outcome.curriculum["guard"] is None and outcome.curriculum["chooser"]["shares"] == {"right": 1, "wrong": 2}


def test_a_round_with_knowledge_and_a_softened_mix_goes_on_as_if_left_alone(
    unsolvable: RoundJob, tmp_path: Path
) -> None:
    """What it came with says of the solvable ones that they teach nothing; they do, and that is in the snapshot."""
    knowledge = {"rates": {"counts": {}}, "skipping": {"runs": {question.id: -6 for question in QUESTIONS[:2]}}}
    job = replace(unsolvable, knowledge=knowledge, max_steps=10, save_every=4)
    expected = TRLEngine().train(job)
    kept = replace(job, out=tmp_path / "kept" / "part" / "checkpoint", snapshots=tmp_path / "snapshots")
    TRLEngine().train(kept)
    again = TRLEngine().train(kept)
    assert again.notes == ["stage1 goes on from step 8"]
    assert again.curriculum == expected.curriculum and again.rollouts == expected.rollouts
    assert again.log == expected.log
    assert file_digest(kept.out / "model.safetensors") == file_digest(job.out / "model.safetensors")
    assert expected.curriculum["guard"]["events"]  # softened before the snapshot
