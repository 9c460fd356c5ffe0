"""Is the final answer there, and is it the right one?"""

from __future__ import annotations

from collections.abc import Iterator

from florey import answer
from florey.records import LETTERS, Question
from florey.teaching.problem import Problem


def wrong_answer(question: Question, parsed: answer.Parsed) -> Iterator[Problem]:
    """Another option is chosen, or several. A completion without any answer is malformed, not wrong."""
    if parsed.several:
        yield Problem("wrong_answer", f"several answers, not {question.letter} alone")
    elif parsed.choice is not None and parsed.choice != question.gold:
        yield Problem("wrong_answer", f"the answer is {question.letter}, not {LETTERS[parsed.choice]}")


def malformed(parsed: answer.Parsed) -> Iterator[Problem]:
    if not parsed.well_formed:
        yield Problem("malformed", "not one thought and then one answer with one letter of the options")
