"""Probabilities of options: from the tokens where the answer stands that the grammar reads, or none at all."""

from __future__ import annotations

import math

import pytest

from florey.answer import parse
from florey.inference.probabilities import answer_begins, in_own_order, of_options
from florey.inference.prompts import FLOREY, prompt_named
from florey.llm.chat_completions import last_end
from florey.records import Question

QUESTION = Question(stem="Which?", options=("red", "green", "blue"), gold=1, source="test").identified()
STATED, WORDS = prompt_named("mmlu_pro"), prompt_named("pubmedqa")
LIKELY = (("B", math.log(0.6)), (" C", math.log(0.2)), ("x", math.log(0.2)))


@pytest.mark.parametrize(
    ("name", "text", "begins"),
    [
        ("florey", "<think>A</think><answer>B</answer>", "B<"),
        ("florey", "<answer>A</answer> no, <answer>\n(B)</answer>", "B)"),
        ("florey", "<answer>green</answer>", None),
        ("mmlu_pro", "Option A is wrong. The answer is (B).", "B)."),
        ("mmlu_pro", "**Answer:** C", "C"),
        ("mmlu_pro", "The answer seems to me C", None),
        ("mmlu_pro", "Answer: C. Option B is wrong.", "C."),
        ("mmlu_pro", "<think>the answer is A</think>\n\nB", "B"),
        ("mmlu_pro", "A man of forty has a cough.", None),
        ("mmlu_pro", "答案是B。", "B。"),
        ("mmlu_pro", r"So \boxed{C}", "C}"),
        ("mmlu_pro", "B", "B"),
        ("mmlu_pro", "(B) green", "B)"),
        ("mmlu_pro", "B. green", "B."),
        ("pubmedqa", "yes", "yes"),
        ("pubmedqa", "The answer is maybe.", "maybe."),
    ],
)
def test_where_an_answer_begins(name: str, text: str, begins: str | None) -> None:
    at = last_end(answer_begins(prompt_named(name)), text)
    assert (None if at is None else text[at:][: len(begins or "")]) == begins


@pytest.mark.parametrize("name", ["florey", "mmlu_pro", "pubmedqa"])
@pytest.mark.parametrize("piece", [" ", "answer ", "answer: (", "<answer>", "</think>", "\\boxed{"])
def test_a_megabyte_is_read_as_quickly_as_a_line(name: str, piece: str) -> None:
    """Else this would not end."""
    text = "answer" + piece * (1_000_000 // len(piece)) + "."
    assert last_end(answer_begins(prompt_named(name)), text) is None or name == "pubmedqa"


@pytest.mark.parametrize(("prompt", "text"), [(FLOREY, "<answer>B</answer>"), (STATED, "The answer is (B).")])
def test_they_sum_to_one_over_the_options(prompt, text) -> None:
    chosen = parse(text, QUESTION.options, reading=prompt.reading).choice
    assert of_options(QUESTION, chosen, text, LIKELY, prompt) == pytest.approx([0, 0.75, 0.25])


def test_none_where_the_tokens_are_not_those_of_the_answer() -> None:
    text = "<answer>B</answer>"
    assert of_options(QUESTION, 2, text, LIKELY, FLOREY) is None  # the grammar reads another option
    assert of_options(QUESTION, None, text, LIKELY, FLOREY) is None
    assert of_options(QUESTION, 1, "<answer>green</answer>", LIKELY, FLOREY) is None
    assert of_options(QUESTION, 1, text, None, FLOREY) is None
    assert of_options(QUESTION, 1, text, (("x", -0.1),), FLOREY) is None


def test_words_count_as_far_as_they_tell_options_apart() -> None:
    asked = QUESTION.model_copy(update={"options": ("yes", "no", "maybe")})
    likely = ((" may", math.log(0.5)), (" Yes", math.log(0.25)), ("no", math.log(0.25)), (" ", math.log(0.1)))
    assert of_options(asked, 2, "maybe", likely, WORDS) == pytest.approx([0.25, 0.25, 0.5])
    alike = asked.model_copy(update={"options": ("mild", "minor", "maybe")})
    assert of_options(alike, 2, "maybe", (("m", 0.0), ("mayb", -1.0)), WORDS) == pytest.approx([0, 0, 1])


def test_they_go_back_to_the_questions_own_order() -> None:
    assert in_own_order((0.5, 0.3, 0.2), None) == (0.5, 0.3, 0.2)
    assert in_own_order((0.5, 0.3, 0.2), (2, 0, 1)) == (0.3, 0.2, 0.5)
