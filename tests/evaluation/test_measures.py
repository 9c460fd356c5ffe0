"""What several samples say: enumerated by hand and against brute force."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from florey.evaluation.measures import correct_share, ks, majority, pass_at, pass_at_count
from florey.evaluation.verdicts import Scored
from florey.records import Verdict


def sample(choice: int | None, gold: int = 0) -> Scored:
    verdict = Verdict.UNPARSED if choice is None else Verdict.CORRECT if choice == gold else Verdict.WRONG
    return Scored(question_id="q", answer_id="q", verdict=verdict, options=4, choice=choice, gold=gold)


def samples(*choices: int | None) -> list[Scored]:
    return [sample(choice) for choice in choices]


@pytest.mark.parametrize(
    ("choices", "share", "vote"),
    [
        ((0, 0, 1), 2 / 3, 1.0),
        ((0, 1, 1), 1 / 3, 0.0),
        ((0, 1), 1 / 2, 1 / 2),
        ((0, 1, 2), 1 / 3, 1 / 3),
        ((1, 2), 0.0, 0.0),
        ((0, None, None), 1 / 3, 1.0),  # who names none has no vote
        ((None, None), 0.0, 0.0),
    ],
)
def test_mean_and_majority(choices: tuple[int | None, ...], share: float, vote: float) -> None:
    assert correct_share(samples(*choices)) == pytest.approx(share)
    assert majority(samples(*choices)) == pytest.approx(vote)


@given(st.lists(st.integers(0, 3), min_size=1, max_size=8), st.data())
def test_pass_at_k_is_the_mean_over_all_draws(choices: list[int], data: st.DataObject) -> None:
    made = samples(*choices)
    k = data.draw(st.integers(1, len(made)))
    draws = [any(each.correct for each in draw) for draw in combinations(made, k)]
    assert pass_at(made, k) == pytest.approx(sum(draws) / len(draws))
    assert pass_at(made, 1) == pytest.approx(correct_share(made))


@given(st.lists(st.integers(0, 3), min_size=1, max_size=8))
def test_pass_at_k_never_falls_with_k(choices: list[int]) -> None:
    found = [pass_at(samples(*choices), k) for k in range(1, len(choices) + 1)]
    assert found == sorted(found)


@pytest.mark.parametrize("k", [0, 5])
def test_k_must_be_within_the_samples(k: int) -> None:
    with pytest.raises(ValueError, match="1 <= k <= n"):
        pass_at_count(4, 1, k)


def test_the_ks_that_are_told() -> None:
    assert [ks(n) for n in (1, 2, 3, 8, 10)] == [[1], [1, 2], [1, 2, 3], [1, 2, 4, 8], [1, 2, 4, 8, 10]]
