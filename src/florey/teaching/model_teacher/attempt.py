"""What a teacher wrote: every attempt with what the judge found, and the numbers over them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from florey.clustered import Mean, share
from florey.records import Question, Record, Strategy, Trace, Verdict
from florey.teaching.model_teacher.passes import pass_at
from florey.teaching.model_teacher.repairing import Refinement

Kind = Literal["solve", "told", "rewrite"] | Refinement
_COLUMNS: dict[Verdict, str] = {Verdict.CORRECT: "right"}
_COUNTED = ("asked", "answered", *(_COLUMNS.get(verdict, verdict.value) for verdict in Verdict), "accepted")


class Attempt(Record):
    """One thing that the model wrote for one question, and what the judge found."""

    question_id: str
    turn: int  # 0: solved or told; 1, 2, …: repairs
    sample: int
    kind: Kind
    strategy: Strategy  # of the trace that it is, if it is accepted
    gold_shown: bool
    prompts: str  # version of the prompts that asked for it
    tokens: int  # that the model wrote, as its server counted them
    verdict: Verdict | None  # None: no answer came
    text: str  # as written
    problems: tuple[str, ...]  # reasons; none where it was accepted
    details: tuple[str, ...] = ()


@dataclass
class Taught:
    """`traces`: all accepted ones, in the order of the questions. Nothing is selected or capped yet."""

    traces: list[Trace] = field(default_factory=list)
    attempts: list[Attempt] = field(default_factory=list)

    def reasons(self) -> dict[str, int]:
        """Number of attempts refused, by reason (an attempt may have several)."""
        return dict(sorted(Counter(reason for each in self.attempts for reason in each.problems).items()))

    def yields(self) -> dict[str, dict[str, int]]:
        """By kind: attempts made, answers that came, these by verdict, traces accepted."""
        found: dict[str, Counter[str]] = {}
        for each in self.attempts:
            row = found.setdefault(each.kind, Counter(dict.fromkeys(_COUNTED, 0)))
            row["asked"] += 1
            row["answered"] += each.verdict is not None
            row["accepted"] += not each.problems
            if each.verdict is not None:
                row[_COLUMNS.get(each.verdict, each.verdict.value)] += 1
        return {kind: dict(found[kind]) for kind in sorted(found)}

    def trials(self) -> dict[str, tuple[int, int]]:
        """Question id -> of the attempts without the answer, those right and those that any answer came to."""
        found: dict[str, tuple[int, int]] = {}
        for each in self.attempts:
            if each.kind == "solve":
                right, came = found.get(each.question_id, (0, 0))
                is_right, is_answer = each.verdict is Verdict.CORRECT, each.verdict is not None
                found[each.question_id] = (right + is_right, came + is_answer)
        return found

    def passes(self, questions: Mapping[str, Question], samples: int) -> dict[str, Mean]:
        """pass@1 and pass@`samples` without the answer, with intervals clustered by answer.

        A request that failed says nothing about the model: pass@k is over the questions with at least k answers.
        """
        result: dict[str, Mean] = {}
        for k in sorted({1, samples}):
            enough = {each: counts for each, counts in self.trials().items() if counts[1] >= k}
            if enough:
                values = [pass_at(k, *counts) for counts in enough.values()]
                result[f"pass@{k}"] = share(values, [questions[each].answer_id for each in enough])
        return result
