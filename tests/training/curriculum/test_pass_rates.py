"""The posterior of a question: what it sees, what it forgets, what it says a group will be like."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate, stats

from florey.training.curriculum.pass_rates import PassRateConfig, PassRates, corrected

seen = st.lists(st.tuples(st.integers(0, 1), st.integers(0, 8), st.integers(0, 8)), max_size=12)


def rates(memory: float = 0.7) -> PassRates:
    return PassRates(["a", "b"], [4, 2], PassRateConfig(memory=memory))


@given(seen, st.floats(0, 1))
def test_bounds_and_what_is_right_raises_it(observed: list[tuple[int, int, int]], memory: float) -> None:
    found = rates(memory)
    for which, right, wrong in observed:
        before = found.mean()[which]
        found.observe("ab"[which], right, right + wrong)
        if right and not wrong:
            assert found.mean()[which] >= min(before, 0.5)
        assert (found.mean() > 0).all() and (found.mean() < 1).all()
        assert (found.right >= found.config.right).all() and (found.wrong >= found.config.wrong).all()


@given(seen)
def test_state_round_trip_into_another_pool(observed: list[tuple[int, int, int]]) -> None:
    found = rates()
    for which, right, wrong in observed:
        found.observe("ab"[which], right, right + wrong)
    other = PassRates(["b", "c"], [2, 3], PassRateConfig())
    other.load_state_dict(found.state_dict())
    assert (other.right[0], other.wrong[0]) == (found.right[1], found.wrong[1])
    assert (other.right[1], other.wrong[1]) == (1, 1)


def test_it_forgets_toward_the_prior() -> None:
    found = rates(memory=0.5)
    found.observe("a", 8, 8)
    assert (found.right[0], found.wrong[0]) == (9, 1)
    found.observe("a", 0, 4)
    assert (found.right[0], found.wrong[0]) == (5, 5)  # 1 + 8 / 2 right; 4 more wrong
    found.observe("a", 0, 0)
    assert (found.right[0], found.wrong[0]) == (5, 5)  # nothing was asked
    without = rates(memory=0)
    without.observe("a", 8, 8)
    without.observe("a", 0, 4)
    assert (without.right[0], without.wrong[0]) == (1, 5)


def test_guessing_is_taken_off() -> None:
    assert corrected(0.25, 4) == 0 == corrected(0.1, 4)
    assert corrected(0.5, 2) == 0 and corrected(0.75, 2) == pytest.approx(0.5)
    drawn = np.mean([rates().drawn(np.random.default_rng(seed)) for seed in range(4000)], axis=0)
    expected = [integrate.quad(lambda p, k=k: max(0, (p - 1 / k) / (1 - 1 / k)), 0, 1)[0] for k in (4, 2)]
    assert drawn == pytest.approx(expected, abs=0.02)


@given(st.integers(0, 12), st.integers(0, 12), st.integers(2, 5))
def test_mixed_is_the_probability_over_all_groups(right: int, wrong: int, size: int) -> None:
    found = PassRates(["a"], [4], PassRateConfig())
    found.observe("a", right, right + wrong)
    belief = stats.beta(found.right[0], found.wrong[0])
    moments = 0.0
    for group in product((0, 1), repeat=size):
        if len(set(group)) == 2:
            hits = sum(group)
            moments += belief.expect(lambda p, hits=hits: p**hits * (1 - p) ** (size - hits))
    assert found.mixed(size)[0] == pytest.approx(moments, abs=1e-6)


def test_questions_of_other_pools_are_passed_over() -> None:
    found = rates()
    found.observe("z", 3, 4)
    assert found.metrics() == {"seen": 0.0, "pass_rate": 0.0}
    found.observe("b", 3, 4)
    assert found.metrics()["seen"] == 0.5 and found.place("z") is None


def test_a_stratum_tells_of_questions_that_were_never_asked() -> None:
    found = PassRates(["a", "b", "c"], [4] * 3, PassRateConfig(), ["easy/x", "easy/x", "difficult/x"])
    found.observe("a", 8, 8)
    assert found.mean()[1] == pytest.approx(9 / 10)  # of the stratum's eight right ones and one pair of the prior
    assert found.right[1] + found.wrong[1] == pytest.approx(10)  # all that the stratum has shown
    assert found.right[2] == found.wrong[2] == 1  # a stratum that nothing is known of
    assert found.mean()[2] == 0.5
    found.observe("a", 0, 8)
    assert found.mean()[1] == pytest.approx((0.95 * 8 + 1) / (0.95 * 8 + 8 + 2))
    for _ in range(9):
        found.observe("a", 8, 8)
    assert found.right[1] + found.wrong[1] == pytest.approx(16)  # never more than two groups of the question's own
    without = PassRates(["a", "b"], [4] * 2, PassRateConfig(stratum_memory=None), ["easy/x", "easy/x"])
    without.observe("a", 8, 8)
    assert without.mean()[1] == 0.5


@given(seen)
def test_strata_are_kept_by_name(observed: list[tuple[int, int, int]]) -> None:
    found = PassRates(["a", "b"], [4, 4], PassRateConfig(), ["hard", "easy"])
    for which, right, wrong in observed:
        found.observe("ab"[which], right, right + wrong)
    again = PassRates(["b", "z"], [4, 4], PassRateConfig(), ["easy", "hard"])
    again.load_state_dict(found.state_dict())
    assert again.mean().tolist()[0] == found.mean()[1]
    hard = found.state_dict()["strata"].get("hard", [0, 0])
    assert again.mean()[1] == pytest.approx((hard[0] + 1) / (sum(hard) + 2))
