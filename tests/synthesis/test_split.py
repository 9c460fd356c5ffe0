"""The split keeps groups whole."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from florey.errors import BadInput
from florey.records import Condition, Question
from florey.synthesis.split import answer_and_evidence, assign_split


def questions(groups: list[str]) -> list[Question]:
    return [
        Question(id=f"q{i}", stem="?", options=("a", "b"), gold=0, source="t", group=g) for i, g in enumerate(groups)
    ]


@given(st.lists(st.text("abc", max_size=3), max_size=60), st.integers(0, 99))
def test_no_group_stands_in_two_splits(groups: list[str], seed: int) -> None:
    sides: dict[str | None, set[str | None]] = {}
    for question in assign_split(questions([f"g{g}" for g in groups]), 0.3, 0.3, seed):
        sides.setdefault(question.group, set()).add(question.split)
    assert all(len(side) == 1 and None not in side for side in sides.values())


def test_shares_are_about_as_asked_and_depend_on_the_seed() -> None:
    asked = questions([f"g{i}" for i in range(2000)])
    split = [q.split for q in assign_split(asked, 0.1, 0.2, seed=1)]
    assert 150 < split.count("dev") < 250 and 330 < split.count("test") < 470
    assert split != [q.split for q in assign_split(asked, 0.1, 0.2, seed=2)]
    assert split[:50] == [q.split for q in assign_split(asked[:50], 0.1, 0.2, seed=1)]


@pytest.mark.parametrize(("dev", "test"), [(-0.1, 0.2), (0.6, 0.6)])
def test_impossible_shares_are_refused(dev: float, test: float) -> None:
    with pytest.raises(BadInput, match="dev"):
        assign_split([], dev, test, 0)


def test_a_group_ignores_the_order_of_conditions_and_minds_their_content() -> None:
    a = Condition(subject="?", relation="has_finding", object="HP:1")
    b = Condition(subject="?", relation="has_finding", object="HP:2")
    assert answer_and_evidence("X", [a, b]) == answer_and_evidence("X", [b, a])
    others = [("Y", [a, b]), ("X", [a]), ("X", [a, b.model_copy(update={"holds": False})])]
    assert answer_and_evidence("X", [a, b]) not in [answer_and_evidence(*other) for other in others]
