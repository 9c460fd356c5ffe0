"""Three tiers of difficulty from the graph (paper, 3.1, filter 5, where a language model annotates them).

The score is a weighted sum. By default conditions (1 each) and options (2 each) decide: every option is to be held
against every condition, so they set the length of the reasoning. A hop beyond the first counts half a
condition. Rarity and overlap, both in 0..1, together weigh less than the smallest of these steps, so they order the
questions inside a tier and never move one across its border. With the default borders, for one hop:

    conditions x options   2x3 3x3 | 2x4 3x4 4x3 | 4x4 2x5 …
    tier                   easy    | moderate    | difficult
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from florey.curation.difficulty.judgement import Judgement
from florey.records import Difficulty, Question, Tier


class DifficultyConfig(BaseModel):
    """Weights of the features and borders of the tiers; `score < easy_below` is easy."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    weight_conditions: float = Field(1.0, ge=0, description="for each condition (finding) of the stem")
    weight_options: float = Field(2.0, ge=0, description="for each option")
    weight_hops: float = Field(0.5, ge=0, description="for each hop beyond the first")
    weight_rarity: float = Field(0.2, ge=0, description="times the answer's rarity, 0..1")
    weight_overlap: float = Field(0.2, ge=0, description="times the distractors' mean overlap, 0..1")
    easy_below: float = 10.0
    difficult_from: float = 12.0

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.easy_below > self.difficult_from:
            raise ValueError(f"easy_below ({self.easy_below}) must not exceed difficult_from ({self.difficult_from})")
        return self


def score(difficulty: Difficulty, config: DifficultyConfig) -> float:
    """The weighted sum, rounded to six digits so that a border is met exactly."""
    return round(
        config.weight_conditions * difficulty.conditions
        + config.weight_options * difficulty.options
        + config.weight_hops * (difficulty.hops - 1)
        + config.weight_rarity * difficulty.rarity
        + config.weight_overlap * difficulty.overlap,
        6,
    )


def tier(difficulty: Difficulty, config: DifficultyConfig) -> Tier:
    """The tier of the features; a `score` already in `difficulty` is not looked at."""
    value = score(difficulty, config)
    if value < config.easy_below:
        return "easy"
    return "difficult" if value >= config.difficult_from else "moderate"


def tiered(question: Question, config: DifficultyConfig) -> Question:
    """The question with score and tier; unchanged where it has no graph features."""
    if question.difficulty is None:
        return question
    scored = question.difficulty.model_copy(update={"score": score(question.difficulty, config)})
    return question.model_copy(update={"difficulty": scored, "tier": tier(scored, config)})


def judge_by_features(questions: Sequence[Question], config: DifficultyConfig) -> list[Judgement]:
    """One judgement for each question; without a tier where it comes from no graph."""
    return [_judged(question, config) for question in questions]


def _judged(question: Question, config: DifficultyConfig) -> Judgement:
    features = question.difficulty
    if features is None:
        return Judgement(question_id=question.id, judge="features", tier=None, why="no features of a graph")
    return Judgement(
        question_id=question.id,
        judge="features",
        tier=tier(features, config),
        score=score(features, config),
        detail=features.model_dump(exclude={"score"}),
    )
