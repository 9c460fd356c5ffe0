"""What the teacher would cost, before it is asked anything."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from florey.llm.accounting import prompt_tokens
from florey.records import Question
from florey.teaching.model_teacher.config import TeacherConfig
from florey.teaching.model_teacher.prompting import repair_request, solve_request, told_request
from florey.teaching.problem import Problem


class Phase(NamedTuple):
    """Requests and tokens of one phase; the phases after the first depend on what the first finds."""

    name: str
    at_most: int  # requests, if nothing is solved and nothing repaired
    expected: int  # requests, if `assumed_pass` of the questions are solved, and of the rest in every later phase
    prompt_tokens: int  # of the expected requests, estimated
    completion_tokens: int  # of the expected requests, at most


def phases(questions: Sequence[Question], names: Mapping[str, str], config: TeacherConfig) -> list[Phase]:
    """An estimate over these questions."""
    left, found = 1.0, []
    draft = "word " * config.max_words
    problem = [Problem("wrong_answer", "the answer is not the right one")]
    requests = {
        "without the answer": (config.samples, [solve_request(question, 0, config) for question in questions]),
        "with the answer": (config.told_samples, [told_request(question, 0, names, config) for question in questions]),
        "repairs": (
            config.turns,
            [repair_request(question, draft, problem, "backtracking", 1, names, config) for question in questions],
        ),
    }
    for name, (times, asked) in requests.items():
        most = times * len(asked)
        expected = round(left * most)
        mean = sum(map(prompt_tokens, asked)) / len(asked) if asked else 0.0
        found.append(Phase(name, most, expected, round(expected * mean), expected * config.max_tokens))
        left *= 1 - config.assumed_pass
    return found
