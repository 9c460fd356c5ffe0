"""The teacher's three phases: solve without the answer, be told it, repair what was refused.

1. Every question is attempted `samples` times without the answer. Traces that are right and pass the judge are found by
   the model itself.
2. Where answers came and none was right, the model is told the answer. Such traces are marked, counted and capped.
3. A trace that is refused, told or not, is sent back with what is wrong with it, up to `turns` times, as long as its
   question has fewer accepted traces, of strategies that differ, than are kept of it.

All answers come through the client's cache: a run that was killed asks nothing twice and ends in the same traces.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from florey import answer
from florey.llm.client import LlmClient, Outcome
from florey.llm.requests import Answer, Request
from florey.records import Question, Strategy, Trace, Verdict
from florey.teaching.model_teacher.asides import cites_facts, speaks_of_itself
from florey.teaching.model_teacher.attempt import Attempt, Kind, Taught
from florey.teaching.model_teacher.composing import composed
from florey.teaching.model_teacher.config import TeacherConfig
from florey.teaching.model_teacher.prompting import (
    evidence,
    prompts_version,
    repair_request,
    solve_request,
    told_request,
)
from florey.teaching.model_teacher.repairing import strategy_for
from florey.teaching.problem import Judge, Problem

Progress = Callable[[str, int, int], None]
"""(phase, done, of)"""


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
    await work.attempt(
        "without the answer",
        [
            _Task(question, solve_request(question, sample, config), "solve", sample)
            for question in questions
            for sample in range(config.samples)
        ],
    )
    trials = work.taught.trials()
    # a server that gave no answer at all is no failure of the model, and nobody's reason to be told
    failed = [question for question in questions if trials[question.id][0] == 0 < trials[question.id][1]]
    await work.attempt(
        "with the answer",
        [
            _Task(question, told_request(question, sample, names, config), "told", sample, gold_shown=True)
            for question in failed
            for sample in range(config.told_samples)
        ],
    )
    for turn in range(1, config.turns + 1):
        tasks = [task for question in questions if (task := work.repair(question, turn)) is not None]
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
    strategy: Strategy = "direct"
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
        self._accepted: dict[str, set[Strategy]] = defaultdict(set)
        self._last: dict[str, tuple[Attempt, list[Problem]]] = {}  # the attempt that a repair starts from
        self._tried: dict[str, list[Kind]] = defaultdict(list)
        self._spent: Counter[str] = Counter()  # tokens written in repairs, by question

    async def attempt(self, phase: str, tasks: Sequence[_Task]) -> None:
        """Asks for all tasks, judges what comes, in the order of the tasks."""
        done = 0

        def count(_: int, __: Outcome) -> None:
            nonlocal done
            done += 1
            if self.progress:
                self.progress(phase, done, len(tasks))

        outcomes = await self.client.ask_many((task.request for task in tasks), count)
        for task, outcome in zip(tasks, outcomes, strict=True):
            self._take(task, outcome)

    def repair(self, question: Question, turn: int) -> _Task | None:
        """The next turn for a question with too few accepted traces; None where there is nothing to start from, or its
        budget is spent."""
        enough = len(self._accepted[question.id]) >= self.config.per_question
        if enough or question.id not in self._last or self._spent[question.id] >= self.config.repair_tokens:
            return None
        before, problems = self._last[question.id]
        refinement = strategy_for(problems, self._tried[question.id])
        self._tried[question.id].append(refinement or "rewrite")
        request = repair_request(
            question, before.text, problems, refinement or "rewrite", turn, self.names, self.config
        )
        # a rewriting keeps the reasoning, and so the strategy, of what it rewrites
        strategy = refinement or before.strategy
        return _Task(question, request, refinement or "rewrite", 0, turn, strategy, gold_shown=True)

    def _take(self, task: _Task, outcome: Outcome) -> None:
        question = task.question
        text, tokens, verdict, whole = "", 0, None, None
        if isinstance(outcome, Answer):
            text, tokens = outcome.text, outcome.usage.completion_tokens
            verdict = answer.judge(text, question, finished=outcome.finish == "stop")
            whole = composed(text, question)
            problems = self._problems(task, whole, verdict)
        else:
            problems = [Problem("no_reply", outcome.kind)]
        attempt = Attempt(
            question_id=question.id,
            turn=task.turn,
            sample=task.sample,
            kind=task.kind,
            strategy=task.strategy,
            gold_shown=task.gold_shown,
            prompts=prompts_version(),
            tokens=tokens,
            verdict=verdict,
            text=text,
            problems=tuple(dict.fromkeys(problem.reason for problem in problems)),
            details=tuple(problem.in_words for problem in problems),
        )
        self.taught.attempts.append(attempt)
        if task.turn:
            self._spent[question.id] += tokens
        if whole is not None and not problems:
            self._accepted[question.id].add(task.strategy)
            self.taught.traces.append(self._trace(attempt, whole))
        elif text:
            self._keep(attempt, problems)

    def _problems(self, task: _Task, whole: str | None, verdict: Verdict) -> list[Problem]:
        if whole is None:
            return [Problem(verdict.value)]
        problems = list(self.judge(task.question, whole))
        if words := speaks_of_itself(whole):
            problems.append(Problem("not_one_thought", repr(words)))
        if task.gold_shown and evidence(task.question, self.names, self.config) and (words := cites_facts(whole)):
            problems.append(Problem("cites_facts", repr(words)))
        return problems

    def _keep(self, attempt: Attempt, problems: list[Problem]) -> None:
        """The best start of a repair: a right answer before a wrong one, few problems before many, the latest."""

        def rank(each: Attempt, found: list[Problem]) -> tuple[bool, int]:
            return each.verdict is not Verdict.CORRECT, len(found)

        before = self._last.get(attempt.question_id)
        if before is None or rank(attempt, problems) <= rank(*before):
            self._last[attempt.question_id] = (attempt, problems)

    def _trace(self, attempt: Attempt, text: str) -> Trace:
        return Trace(
            question_id=attempt.question_id,
            strategy=attempt.strategy,
            text=text,
            teacher=self.client.settings.model,
            gold_shown=attempt.gold_shown,
            prompts=attempt.prompts,
        ).identified()
