"""What a judge says of a question, and the tier that follows where several judges speak."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from florey.records import TIERS, Record, Tier

Judge = Literal["student", "features", "rubric"]
JUDGES: tuple[Judge, ...] = ("student", "features", "rubric")
How = Literal["priority", "median", "hardest"]


class Judgement(Record):
    """One judge on one question. `tier` is None where it cannot say."""

    question_id: str
    judge: Judge
    tier: Tier | None
    score: float | None = None  # the judge's own measure: features' score, the student's pass rate above chance
    why: str = ""


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


def by_question(judgements: Sequence[Judgement]) -> Mapping[str, list[Judgement]]:
    """Question id -> what was said of it."""
    found: dict[str, list[Judgement]] = {}
    for each in judgements:
        found.setdefault(each.question_id, []).append(each)
    return found
