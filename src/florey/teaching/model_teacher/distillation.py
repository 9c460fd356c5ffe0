"""Distillation by a language model: which questions it is asked, what of it is trained on, and all of it in numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import Field

from florey.files import digest
from florey.llm.client import LlmClient
from florey.records import Question, Tier
from florey.teaching.claims.score import process_score, summarise
from florey.teaching.coverage import uncovered
from florey.teaching.model_teacher.attempt import Attempt, Taught
from florey.teaching.model_teacher.config import TeacherConfig
from florey.teaching.model_teacher.prompting import prompts_version
from florey.teaching.model_teacher.teacher import Progress, teach
from florey.teaching.problem import Problem
from florey.teaching.selection import Selected, select
from florey.teaching.signals.check import judge as judge_by
from florey.teaching.signals.config import SignalConfig


class ModelTeaching(TeacherConfig):
    """A language model beside the graph teacher."""

    model: str = Field(min_length=1, description="which of the recipe's models")
    teaches: Literal["uncertified", "certified", "all"] = Field(
        "uncertified", description="which training questions; the graph teacher writes for the certified ones alone"
    )
    budget: int = Field(500, ge=1, description="questions that it is asked")
    signals: SignalConfig = SignalConfig()


@dataclass(frozen=True)
class ModelDistilled:
    """`selected.traces` are trained on; `attempts` is everything that the model wrote."""

    selected: Selected
    attempts: list[Attempt]
    summary: dict[str, Any]


def chosen(questions: Iterable[Question], config: ModelTeaching, tiers: Sequence[Tier]) -> list[Question]:
    """The questions that the model is asked, in an order drawn from the seed; a larger budget adds to them.

    Only questions to train on, of the tiers named or of none.
    """
    wanted = {"uncertified": (False,), "certified": (True,), "all": (False, True)}[config.teaches]
    pool = [
        question
        for question in questions
        if question.split in ("train", None)
        and (question.tier is None or question.tier in tiers)
        and (question.certificate is not None) in wanted
    ]
    return sorted(pool, key=lambda question: (digest([config.seed, question.id]), question.id))[: config.budget]


async def distill_by_model(
    client: LlmClient,
    questions: Sequence[Question],
    config: ModelTeaching,
    names: Mapping[str, str],
    progress: Progress | None = None,
) -> ModelDistilled:
    """Teaches, judges by verifiable signals and by what is considered, selects. `names`: node id -> name."""
    signals = judge_by(config.signals, names)

    def judge(question: Question, text: str) -> list[Problem]:
        return [*signals(question, text), *uncovered(question, text, names)]

    taught = await teach(client, questions, config, judge, names, progress)
    selected = select(
        questions,
        taught.traces,
        per_question=config.per_question,
        max_told_share=config.max_told_share,
        seed=config.seed,
    )
    return ModelDistilled(selected, taught.attempts, _summary(questions, taught, selected, config, names))


def _summary(
    questions: Sequence[Question],
    taught: Taught,
    selected: Selected,
    config: ModelTeaching,
    names: Mapping[str, str],
) -> dict[str, Any]:
    """JSON-able; no times and no money."""
    of = {question.id: question for question in questions}
    scores = [
        (of[trace.question_id], process_score(of[trace.question_id], trace.text, names)) for trace in selected.traces
    ]
    return {
        "questions": len(questions),
        "prompts": prompts_version(),
        "passes": {name: found.model_dump() for name, found in taught.passes(of, config.samples).items()},
        "yields": taught.yields(),
        "refused": taught.reasons(),
        "accepted": len(taught.traces),
        "left": dict(sorted(Counter(reason for _, reason in selected.left).items())),
        "kept": len(selected.traces),
        "told": sum(trace.gold_shown for trace in selected.traces),
        "strategies": dict(sorted(Counter[str](trace.strategy for trace in selected.traces).items())),
        "process": summarise(scores).model_dump(mode="json"),
    }
