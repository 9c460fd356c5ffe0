"""The student as its own judge: how often it answers right, above what guessing among the options would give.

A question with four options is answered right by a quarter of all guesses; with two, by half. So the pass rate p is
corrected for chance, (p - 1/n) / (1 - 1/n) for n options, before it is compared with the borders of the tiers.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from florey.curation.difficulty.judgement import LOST, Judgement
from florey.inference.trials import TrialConfig
from florey.intervals import wilson
from florey.records import Question, Tier, Trial, Verdict


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
    """One judgement for each question. A student that mostly does not name one option says nothing of the question.

    The score is the pass rate above chance, as it is; the detail has it clipped at 0, its Wilson interval (`lo`, `hi`,
    95%, over the trials that name one option), and how many trials did not name one, by what became of them.
    """
    return [_judged(question, trials.get(question.id, ()), config) for question in questions]


def _judged(question: Question, trials: Sequence[Trial], config: StudentConfig) -> Judgement:
    became = Counter("failed" if trial.verdict is None else trial.verdict.value for trial in trials)
    right = became[Verdict.CORRECT.value]
    parsed = right + became[Verdict.WRONG.value]
    counts: dict[str, float] = {"right": right, "parsed": parsed, **{name: became[name] for name in LOST}}
    if not parsed or parsed < config.min_parsed * len(trials):
        why = f"{parsed} of {len(trials)} trials name one option"
        return Judgement(question_id=question.id, judge="student", tier=None, why=why, detail=counts)
    options = len(question.options)
    value = above_chance(right / parsed, options)
    lo, hi = (above_chance(bound, options) for bound in wilson(right, parsed))
    tier: Tier = "moderate"
    if value >= config.easy_from:
        tier = "easy"
    elif value < config.difficult_below:
        tier = "difficult"
    why = f"{right} of {parsed} right, {len(trials) - parsed} name no single option"
    above = {"clipped": max(0.0, value), "lo": lo, "hi": hi}
    return Judgement(
        question_id=question.id,
        judge="student",
        tier=tier,
        score=round(value, 6),
        why=why,
        detail=counts | {name: round(bound, 6) for name, bound in above.items()},
    )
