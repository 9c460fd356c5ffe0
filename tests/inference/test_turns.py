"""Turns after the first: the thought closed where it is open, and what is read of a forced answer."""

from __future__ import annotations

from typing import Any

import pytest

from florey.inference import turns
from florey.llm.requests import Answer, Failure, Message, Request, Usage
from florey.records import Question

QUESTION = Question(stem="Which?", options=("a", "b"), gold=0, source="test").identified()
ASKED = Request((Message(role="user", content="Which?"),), max_tokens=100, likely_after="x", temperature=0.7)


def answer(text: str, **fields: Any) -> Answer:
    said: dict[str, Any] = {"parsed": None, "finish": "length", "usage": Usage(5, 30), "cached": False, "attempts": 1}
    return Answer(text, **{**said, **fields})


@pytest.mark.parametrize(
    ("text", "prefilled", "opened"),
    [
        ("<think>It may be", False, "<think>It may be\n</think>\n\n<answer>"),
        ("It may be", True, "It may be\n</think>\n\n<answer>"),
        ("<think>So.</think> I", False, "<think>So.</think> I\n\n<answer>"),
        ("So.</think> I", True, "So.</think> I\n\n<answer>"),
        ("It may be\n", False, "It may be\n\n<answer>"),
        ("", True, "\n</think>\n\n<answer>".lstrip()),
    ],
)
def test_a_thought_that_is_open_is_closed(text: str, prefilled: bool, opened: str) -> None:
    made = turns.forcing(ASKED, answer(text, prefilled=prefilled), QUESTION, 7)
    assert made.continues and made.messages[-1]["content"] == opened
    assert [each["role"] for each in made.instead] == ["assistant", "user"]
    assert made.instead[0]["content"] == (text.rstrip() or turns.UNSAID)  # as it was: templates drop closed thoughts
    assert (made.max_tokens, made.temperature, made.likely_after) == (7, 0.0, None)


def test_it_is_told_in_the_questions_language() -> None:
    chinese = QUESTION.model_copy(update={"language": "zh"})
    told = [turns.forcing(ASKED, answer("x"), each, 7).instead[1]["content"] for each in (QUESTION, chinese)]
    assert tuple(told) == turns.FORCE


@pytest.mark.parametrize(
    ("said", "forced"),
    [
        ("B</answer>", "B"),
        ("<think>It</think>\n\n<answer>B</answer>", "B"),  # a server that says the beginning once more
        ("<answer> B </answer> since", "B"),
        ("B", "B"),
        ("B</", "B"),
        ("<5%</ans", "<5%"),
        ("B\n\nIt is B because", "B"),
        ("The answer is B", "The answer is B"),
        ("", ""),
    ],
)
def test_a_forced_answer_stands_in_its_tags(said: str, forced: str) -> None:
    assert turns.forced_answer(said) == f"<answer>{forced}</answer>"


def test_two_turns_share_the_budget_and_are_one_text() -> None:
    first = answer("<think>x</think> It is so.", finish="stop")
    request = turns.second(ASKED, first, "Therefore?", "pattern")
    assert (request.max_tokens, request.likely_after, len(request.messages)) == (70, "pattern", 3)
    whole = turns.joined(
        first, "Therefore?", answer("y</think> (B)", prefilled=True, finish="stop", likely=(("B", 0),))
    )
    assert isinstance(whole, Answer)
    assert whole.text == "<think>x</think> It is so.\n\nTherefore? <think>y</think> (B)"
    assert (whole.usage, whole.finish, whole.likely) == (Usage(10, 60), "stop", (("B", 0),))
    failed = Failure("no", 1, "timeout")
    assert turns.joined(first, "Therefore?", failed) is failed
    assert turns.second(ASKED, answer("x", usage=Usage(5, 100)), "Therefore?", None).max_tokens == 1
