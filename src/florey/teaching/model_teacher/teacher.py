"""The teacher's three phases: solve without the answer, be told it, repair what was refused.

1. Every question is attempted `samples` times without the answer. Traces that are right and pass the judge are found by
   the model itself, and nothing else is asked of it.
2. Where no attempt was right, the model is told the answer. Such traces are marked, counted and capped.
3. A trace that is refused, told or not, is sent back with what is wrong with it, up to `turns` times.

All answers come through the client's cache: a run that was killed asks nothing twice and ends in the same traces.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from florey import answer
from florey.llm.client import LlmClient, Outcome
from florey.llm.requests import Answer, Request
from florey.records import Question, Record, Strategy, Trace, Verdict
from florey.teaching.model_teacher.composing import composed, speaks_of_itself
from florey.teaching.model_teacher.config import TeacherConfig
from florey.teaching.model_teacher.prompting import (
    prompts_version,
    repair_request,
    solve_request,
    told_request,
)
from florey.teaching.model_teacher.repairing import ORDER, Refinement, strategy_for
from florey.teaching.problem import Judge, Problem

Kind = Literal["solve", "told", "rewrite"] | Refinement
_STRATEGIES: dict[Kind, Strategy] = {refinement: refinement for refinement in ORDER}
Progress = Callable[[str, int, int], None]
"""(phase, done, of)"""


class Attempt(Record):
    """One thing that the model wrote for one question, and what the judge found."""

    question_id: str
    turn: int  # 0: solved or told; 1, 2, …: repairs
    sample: int
    kind: Kind
    gold_shown: bool
    verdict: Verdict | None  # None: no answer came
    text: str  # as written
    problems: tuple[str, ...]  # reasons; none where it was accepted
    details: tuple[str, ...] = ()


@dataclass
class Taught:
    """`traces`: all accepted ones, in the order of the questions. Nothing is selected or capped yet."""

    traces: list[Trace] = field(default_factory=list)
    attempts: list[Attempt] = field(default_factory=list)
    right: dict[str, int] = field(default_factory=dict)  # question id -> attempts without the answer that were right

    def reasons(self) -> dict[str, int]:
        """Number of attempts refused, by reason (an attempt may have several)."""
        return dict(sorted(Counter(reason for each in self.attempts for reason in each.problems).items()))

    def yields(self) -> dict[str, dict[str, int]]:
        """By kind: attempts made, answers that came, those right, those accepted."""
        found: dict[str, Counter[str]] = {}
        for each in self.attempts:
            row = found.setdefault(each.kind, Counter(asked=0, answered=0, right=0, accepted=0))
            row["asked"] += 1
            row["answered"] += each.verdict is not None
            row["right"] += each.verdict is Verdict.CORRECT
            row["accepted"] += not each.problems
        return {kind: dict(found[kind]) for kind in sorted(found)}


async def teach(
    client: LlmClient,
    questions: Sequence[Question],
    config: TeacherConfig,
    judge: Judge,
    names: Mapping[str, str],
    progress: Progress | None = None,
) -> Taught:
    """`judge`: all problems of a completion; `names`: node id -> name, for certified questions.

    BadInput where the server cannot be asked at all; requests that fail are attempts without a verdict.
    """
    work = _Work(client, config, judge, names, progress)
    solved = await work.attempt(
        "without the answer",
        [
            _Task(question, solve_request(question, sample, config), "solve", sample)
            for question in questions
            for sample in range(config.samples)
        ],
    )
    for each in solved:
        work.taught.right[each.question_id] = work.taught.right.get(each.question_id, 0) + (
            each.verdict is Verdict.CORRECT
        )
    open_ = [question for question in questions if question.id not in work.accepted]
    unsolved = [question for question in open_ if not work.taught.right[question.id]]
    await work.attempt(
        "with the answer",
        [
            _Task(question, told_request(question, sample, names, config), "told", sample, gold_shown=True)
            for question in unsolved
            for sample in range(config.told_samples)
        ],
    )
    for turn in range(1, config.turns + 1):
        tasks = [task for question in open_ if (task := work.repair(question, turn)) is not None]
        await work.attempt(f"repair {turn}", tasks)
    place = {question.id: number for number, question in enumerate(questions)}
    work.taught.traces.sort(key=lambda trace: (place[trace.question_id], trace.gold_shown, len(trace.text), trace.id))
    return work.taught


@dataclass(frozen=True)
class _Task:
    question: Question
    request: Request
    kind: Kind
    sample: int
    turn: int = 0
    gold_shown: bool = False


class _Work:
    """What has been asked and accepted so far."""

    def __init__(
        self,
        client: LlmClient,
        config: TeacherConfig,
        judge: Judge,
        names: Mapping[str, str],
        progress: Progress | None,
    ) -> None:
        self.client, self.config, self.judge, self.names, self.progress = client, config, judge, names, progress
        self.taught = Taught()
        self.accepted: set[str] = set()
        self._last: dict[str, tuple[Attempt, list[Problem]]] = {}  # the attempt that a repair starts from
        self._tried: dict[str, list[str]] = {}

    async def attempt(self, phase: str, tasks: Sequence[_Task]) -> list[Attempt]:
        """Asks for all tasks, judges what comes, in the order of the tasks."""
        done = 0

        def count(_: int, __: Outcome) -> None:
            nonlocal done
            done += 1
            if self.progress:
                self.progress(phase, done, len(tasks))

        outcomes = await self.client.ask_many((task.request for task in tasks), count)
        return [self._judged(task, outcome) for task, outcome in zip(tasks, outcomes, strict=True)]

    def repair(self, question: Question, turn: int) -> _Task | None:
        """The next turn for a question without an accepted trace; None where there is nothing to start from."""
        if question.id in self.accepted or question.id not in self._last:
            return None
        before, problems = self._last[question.id]
        tried = self._tried.setdefault(question.id, [])
        kind: Kind = strategy_for(problems, tried) or "rewrite"
        tried.append(kind)
        request = repair_request(question, before.text, problems, kind, turn, self.names, self.config)
        return _Task(question, request, kind, 0, turn, gold_shown=True)

    def _judged(self, task: _Task, outcome: Outcome) -> Attempt:
        question = task.question
        text = outcome.text if isinstance(outcome, Answer) else ""
        verdict, problems, whole = None, [Problem("no_reply", str(getattr(outcome, "kind", "")))], None
        if isinstance(outcome, Answer):
            verdict = answer.judge(text, question, finished=outcome.finish == "stop")
            whole = composed(text, question)
            problems = self._problems(task, whole, verdict)
        attempt = Attempt(
            question_id=question.id,
            turn=task.turn,
            sample=task.sample,
            kind=task.kind,
            gold_shown=task.gold_shown,
            verdict=verdict,
            text=text,
            problems=tuple(dict.fromkeys(problem.reason for problem in problems)),
            details=tuple(problem.in_words for problem in problems),
        )
        self.taught.attempts.append(attempt)
        if whole is not None and not problems:
            self.accepted.add(question.id)
            self.taught.traces.append(self._trace(task, whole))
        elif text:
            self._keep(attempt, problems)
        return attempt

    def _problems(self, task: _Task, whole: str | None, verdict: Verdict) -> list[Problem]:
        if whole is None:
            return [
                Problem(
                    str(verdict.value), f"the answer is {verdict.value}: one letter inside <answer></answer> is needed"
                )
            ]
        problems = self.judge(task.question, whole)
        if words := speaks_of_itself(whole):
            problems.append(Problem("not_one_thought", f"it speaks of itself ({words!r})"))
        return problems

    def _keep(self, attempt: Attempt, problems: list[Problem]) -> None:
        """The best start of a repair: a right answer before a wrong one, few problems before many, the latest."""

        def rank(each: Attempt, found: list[Problem]) -> tuple[bool, int]:
            return each.verdict is not Verdict.CORRECT, len(found)

        before = self._last.get(attempt.question_id)
        if before is None or rank(attempt, problems) <= rank(*before):
            self._last[attempt.question_id] = (attempt, problems)

    def _trace(self, task: _Task, text: str) -> Trace:
        return Trace(
            question_id=task.question.id,
            strategy=_STRATEGIES.get(task.kind, "direct"),
            text=text,
            teacher=self.client.settings.model,
            gold_shown=task.gold_shown,
            prompts=prompts_version(),
        ).identified()
