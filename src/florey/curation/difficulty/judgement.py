"""What a judge says of a question, and the tier that follows where several judges speak."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Literal

from pydantic import Field

from florey.curation.funnel import Step
from florey.records import TIERS, Question, Record, Tier

Judge = Literal["student", "features", "rubric"]
JUDGES: tuple[Judge, ...] = ("student", "features", "rubric")
How = Literal["priority", "median", "hardest"]
LOST = ("unparsed", "several", "truncated", "failed")
"""What becomes of a trial that names no single option."""


class Judgement(Record):
    """One judge on one question. `tier` is None where it cannot say."""

    question_id: str
    judge: Judge
    tier: Tier | None
    score: float | None = None  # the judge's own measure: features' score, the student's pass rate above chance
    why: str = ""
    detail: dict[str, float] = Field(default_factory=dict)  # what the score is made of, by name


def combine(judgements: Sequence[Judgement], how: How, order: Sequence[Judge] = JUDGES) -> Tier | None:
    """The tier of one question; None where no judge can say.

    "priority": the first judge of `order` that has an opinion; "median": the middle one, of two the harder;
    "hardest": the hardest of all.

    >>> pairs = (("rubric", "easy"), ("student", "difficult"))
    >>> said = [Judgement(question_id="q", judge=judge, tier=tier) for judge, tier in pairs]
    >>> combine(said, "priority"), combine(said, "median"), combine(said, "priority", ("rubric",))
    ('difficult', 'difficult', 'easy')
    """
    said = {each.judge: each.tier for each in judgements if each.tier is not None}
    if not said:
        return None
    if how == "priority":
        return next((said[judge] for judge in order if judge in said), None)
    ranks = sorted(TIERS.index(tier) for tier in said.values())
    return TIERS[ranks[-1] if how == "hardest" else ranks[len(ranks) // 2]]


def assign(
    questions: Sequence[Question],
    judgements: Sequence[Judgement],
    how: How = "priority",
    order: Sequence[Judge] = JUDGES,
) -> Step:
    """The questions with the tier that the judges give them; None where none of them can say.

    Noticed are the questions of each tier, those that each judge could not judge ("no_tier_by_student"), and the
    student's trials that named no single option, by what became of them ("trials_truncated", …).
    """
    said = by_question(judgements)
    tiers = [combine(said.get(question.id, ()), how, order) for question in questions]
    kept = [question.model_copy(update={"tier": tier}) for question, tier in zip(questions, tiers, strict=True)]
    noticed: Counter[str] = Counter(tier or "untiered" for tier in tiers)
    for each in (each for question in questions for each in said.get(question.id, ())):
        noticed[f"no_tier_by_{each.judge}"] += each.tier is None
        for lost in LOST:
            noticed[f"trials_{lost}"] += int(each.detail.get(lost, 0))
    return Step(kept, noticed={name: count for name, count in sorted(noticed.items()) if count})


def by_question(judgements: Sequence[Judgement]) -> Mapping[str, list[Judgement]]:
    """Question id -> what was said of it."""
    found: dict[str, list[Judgement]] = {}
    for each in judgements:
        found.setdefault(each.question_id, []).append(each)
    return found
