"""The reward is correctness and format, the advantage reward minus group mean: here and inside TRL."""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from florey.files import read_jsonl, write_jsonl
from florey.records import Question, Rollout, Verdict
from florey.training.engines import GRPOConfigModel, RoundJob
from florey.training.policy import SmallModel, build_policy, save_policy
from florey.training.rewards import Reward, RewardConfig, advantages, is_uninformative, reward
from florey.training.rounds import write_round

OPTIONS = ["Marfan syndrome", "Gaucher disease", "Wilson disease"]
CONFIG = RewardConfig(correct=1.0, format=0.25)
GOOD = "<think>spleen</think><answer>B</answer>"


def total(text: str, *, finished: bool = True) -> float:
    return reward(text, OPTIONS, 1, CONFIG, finished=finished).total


def test_correct_and_format_are_all_there_is() -> None:
    assert total(GOOD) == 1.25
    assert total(GOOD.replace("B", "A")) == 0.25  # wrong, in the form
    assert total("The spleen! <answer>B</answer>") == 1.0  # right, out of form
    assert total("The spleen! <answer>A</answer>") == 0.0
    assert total("B") == 0.0
    assert total("<think>x</think><answer>A or B</answer>") == 0.0


@given(st.text(st.characters(codec="utf-8", exclude_characters="<>"), min_size=1).filter(str.strip))
def test_the_thought_and_its_length_earn_nothing(thought: str) -> None:
    assert total(GOOD.replace("spleen", thought)) == 1.25


def test_what_the_budget_cut_off_earns_nothing() -> None:
    cut = reward("<think>spleen</think><answer>B", OPTIONS, 1, CONFIG, finished=False)
    assert (cut.total, cut.verdict) == (0.0, Verdict.TRUNCATED)
    # an answer that was closed before the budget ended is right, but the form does not end there
    assert total(GOOD + " and then", finished=False) == 1.0
    assert total(GOOD, finished=False) == 1.0


def test_prefilled_thoughts_are_in_form() -> None:
    rest = GOOD.removeprefix("<think>")
    assert reward(rest, OPTIONS, 1, CONFIG, prefilled=True).total == 1.25
    assert reward(rest, OPTIONS, 1, CONFIG).total == 1.0


def test_advantage_is_reward_minus_mean_and_not_scaled() -> None:
    assert advantages([1.0, 0.0, 0.0, 0.0]) == [0.75, -0.25, -0.25, -0.25]
    assert advantages([3.0, 1.0]) == [1.0, -1.0]  # divided by the standard deviation: 0.7, -0.7
    assert advantages([0.1, 0.1, 0.1]) == pytest.approx([0.0, 0.0, 0.0])


@given(st.lists(st.sampled_from([0.0, 0.1, 1.0, 1.1]), min_size=2, max_size=16))
def test_zero_variance_is_found_by_exact_comparison(rewards: list[float]) -> None:
    assert is_uninformative(rewards) == all(r == rewards[0] for r in rewards)
    assert sum(advantages(rewards)) == pytest.approx(0.0)


def test_a_difference_in_the_last_bit_is_variance() -> None:
    assert not is_uninformative([0.1 + 0.2, 0.3])
    assert is_uninformative([0.3, 0.3, 0.3])


def test_the_engine_uses_these_rewards_and_advantages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One step of the embedded engine on a policy of 16 hidden units: what TRL computes is what `advantages` says."""
    from trl import GRPOTrainer

    from florey.training.engines.trl import TRLEngine

    seen: list[dict[str, Any]] = []
    inner = GRPOTrainer._generate_and_score_completions

    def watched(self: Any, inputs: Any) -> Any:
        seen.append(inner(self, inputs))
        return seen[-1]

    monkeypatch.setattr(GRPOTrainer, "_generate_and_score_completions", watched)
    questions = [
        Question(stem=stem, options=("x", "y"), gold=0, source="test", tier="easy").identified() for stem in ("p", "q")
    ]
    model, tokenizer = build_policy(SmallModel(hidden=16, layers=1, heads=2), [], ["p", "q", "A", "B"], seed=1)
    save_policy(model, tokenizer, tmp_path / "parent")
    # Twice the same question in one step: two groups, told apart by their place in the round.
    asked = [questions[0], questions[0], questions[1]]
    write_round(tmp_path / "round.parquet", asked, [q.stem for q in asked])
    config = GRPOConfigModel(prompts_per_step=3, max_new_tokens=8, micro_batch=7, reward=CONFIG, learning_rate=1e-3)
    job = RoundJob(
        phase="stage1",
        parent=tmp_path / "parent",
        round_file=tmp_path / "round.parquet",
        out=tmp_path / "child",
        config=config,
        rollouts_per_prompt=6,
        max_steps=1,
        seed=0,
    )
    # A policy of random weights earns nothing: plant what it earns, the same in the first group, not in the others.
    planted = iter([0.0] * 6 + [1.0, 0.0, 0.0, 0.0, 0.0, 0.0] + [1.0, 0.0] * 3)
    monkeypatch.setattr("florey.training.engines.recorder.reward", lambda *_, **__: earned(next(planted)))
    outcome = TRLEngine().train(job)

    assert outcome.steps == 1 == len(outcome.log) and len(outcome.rollouts) == 18
    groups: dict[int, list[float]] = defaultdict(list)
    for place, rollout in enumerate(outcome.rollouts):
        groups[place // 6].append(CONFIG.correct * rollout.correct + CONFIG.format * rollout.format)
    assert [rollout.question_id for rollout in outcome.rollouts[::6]] == [q.id for q in asked]
    expected = [value for group in groups.values() for value in advantages(group)]
    assert seen[0]["advantages"].tolist() == pytest.approx(expected, abs=1e-6)
    assert outcome.log[0]["reward"] == pytest.approx(sum(sum(group) for group in groups.values()) / 18)
    assert outcome.log[0]["zero_variance"] == 1 / 3
    assert outcome.log[0]["tiers"]["easy"]["prompts"] == 2
    json.dumps(outcome.log)
    write_jsonl(tmp_path / "rollouts.jsonl", outcome.rollouts)
    assert list(read_jsonl(tmp_path / "rollouts.jsonl", Rollout)) == outcome.rollouts
    assert (tmp_path / "child" / "model.safetensors").read_bytes() != (
        tmp_path / "parent" / "model.safetensors"
    ).read_bytes()


def earned(correct: float) -> Reward:
    return Reward(correct, 0.0, CONFIG.correct * correct, Verdict.CORRECT if correct else Verdict.WRONG)
