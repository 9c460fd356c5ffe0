"""Stored verdicts on free answers: read back for comparisons, refused where they are of other answers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.evaluation.conftest import items, predictions, right, wrong

from florey.answer import free_answers
from florey.errors import BadInput
from florey.evaluation.benchmarks import score_evaluation
from florey.evaluation.comparison import compare_evaluations
from florey.evaluation.free_verdicts import BY_MODEL
from florey.evaluation.judging import Judgement
from florey.evaluation.stored import Answered, Evaluation
from florey.files import write_jsonl
from florey.records import Question

Stored = Callable[..., Evaluation]
OPEN, CLOSED = items("careqa_open", 6), items("medqa", 6)


def free(question: Question, sample: int = 0) -> str:
    return f"<think>so</think><answer>it is {question.options[question.gold]}</answer>"


@pytest.fixture
def both(stored: Stored) -> Stored:
    def made(name: str, say: Any = right) -> Evaluation:
        sets = {"careqa_open": (OPEN, predictions(OPEN, free)), "medqa": (CLOSED, predictions(CLOSED, say))}
        return stored(name, sets, readings={"careqa_open": "free"})

    return made


def judge(answered: Answered, right: int, said: Callable[[str], str] = lambda text: text) -> None:
    """The first `right` answers are right."""
    write_jsonl(
        answered.folder / BY_MODEL,
        [
            Judgement(
                question_id=each.question_id,
                sample=each.sample,
                said=said(" | ".join(free_answers(each.text, finished=True, prefilled=False))),
                judge="j",
                prompt="p",
                grade="correct" if number < right else "wrong",
            )
            for number, each in enumerate(answered.predictions())
        ],
    )


def test_what_was_judged_is_compared(both: Stored) -> None:
    one, two = both("a"), both("b", wrong)
    judge(one["careqa_open"], 2)
    judge(two["careqa_open"], 5)
    found = compare_evaluations({"one": one, "two": two})
    assert found.accuracies["one"]["careqa_open"] == pytest.approx(2 / 6)
    assert found.accuracies["two"]["careqa_open"] == pytest.approx(5 / 6)
    assert found.left_out == {}


def test_what_nobody_has_judged_is_left_out_by_name(both: Stored) -> None:
    one, two = both("a"), both("b", wrong)
    judge(one["careqa_open"], 2)
    found = compare_evaluations({"one": one, "two": two})
    assert found.left_out == {"careqa_open": ("one",)}
    assert {each.benchmark for each in found.differences} == {"medqa", "macro"}


def test_verdicts_on_other_answers_are_refused(both: Stored) -> None:
    one = both("a")
    judge(one["careqa_open"], 2)
    assert score_evaluation(one).benchmarks[0].accuracy == pytest.approx(2 / 6)
    judge(one["careqa_open"], 2, lambda text: text + " or not")
    with pytest.raises(BadInput, match="has another answer than the one that was judged"):
        score_evaluation(one)


def test_copies_turn_together(stored: Stored, tmp_path: Path) -> None:
    asked = [*CLOSED, *CLOSED[:1] * 9]  # one item ten times
    only_first = predictions(CLOSED, lambda q, s: (right if q.id == CLOSED[0].id else wrong)(q))
    one = stored("a", {"medqa": (asked, predictions(CLOSED, wrong))})
    two = stored("b", {"medqa": (asked, only_first)})
    (found, _) = compare_evaluations({"one": one, "two": two}).differences
    assert (found.gained, found.p) == (10, 1.0)  # one item says nothing, however often it stands there
