"""The row that a step is described by, counted by hand and against what must hold."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from florey.records import Rollout, Tier, Verdict
from florey.training.step_metrics import Sampled, step_metrics


def made(
    question: str, position: int, right: bool, tokens: int, tier: Tier | None = "easy", verdict: Verdict | None = None
) -> Sampled:
    found = verdict or (Verdict.CORRECT if right else Verdict.WRONG)
    rollout = Rollout(
        question_id=question, phase="p", step=1, text="x", verdict=found, correct=float(right), format=1.0, tier=tier
    )
    return Sampled(rollout, position, tokens, float(right) + 0.1)


def test_by_hand() -> None:
    row = step_metrics(
        "stage1",
        3,
        [
            *(made("a", 0, True, 10), made("a", 0, True, 20)),
            *(made("b", 1, True, 30), made("b", 1, False, 40)),
            *(made("c", 2, False, 50, "difficult", Verdict.TRUNCATED), made("c", 2, False, 60, "difficult")),
            *(made("a", 3, False, 70), made("a", 3, False, 80, verdict=Verdict.UNPARSED)),  # again in this step
        ],
    )
    assert (row["phase"], row["step"], row["reward"]) == ("stage1", 3, pytest.approx(3 / 8 + 0.1))
    assert (row["all_right"], row["mixed"], row["all_wrong"]) == (0.25, 0.25, 0.5)
    assert row["zero_variance"] == 0.75 and row["accuracy"] == 3 / 8
    assert (row["tokens_right"], row["tokens_wrong"]) == (20, 60)
    assert (row["truncated"], row["unparsed"]) == (1 / 8, 1 / 8)
    easy, difficult = row["tiers"]["easy"], row["tiers"]["difficult"]
    assert (easy["n"], easy["prompts"], easy["all_right"]) == (6, 2, pytest.approx(1 / 3))
    assert (difficult["all_wrong"], difficult["tokens_right"], difficult["truncated"]) == (1, None, 0.5)


@given(st.lists(st.tuples(st.integers(0, 4), st.booleans(), st.integers(1, 99)), min_size=1, max_size=40))
def test_groups_are_right_mixed_or_wrong(drawn: list[tuple[int, bool, int]]) -> None:
    row = step_metrics("p", 1, [made(f"q{group}", group, right, tokens) for group, right, tokens in drawn])
    assert row["all_right"] + row["mixed"] + row["all_wrong"] == pytest.approx(1)
    assert row["zero_variance"] == pytest.approx(1 - row["mixed"])  # with one format, correctness is the variance
    assert row["mean_tokens"] == pytest.approx(sum(tokens for *_, tokens in drawn) / len(drawn))
