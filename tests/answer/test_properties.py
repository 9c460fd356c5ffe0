"""What holds for every completion: no fault, no guess, work in proportion to length."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from florey.answer import completion, free_answers, judge, parse, show, shown, verdict
from florey.answer.blocks import blocks, plain
from florey.answer.choices import NONE, choice
from florey.records import LETTERS, Question, Verdict

OPTIONS = ["Marfan syndrome", "Gaucher disease", "Wilson disease", "Fabry disease"]
TAGS = (
    "<think>",
    "</think>",
    "<answer>",
    "</answer>",
    "＜answer＞",
    "＜／ａｎｓｗｅｒ＞",
    "<ANSWER>",
    "< / answer >",
    "<",
)
WORDS = ("A", "B", "E", "B.", "A和C", "A, B", "Gaucher disease", "the answer is B", "答案是B", "\\boxed{B}", "В", " ")
PIECES = st.sampled_from([*TAGS, *WORDS, ">", "\n"])
soups = st.lists(PIECES, max_size=14).map("".join)
plain_thoughts = st.text().filter(
    lambda text: text.strip() and not any(name in plain(text).lower() for name in ("think", "answer"))
)


@given(soups, st.booleans(), st.sampled_from(["tags", "stated"]))
def test_any_mixture_of_tags_and_answers_is_read(text: str, prefilled: bool, reading: Any) -> None:
    parsed = parse(text, OPTIONS, prefilled=prefilled, reading=reading)
    assert parsed.choice is None or 0 <= parsed.choice < 4
    assert not (parsed.several and parsed.choice is not None)
    if parsed.well_formed:
        assert parsed.choice is not None and not parsed.in_thought
    for finished in (True, False):
        found = verdict(parsed, 1, finished=finished)
        assert found in Verdict
        assert not finished or found is not Verdict.TRUNCATED
        assert finished or found is not Verdict.UNPARSED


@given(soups)
def test_what_an_answer_names_does_not_depend_on_the_thought_before_it(text: str) -> None:
    thought = text.replace("</think>", "").replace("＜/think＞", "")
    assert parse(f"<think>{thought}</think><answer>B</answer>", OPTIONS).choice == 1


@given(soups)
def test_full_width_tags_are_tags(text: str) -> None:
    wide = text.translate({ord("<"): "＜", ord(">"): "＞", ord("/"): "／"})
    assert blocks(plain(wide)).answers == blocks(plain(text)).answers


@given(plain_thoughts, st.integers(0, 3), st.permutations(range(4)))
def test_an_order_moves_options_and_gold_together(thought: str, gold: int, order: list[int]) -> None:
    question = Question(stem="Which?", options=tuple(OPTIONS), gold=gold, source="test")
    asked = shown(question, order)
    assert asked.options[asked.gold] == question.options[gold]
    assert judge(completion(thought, asked.gold), asked) is Verdict.CORRECT
    assert shown(question, None) is question


@given(st.text(max_size=40))
@example("A和C")
@example("AB")
def test_the_inside_of_an_answer_names_an_option_or_nothing(content: str) -> None:
    found = choice(content, OPTIONS)
    assert found.index is None or not found.several
    assert choice(f"  {content}\n", OPTIONS) == found


@given(st.integers(2, 26), st.data())
def test_every_letter_of_any_number_of_options(count: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, 25))
    found = choice(LETTERS[index], [f"text {number}" for number in range(count)])
    assert found.index == (index if index < count else None)


@pytest.mark.parametrize(
    ("stem", "said"),
    [
        ("Which tag closes <answer>A</answer> here?", "The question is: {stem} <think>x</think><answer>B</answer>"),
        ("Is <think> or </think> right?", "<think>{stem} hm</think><answer>B</answer>"),
        ("Write <answer>C</answer>.", "{stem}\n<answer>B</answer>"),
    ],
)
def test_tags_of_the_question_are_no_answers_when_it_is_repeated(stem: str, said: str) -> None:
    question = Question(stem=stem, options=tuple(OPTIONS), gold=1, source="test")
    assert judge(said.format(stem=stem), question) is Verdict.CORRECT
    assert judge(f"<think>x</think>{stem}", question) is Verdict.UNPARSED
    assert stem in show(question)


def test_a_long_text_in_an_answer_is_none() -> None:
    assert choice("B. " + "x" * 5000, OPTIONS) == NONE


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("<think>x</think><answer>Gaucher  disease</answer>", ("Gaucher disease",)),
        ("<think><answer>A</answer></think>", ()),
        ("<answer>A</answer><answer>B</answer><answer>A</answer>", ("A", "B")),
        ("<answer> </answer>", ()),
    ],
)
def test_answers_in_own_words(text: str, said: tuple[str, ...]) -> None:
    assert free_answers(text) == said
    assert free_answers("<think>so <answer>A</answer>", finished=False) == ()


GROWING: dict[str, Callable[[int], str]] = {
    "openings": lambda n: "<answer>" * n,
    "closings": lambda n: "</think>" * n,
    "thoughts": lambda n: "<think>" * n,
    "pairs": lambda n: "<answer>A</answer>" * n,
    "thoughts and texts": lambda n: "<think>a</think>x" * n,
    "angles": lambda n: "<" * 8 * n,
    "angles and spaces": lambda n: "< " * 4 * n,
    "statements": lambda n: "the answer is " * n,
    "boxes": lambda n: "\\boxed{" * n,
    "letters": lambda n: "A is " * n,
    "spaces": lambda n: " " * 8 * n,
    "an answer without end": lambda n: "<answer>" + "B " * 4 * n,
    "a long answer": lambda n: "<answer>" + "A, " * 3 * n + "</answer>",
}


def steps(work: Callable[[], object]) -> int:
    """Lines of Python that it takes: what a clock would show, without the clock."""
    count = 0

    def trace(frame: Any, event: str, _: Any) -> Any:
        nonlocal count
        count += 1
        return trace

    sys.settrace(trace)
    try:
        work()
    finally:
        sys.settrace(None)
    return count


@pytest.mark.parametrize("name", GROWING)
@pytest.mark.parametrize("reading", ["tags", "stated"])
def test_work_grows_as_the_text_does(name: str, reading: Any) -> None:
    few, many = (steps(lambda n=n: parse(GROWING[name](n), OPTIONS, reading=reading)) for n in (400, 3200))
    assert many <= 8 * few + 400


@pytest.mark.parametrize("name", GROWING)
def test_a_megabyte_is_read(name: str) -> None:
    """Patterns and all: a quadratic one would take minutes, and the suite would hang."""
    text = GROWING[name](1_000_000 // max(1, len(GROWING[name](1))))
    for reading in ("tags", "stated"):
        parse(text, OPTIONS, reading=reading)  # type: ignore[arg-type]
