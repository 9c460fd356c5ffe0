"""All arithmetic that a thought states, recomputed."""

from __future__ import annotations

from collections.abc import Iterator

from florey.records import Question, Record
from florey.teaching.problem import Problem
from florey.teaching.signals.arithmetic.conversions import conversions
from florey.teaching.signals.arithmetic.dosing import doses, infusions
from florey.teaching.signals.arithmetic.due_dates import due_dates
from florey.teaching.signals.arithmetic.equations import equations
from florey.teaching.signals.arithmetic.expressions import plain
from florey.teaching.signals.arithmetic.named import named_results
from florey.teaching.signals.arithmetic.statement import Statement


class Recomputed(Record):
    """How many statements were found, and those that are wrong. What is unclear counts for nothing."""

    right: int
    wrong: int
    unclear: int
    taken_back: int  # wrong ones whose like a later statement gives rightly
    faults: tuple[Statement, ...]

    def problems(self) -> Iterator[Problem]:
        return (Problem(fault.kind, fault.detail) for fault in self.faults)


def recompute(question: Question, thought: str) -> Recomputed:
    found = sorted(statements(question, thought), key=lambda each: (each.start, each.end))
    mended = {each.key: each.start for each in found if each.outcome == "right"}
    wrong = [each for each in found if each.outcome == "wrong"]
    faults = tuple(each for each in wrong if mended.get(each.key, -1) <= each.start)
    return Recomputed(
        right=sum(each.outcome == "right" for each in found),
        wrong=len(faults),
        unclear=sum(each.outcome == "unclear" for each in found),
        taken_back=len(wrong) - len(faults),
        faults=faults,
    )


def statements(question: Question, thought: str) -> list[Statement]:
    """In no order. `question` is where inputs of a formula may be given; its own errors are not the trace's."""
    text, asked = plain(thought), plain(f"{question.context or ''}\n{question.stem}")
    stated = [
        *equations(text),
        *conversions(text),
        *doses(asked, text),
        *infusions(text),
        *due_dates(asked, text),
        *named_results(asked, text),
    ]
    found: list[Statement] = []
    for each in stated:
        if each.outcome == "wrong" and text[each.start : each.end] in asked:
            continue
        # a result by its name may end an equation: where that is wrong, it is one fault
        if not any(other.outcome == "wrong" and _meet(each, other) for other in found):
            found.append(each)
    return found


def _meet(one: Statement, other: Statement) -> bool:
    return one.start < other.end and other.start < one.end
