"""What the models of a recipe would be asked and what it would cost, before anything is asked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from florey.curation.difficulty.rubric import rubric_requests
from florey.datasets.catalog import load
from florey.errors import BadInput
from florey.files import read_jsonl
from florey.inference.models import ModelConfig
from florey.inference.trials import TrialConfig, trial_requests
from florey.llm.accounting import cost, prompt_tokens
from florey.llm.requests import Request, Usage
from florey.pipeline.recipe import Recipe
from florey.records import Question
from florey.teaching.model_teacher.planning import phases

SAMPLED = 300  # requests whose tokens are counted; the others are taken to be like them
TYPICAL = Question(
    stem=" ".join(["findings"] * 45), options=("one option", "another", "a third", "a fourth"), gold=0, source="typical"
)
"""Stands for a question that is not made yet."""


@dataclass(frozen=True)
class ModelLine:
    """One purpose. Tokens and money are estimates; what the cache answers, and re-asks, are not counted."""

    purpose: str
    model: str
    requests: int  # expected
    at_most: int
    prompt_tokens: int
    completion_tokens: int  # at most, of the expected requests
    cost: float  # in the currency of the prices; 0 where none are given


def model_plan(recipe: Recipe, folder: Path) -> list[ModelLine]:
    """One line for each purpose. Questions that are there already are counted as they are."""
    certified = _certified(recipe, folder)
    public = list(_public(recipe))
    everything = [*public, *certified]
    curation, lines = recipe.curation, []
    if labels := curation.labels:
        asked = everything if labels.certified else public
        lines.append(_trials("label verification", recipe.models[labels.model], asked, labels.trials))
    if rubric := curation.judges.rubric:
        requests = rubric_requests(everything, rubric)
        lines.append(_line("difficulty by rubric", recipe.models[rubric.model], requests, len(everything), 1))
    if student := curation.judges.student:
        lines.append(_trials("the student's pass rate", recipe.models[student.model], everything, student.trials))
    if teaching := recipe.distill.model:
        pool = {"uncertified": public, "certified": certified, "all": everything}[teaching.teaches]
        model = recipe.models[teaching.model]
        for phase in phases(pool[: teaching.budget], {}, teaching):
            usage = Usage(phase.prompt_tokens, phase.completion_tokens)
            lines.append(
                ModelLine(
                    f"teaching, {phase.name}",
                    model.model,
                    phase.expected,
                    phase.at_most,
                    phase.prompt_tokens,
                    phase.completion_tokens,
                    cost(usage, model),
                )
            )
    return lines


def _certified(recipe: Recipe, folder: Path) -> list[Question]:
    made = folder / "questions" / "questions.jsonl"
    if made.is_file():
        return list(read_jsonl(made, Question))
    return [TYPICAL] * sum(recipe.synthesis.metapaths.values())


def _public(recipe: Recipe) -> Iterator[Question]:
    for name, source in sorted(recipe.sources.items()):
        try:
            yield from load(name, source).questions
        except BadInput:  # told under what is missing
            yield from [TYPICAL] * (source.limit or 0)


def _trials(purpose: str, model: ModelConfig, questions: Sequence[Question], config: TrialConfig) -> ModelLine:
    once = trial_requests(questions, config.model_copy(update={"trials": 1}))
    return _line(purpose, model, once, len(questions), config.trials)


def _line(purpose: str, model: ModelConfig, requests: Iterable[Request], count: int, times: int) -> ModelLine:
    seen = list(islice(requests, SAMPLED))
    mean = sum(map(prompt_tokens, seen)) / len(seen) if seen else 0.0
    written = seen[0].max_tokens if seen else 0
    usage = Usage(round(mean * count * times), written * count * times)
    return ModelLine(
        purpose,
        model.model,
        count * times,
        count * times,
        usage.prompt_tokens,
        usage.completion_tokens,
        cost(usage, model),
    )
