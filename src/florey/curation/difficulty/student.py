"""The student as its own judge: how often it answers right, above what guessing among the options would give.

A question with four options is answered right by a quarter of all guesses; with two, by half. So the pass rate p is
corrected for chance, (p - 1/n) / (1 - 1/n) for n options, before it is compared with the borders of the tiers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from florey.curation.difficulty.judgement import Judgement
from florey.inference.trials import TrialConfig
from florey.intervals import wilson
from florey.records import Question, Tier, Trial, Verdict

PARSED = (Verdict.CORRECT, Verdict.WRONG)


class StudentConfig(BaseModel):
    """Which model is the student, how often it is asked, and the borders of the tiers."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: str = Field(min_length=1, description="which of the recipe's models")
    trials: TrialConfig = TrialConfig(trials=8)
    easy_from: float = Field(0.7, le=1, description="pass rate above chance from which a question is easy")
    difficult_below: float = Field(0.3, description="… and below which it is difficult")
    min_parsed: float = Field(
        0.5, gt=0, le=1, description="share of the trials that must name one option; with fewer the student has no tier"
    )

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.difficult_below > self.easy_from:
            raise ValueError(f"difficult_below ({self.difficult_below}) must not exceed easy_from ({self.easy_from})")
        return self


def above_chance(share: float, options: int) -> float:
    """0 for guessing, 1 for always right; negative where it is worse than guessing.

    >>> above_chance(0.25, 4), above_chance(1, 4), above_chance(0.625, 4)
    (0.0, 1.0, 0.5)
    """
    return (share - 1 / options) / (1 - 1 / options)


def judge_by_student(
    questions: Sequence[Question], trials: Mapping[str, Sequence[Trial]], config: StudentConfig
) -> list[Judgement]:
    """One judgement for each question. A student that mostly does not name one option says nothing of the question."""
    return [_judged(question, trials.get(question.id, ()), config) for question in questions]


def _judged(question: Question, trials: Sequence[Trial], config: StudentConfig) -> Judgement:
    parsed = [trial for trial in trials if trial.verdict in PARSED]
    if not trials or len(parsed) < config.min_parsed * len(trials):
        why = f"{len(parsed)} of {len(trials)} trials name one option"
        return Judgement(question_id=question.id, judge="student", tier=None, why=why)
    right = sum(trial.verdict is Verdict.CORRECT for trial in parsed)
    options = len(question.options)
    value = above_chance(right / len(parsed), options)
    lo, hi = (above_chance(bound, options) for bound in wilson(right, len(parsed)))
    tier: Tier = "moderate"
    if value >= config.easy_from:
        tier = "easy"
    elif value < config.difficult_below:
        tier = "difficult"
    lost = len(trials) - len(parsed)
    why = f"{right} of {len(parsed)} right, {lost} not parsed; above chance {value:.2f} [{lo:.2f}, {hi:.2f}]"
    return Judgement(question_id=question.id, judge="student", tier=tier, score=round(value, 6), why=why)
