"""Who is passed over: never for good, less and less the longer it teaches nothing, at once again when it does."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from florey.training.curriculum.groups import Group
from florey.training.curriculum.skipping import SkipConfig, Skipping


def group(id: str, right: int, size: int = 4) -> Group:
    correct = tuple(place < right for place in range(size))
    return Group(question_id=id, position=0, options=4, rewards=tuple(map(float, correct)), correct=correct)


@given(st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 4)), max_size=30))
def test_the_chance_never_falls_below_the_floor(observed: list[tuple[str, int]]) -> None:
    found = Skipping(["a", "b"], SkipConfig(keep=0.5, floor=0.05))
    for id, right in observed:
        found.observe(group(id, right))
        assert (found.chance() >= 0.05).all() and (found.chance() <= 1).all()
        if 0 < right < 4:
            assert found.chance()["ab".index(id)] == 1
    again = Skipping(["b", "a"], found.config)
    again.load_state_dict(found.state_dict())
    assert again.chance().tolist() == found.chance().tolist()[::-1]
    assert again.solved.tolist() == found.solved.tolist()[::-1]


def test_runs_of_one_kind_count_and_turn() -> None:
    found = Skipping(["a"], SkipConfig(keep=0.5, floor=0.01))
    chances = []
    for right in (4, 4, 4, 0, 0, 2):
        found.observe(group("a", right))
        chances.append(found.chance()[0])
    assert chances == [0.5, 0.25, 0.125, 0.5, 0.25, 1]  # all wrong after all right is a new run
    found.observe(group("a", 0))
    assert not found.solved[0]
    found.observe(group("a", 4))
    assert found.solved[0] and found.metrics() == {"skipped": 0.5, "solved": 1.0}
    found.observe(group("z", 4))  # not of this pool


def test_a_group_of_one_reward_but_both_kinds_of_answer_teaches_nothing() -> None:
    found = Skipping(["a"], SkipConfig())
    found.observe(Group(question_id="a", position=0, options=4, rewards=(0.5, 0.5), correct=(True, False)))
    assert found.chance()[0] < 1 and not found.solved[0]


def test_it_asks_as_often_as_the_chance_says() -> None:
    found = Skipping(["a"], SkipConfig(keep=0.5, floor=0.05))
    for _ in range(2):
        found.observe(group("a", 0))
    rng = np.random.default_rng(0)
    assert 0.23 < np.mean([found.asked(rng)[0] for _ in range(4000)]) < 0.27
