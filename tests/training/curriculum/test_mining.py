"""The curriculum: right and wrong 1 : 2, repeated failures and difficult ones first, every shortfall on record."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from florey.records import TIERS, Question, Tier
from florey.training.curriculum.mining import Mined, MiningConfig, Mix, MixConfig, mix_right_wrong, mix_tiers

ONE_TO_TWO = MixConfig()


def ask(number: int, tier: Tier | None = "easy") -> Question:
    return Question(stem=f"Question {number}?", options=("x", "y"), gold=0, source="test", tier=tier).identified()


def mixed(right: int, wrong: int, size: int, seed: int = 0) -> tuple[Mix, set[str]]:
    questions = [ask(number) for number in range(right + wrong)]
    failed = {q.id for q in questions[right:]}
    return mix_right_wrong(questions, dict.fromkeys(failed, 1), frozenset(failed), size, ONE_TO_TWO, seed), failed


@pytest.mark.parametrize("size", [3, 30, 300])
def test_one_right_to_two_wrong_exactly(size: int) -> None:
    mix, failed = mixed(right=200, wrong=400, size=size)
    assert mix.asked == mix.got == {"right": size // 3, "wrong": 2 * size // 3}
    wrong = [q.id for q in mix.questions if q.id in failed]
    assert len(wrong) == 2 * size // 3 and len(mix.questions) == size
    assert len({q.id for q in mix.questions}) == size  # no need to ask anything twice


def test_a_side_that_has_too_few_gives_its_places_to_the_other() -> None:
    mix, _ = mixed(right=50, wrong=5, size=30)
    assert (mix.asked, mix.got) == ({"right": 10, "wrong": 20}, {"right": 25, "wrong": 5})
    assert len({q.id for q in mix.questions}) == 30
    mix, _ = mixed(right=2, wrong=90, size=30)
    assert (mix.asked, mix.got) == ({"right": 10, "wrong": 20}, {"right": 2, "wrong": 28})
    assert len({q.id for q in mix.questions}) == 30


def test_all_right_or_all_wrong() -> None:
    assert mixed(right=40, wrong=0, size=30)[0].got == {"right": 30, "wrong": 0}
    assert mixed(right=0, wrong=40, size=30)[0].got == {"right": 0, "wrong": 30}


def test_with_too_few_questions_all_are_asked_and_then_again() -> None:
    mix, _ = mixed(right=4, wrong=8, size=36)
    assert mix.got == {"right": 12, "wrong": 24}
    assert set(Counter(q.id for q in mix.questions).values()) == {3}


@given(st.integers(0, 40), st.integers(0, 40), st.integers(2, 60), st.integers(0, 3))
def test_properties_of_every_mix(right: int, wrong: int, size: int, seed: int) -> None:
    if right + wrong == 0:
        return
    mix, failed = mixed(right, wrong, size, seed)
    count = Counter(q.id for q in mix.questions)
    got_wrong = sum(times for question, times in count.items() if question in failed)
    assert len(mix.questions) == size == sum(mix.asked.values()) == sum(mix.got.values())
    assert mix.got == {"right": size - got_wrong, "wrong": got_wrong}
    if right:  # easy replay: what the policy can do is never left out
        assert mix.got["right"] >= 1
    if right >= mix.asked["right"] and wrong >= mix.asked["wrong"]:
        assert mix.got == mix.asked
    if right + wrong >= size:
        assert max(count.values()) == 1
    assert mixed(right, wrong, size, seed)[0] == mix


def test_repeated_failures_come_first_then_the_difficult() -> None:
    tiers: list[Tier] = ["easy", "moderate", "difficult"]
    questions = [ask(number, tiers[number % 3]) for number in range(90)]
    failures = {q.id: 1 + (number // 3 % 3) for number, q in enumerate(questions)}
    by_id = {q.id: q for q in questions}
    # 10 of each tier have failed three times: with room for 25, all difficult and moderate, and 5 easy ones of these
    mix = mix_right_wrong(questions, failures, frozenset(by_id), 25, ONE_TO_TWO, seed=0)
    assert {failures[q.id] for q in mix.questions} == {3}
    assert Counter(q.tier for q in mix.questions) == {"difficult": 10, "moderate": 10, "easy": 5}
    # with room for 40, the next are the difficult that failed twice
    more = mix_right_wrong(questions, failures, frozenset(by_id), 40, ONE_TO_TWO, seed=0)
    assert Counter((failures[q.id], q.tier) for q in more.questions) == {
        (3, "easy"): 10,
        (3, "moderate"): 10,
        (3, "difficult"): 10,
        (2, "difficult"): 10,
    }


def test_what_was_solved_since_is_no_failure_any_more() -> None:
    questions = [ask(number) for number in range(30)]
    failures = {q.id: 2 for q in questions}  # all failed twice before
    newest = frozenset(q.id for q in questions[:10])
    mix = mix_right_wrong(questions, failures, newest, 15, ONE_TO_TWO, seed=0)
    assert mix.got == {"right": 5, "wrong": 10}
    assert {q.id for q in mix.questions} > newest


def test_the_order_of_the_questions_does_not_matter_but_the_seed_does() -> None:
    questions = [ask(number, TIERS[number % 3]) for number in range(60)]
    failed = frozenset(q.id for q in questions[::2])
    counts = dict.fromkeys(failed, 1)
    one = mix_right_wrong(questions, counts, failed, 18, ONE_TO_TWO, seed=1)
    assert one == mix_right_wrong(questions[::-1], counts, failed, 18, ONE_TO_TWO, seed=1)
    assert one.questions != mix_right_wrong(questions, counts, failed, 18, ONE_TO_TWO, seed=2).questions
    # right and wrong are mixed, not one after the other
    sides = [q.id in failed for q in one.questions]
    assert sides != sorted(sides) and sides != sorted(sides, reverse=True)


def test_stage1_is_balanced() -> None:
    questions = [ask(number, TIERS[number % 3]) for number in range(90)]
    mix = mix_tiers(questions, ["easy", "moderate"], 41, seed=0)
    assert mix.asked == mix.got == {"easy": 21, "moderate": 20}
    assert Counter(q.tier for q in mix.questions) == mix.got
    assert mix == mix_tiers(questions[::-1], ["easy", "moderate"], 41, seed=0)


def test_a_tier_without_questions_gives_its_places_to_the_other() -> None:
    questions = [ask(number, "easy") for number in range(10)]
    mix = mix_tiers(questions, ["easy", "moderate"], 20, seed=0)
    assert (mix.asked, mix.got) == ({"easy": 10, "moderate": 10}, {"easy": 20, "moderate": 0})
    assert set(Counter(q.id for q in mix.questions).values()) == {2}
    assert mix_tiers(questions, ["difficult"], 20, seed=0).questions == []


@given(st.integers(0, 12), st.integers(0, 12), st.integers(1, 50))
def test_no_question_of_a_tier_is_asked_twice_before_all_were_asked_once(easy: int, moderate: int, size: int) -> None:
    questions = [ask(n, "easy") for n in range(easy)] + [ask(99 + n, "moderate") for n in range(moderate)]
    mix = mix_tiers(questions, ["easy", "moderate"], size, seed=0)
    assert len(mix.questions) == (size if easy + moderate else 0)
    for tier, pool in (("easy", easy), ("moderate", moderate)):
        times = Counter(q.id for q in mix.questions if q.tier == tier)
        if times:
            assert max(times.values()) - (min(times.values()) if len(times) == pool else 0) <= 1


@given(st.integers(1, 8), st.lists(st.integers(0, 8), min_size=1, max_size=9))
def test_a_question_fails_where_at_most_half_of_its_samples_are_right(samples: int, drawn: list[int]) -> None:
    right = {f"q{n}": min(count, samples) for n, count in enumerate(drawn)}
    mined = Mined(right, samples)
    for id, count in right.items():
        assert (id in mined.failed) == (count / samples <= 0.5)
        assert mined.failures().get(id, 0) == (samples - count if id in mined.failed else 0)
    assert Mined({"a": 0, "b": 1}, 1).failed == {"a"}


def test_failures_add_up_over_samples_and_rounds() -> None:
    """Of two that failed now, one failed in more samples before; a difficult one that failed less comes behind it."""
    questions = [ask(0, "easy"), ask(1, "difficult"), ask(2, "easy")]
    easy, difficult, solved = (q.id for q in questions)
    before, now = Mined({easy: 0, difficult: 2, solved: 0}, 4), Mined({easy: 1, difficult: 0, solved: 4}, 4)
    failures = Counter(now.failures()) + Counter(before.failures())
    assert failures == {easy: 7, difficult: 6, solved: 4}
    mix = mix_right_wrong(questions, failures, now.failed, 1, MixConfig(right=0, wrong=1), seed=0)
    assert [q.id for q in mix.questions] == [easy]
    only_now = mix_right_wrong(questions, now.failures(), now.failed, 1, MixConfig(right=0, wrong=1), seed=0)
    assert [q.id for q in only_now.questions] == [difficult]


def test_samples_that_would_all_be_the_same_are_refused() -> None:
    with pytest.raises(ValidationError, match="several samples at temperature 0 are all the same"):
        MiningConfig(samples=2)
    assert MiningConfig(samples=2, shuffled=True).samples == MiningConfig(samples=2, temperature=1.0).samples
