"""Options change places, the gold goes with them, and what speaks of places stays."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from florey.inference.shuffling import names_letters, shuffled, speaks_of_others
from florey.records import Question


def question(*options: str, gold: int = 0, stem: str = "Which?", **fields: tuple[str, ...]) -> Question:
    return Question(stem=stem, options=options, gold=gold, source="test", **fields).identified()


def orders(asked: Question, turns: int, seed: int = 0) -> list[tuple[int, ...]]:
    return [shuffled(asked, seed, turn)[1] for turn in range(turns)]


@given(count=st.integers(2, 10), seed=st.integers(0, 2**40), turn=st.integers(0, 40), data=st.data())
def test_the_gold_and_the_ids_go_with_their_options(count: int, seed: int, turn: int, data: st.DataObject) -> None:
    gold = data.draw(st.integers(0, count - 1))
    names = tuple(f"option {i}" for i in range(count))
    asked = question(*names, gold=gold, option_ids=tuple(f"D:{i}" for i in range(count)))
    made, order = shuffled(asked, seed, turn)
    assert sorted(order) == list(range(count))
    assert made.options == tuple(names[index] for index in order)
    assert (made.options[made.gold], made.answer_id) == (names[gold], f"D:{gold}")
    assert made.option_ids == tuple(f"D:{index}" for index in order)
    assert made.id == asked.id


@given(count=st.integers(2, 10), seed=st.integers(0, 1000), rounds=st.integers(0, 3))
def test_in_a_round_every_option_stands_at_every_place_once(count: int, seed: int, rounds: int) -> None:
    asked = question(*(f"option {i}" for i in range(count)))
    mine = orders(asked, 4 * count, seed)[rounds * count : (rounds + 1) * count]
    for place in range(count):
        assert sorted(order[place] for order in mine) == list(range(count))


def test_the_first_turn_is_the_questions_own_order_and_the_others_are_drawn_evenly() -> None:
    seen = Counter(order for i in range(3000) for order in orders(question(*"wxyz", stem=f"{i}?"), 8)[1:])
    assert orders(question(*"wxyz"), 1) == [(0, 1, 2, 3)]
    assert len(seen) == 24
    later = Counter(order for i in range(3000) for order in orders(question(*"wxyz", stem=f"{i}?"), 8)[4:])
    assert all(350 < count < 650 for count in later.values())  # 500 expected, 22 the standard deviation


def test_orders_differ_by_question_and_seed_and_nothing_else() -> None:
    one, other = question(*"wxyz"), question(*"wxyz", stem="What?")
    assert orders(one, 9) == orders(one, 9) != orders(other, 9)
    assert orders(one, 9) != orders(one, 9, seed=1)
    code = (
        "from florey.inference.shuffling import shuffled; from florey.records import Question;"
        "q = Question(stem='Which?', options=tuple('wxyz'), gold=0, source='test').identified();"
        "print([shuffled(q, 0, t)[1] for t in range(9)])"
    )
    for hash_seed in ("1", "2"):
        said = subprocess.run(
            [sys.executable, "-c", code], env={"PYTHONHASHSEED": hash_seed}, capture_output=True, text=True, check=True
        )
        assert said.stdout.strip() == str(orders(one, 9))


def test_what_speaks_of_the_others_stays_last() -> None:
    asked = question("w", "x", "y", "All of the above", "None of the above", gold=3)
    mine = orders(asked, 6)
    assert all(order[3:] == (3, 4) for order in mine)
    assert len(set(mine[:3])) == 3
    assert shuffled(asked, 0, 1)[0].gold == 3


@pytest.mark.parametrize(
    "options",
    [
        ("w", "x", "Both of the above", "y"),  # who else would be above it?
        ("w", "x", "y", "Both A and C"),
        ("甲", "乙", "丙", "A+B"),
        ("w", "All of the above"),
    ],
)
def test_where_places_have_a_meaning_all_stay(options: tuple[str, ...]) -> None:
    assert set(orders(question(*options), 12)) == {tuple(range(len(options)))}


@pytest.mark.parametrize(
    ("option", "others", "letters"),
    [
        *((text, True, False) for text in ("None of these", "Both.", "以上均不是", "上述均可能", "两者皆有", "均不对")),
        *((text, False, True) for text in ("A & B", "Both A and C", "(a), (c)", "A、B均有", "A和B均不用", "B或D")),
        *((text, False, False) for text in ("ALL", "Cornea", "Lorenz", "E. coli", "两侧均匀", "38℃以上", "1 and 2")),
        *((text, False, False) for text in ("vitamin A and iron", "A and Z", "all four limbs", "A", "both eyes")),
    ],
)
def test_which_options_speak_of_others_or_name_letters(option: str, others: bool, letters: bool) -> None:
    assert (speaks_of_others(option), names_letters(option, 4)) == (others, letters)
