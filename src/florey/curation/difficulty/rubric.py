"""The rubric judge: a language model that is given the paper's definitions (section 3.1, filter 5)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cache
from importlib import resources
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from florey.answer import show
from florey.curation.difficulty.judgement import Judgement
from florey.files import digest
from florey.llm.client import LlmClient, Outcome
from florey.llm.requests import Answer, Message, Request
from florey.records import TIERS, Question

Progress = Callable[[int, int], None]
LANGUAGES = ("en", "zh")
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"why": {"type": "string"}, "tier": {"enum": list(TIERS)}},
    "required": ["why", "tier"],
    "additionalProperties": False,
}


class RubricConfig(BaseModel):
    """How the rubric is asked for."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: str = Field(min_length=1, description="which of the recipe's models")
    show_gold: bool = Field(False, description="tell the judge which option is right")
    max_tokens: int = Field(160, ge=16, description="more for a model that thinks before it answers")


@cache
def prompt(language: str) -> str:
    """The instruction; English for a language that has none of its own."""
    name = f"rubric.{language if language in LANGUAGES else 'en'}.md"
    return resources.files("florey.curation.difficulty").joinpath("prompts", name).read_text(encoding="utf-8")


def prompts_version() -> str:
    """Content hash of the instructions."""
    return digest([prompt(language) for language in LANGUAGES])


def rubric_requests(questions: Sequence[Question], config: RubricConfig) -> Iterator[Request]:
    """One for each question."""
    for question in questions:
        asked = show(question) + (f"\n\n[{question.letter}]" if config.show_gold else "")
        messages = (
            Message(role="system", content=prompt(question.language)),
            Message(role="user", content=asked),
        )
        yield Request(messages, schema=SCHEMA, max_tokens=config.max_tokens)


async def judge_by_rubric(
    client: LlmClient, questions: Sequence[Question], config: RubricConfig, progress: Progress | None = None
) -> list[Judgement]:
    """One judgement for each question; without a tier where no answer held to the schema."""
    done = 0

    def count(_: int, __: Outcome) -> None:
        nonlocal done
        done += 1
        if progress:
            progress(done, len(questions))

    outcomes = await client.ask_many(rubric_requests(questions, config), count)
    return [_read(question, outcome) for question, outcome in zip(questions, outcomes, strict=True)]


def _read(question: Question, outcome: Outcome) -> Judgement:
    if not isinstance(outcome, Answer):
        return Judgement(question_id=question.id, judge="rubric", tier=None, why=f"no answer: {outcome.kind}")
    assert outcome.parsed is not None  # it holds to the schema
    return Judgement(
        question_id=question.id, judge="rubric", tier=outcome.parsed["tier"], why=str(outcome.parsed["why"])
    )
