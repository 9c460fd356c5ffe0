"""From predictions to verdicts, and from verdicts to one stage's score. Only `florey.answer.judge` reads text."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

import numpy as np
from pydantic import field_validator

from florey.answer import judge
from florey.errors import BadInput
from florey.evaluation.statistics import Method, cluster_interval
from florey.records import TIERS, Prediction, Question, Record, Tier, Verdict

RAREST = 0.75
"""The rarest quartile: items whose answer's rarity is at or above this quantile over the evaluated items."""


class Scored(Record):
    """One prediction's verdict, with what is needed to group and cluster it."""

    question_id: str
    answer_id: str  # the cluster
    verdict: Verdict
    options: int
    conditions: int | None = None  # None: not a synthetic question
    tier: Tier | None = None
    metapath: str | None = None
    rarity: float | None = None  # of the answer, 0 common .. 1 rare
    tokens: int = 0

    @property
    def parsed(self) -> bool:
        """Whether the completion named exactly one option."""
        return self.verdict in (Verdict.CORRECT, Verdict.WRONG)

    @property
    def correct(self) -> bool:
        return self.verdict is Verdict.CORRECT

    @property
    def shape(self) -> str | None:
        """Findings (conditions) x options, e.g. ``"4x5"``."""
        return None if self.conditions is None else f"{self.conditions}x{self.options}"


class Cell(Record):
    """A share of correct answers with its 95% interval, clustered by answer."""

    n: int
    clusters: int
    accuracy: float
    lo: float
    hi: float
    interval: Method  # "wilson": too few clusters or no variance to resample


class StageScore(Cell):
    """One checkpoint on one set of questions; accuracy is over ALL items, whatever the verdict."""

    chance: float  # accuracy to expect of a uniform guess
    tokens: float  # mean length of a generation
    verdicts: dict[Verdict, int]  # all five, zeros included
    parsed: Cell  # "accuracy" here is the share of completions that name exactly one option
    given_parsed: Cell | None  # accuracy among those; None if there are none
    tiers: dict[str, Cell]
    metapaths: dict[str, Cell]
    shapes: dict[str, Cell]
    rarest: Cell | None  # None where no question has a rarity

    @field_validator("tiers")
    @classmethod
    def _in_order(cls, tiers: dict[str, Cell]) -> dict[str, Cell]:
        """Tiers in their own order, also when read back from a file with sorted keys."""
        return {tier: tiers[tier] for tier in sorted(tiers, key=lambda tier: (*TIERS, tier).index(tier))}

    @property
    def parsed_rate(self) -> float:
        return self.parsed.accuracy

    @property
    def accuracy_given_parsed(self) -> float | None:
        return self.given_parsed.accuracy if self.given_parsed else None


def _named(ids: Iterable[str]) -> str:
    """The first few of the ids that went wrong, for a message."""
    listed = sorted(ids)
    return ", ".join(listed[:3]) + (f" and {len(listed) - 3} more" if len(listed) > 3 else "")


def score(questions: Iterable[Question], predictions: Iterable[Prediction], *, prefilled: bool = False) -> list[Scored]:
    """One verdict a question, in the questions' order.

    `prefilled`: the prompts ended in ``<think>`` (see `florey.answer.parse`). Raises BadInput unless every question
    has exactly one prediction, all of them by one model, and no prediction is of a question not given.
    """
    questions, predictions = list(questions), list(predictions)
    if not questions:
        raise BadInput("evaluation: no questions; expected at least one")
    by_id = {prediction.question_id: prediction for prediction in predictions}
    wanted = {question.id for question in questions}
    problems = {
        "questions given twice": [q for q, times in Counter(q.id for q in questions).items() if times > 1],
        "more than one prediction": [q for q, t in Counter(p.question_id for p in predictions).items() if t > 1],
        "no prediction": wanted - by_id.keys(),
        "predictions of questions not in the set": by_id.keys() - wanted,
    }
    for problem, ids in problems.items():
        if ids:
            raise BadInput(f"evaluation: expected one prediction per question; {problem}: {_named(ids)}")
    if len(models := {prediction.model for prediction in predictions}) > 1:
        raise BadInput(f"evaluation: expected the predictions of one model, got those of {_named(models)}")
    return [_scored(question, by_id[question.id], prefilled) for question in questions]


def _scored(question: Question, prediction: Prediction, prefilled: bool) -> Scored:
    return Scored(
        question_id=question.id,
        answer_id=question.answer_id,
        verdict=judge(prediction.text, question, finished=prediction.finished, prefilled=prefilled),
        options=len(question.options),
        conditions=len(question.conditions) or None,
        tier=question.tier,
        metapath=question.metapath,
        rarity=question.difficulty.rarity if question.difficulty else None,
        tokens=prediction.tokens,
    )


def cell(items: Sequence[Scored], *, seed: int, share: str = "correct") -> Cell:
    """Share of `items` (at least one) whose property `share` ("correct" or "parsed") holds."""
    found = cluster_interval([float(getattr(i, share)) for i in items], [i.answer_id for i in items], seed=seed)
    return Cell(
        n=found.n, clusters=found.clusters, accuracy=found.value, lo=found.lo, hi=found.hi, interval=found.method
    )


def _cells(items: Sequence[Scored], group: str, seed: int) -> dict[str, Cell]:
    """A cell per value of the property `group`; items without one are left out. Tiers stand in their own order."""
    members: dict[str, list[Scored]] = defaultdict(list)
    for item in items:
        if (value := getattr(item, group)) is not None:
            members[value].append(item)
    order = [tier for tier in TIERS if tier in members] if group == "tier" else sorted(members)
    return {value: cell(members[value], seed=seed) for value in order}


def rarest(items: Sequence[Scored]) -> list[Scored]:
    """The items at or above the `RAREST` quantile of rarity over those that have one (ties included)."""
    rarities = [item.rarity for item in items if item.rarity is not None]
    if not rarities:
        return []
    # "higher" keeps the threshold one of the values, so that rounding cannot exclude the item that sets it
    threshold = float(np.quantile(rarities, RAREST, method="higher"))
    return [item for item in items if item.rarity is not None and item.rarity >= threshold]


def summarise(items: Sequence[Scored], *, seed: int) -> StageScore:
    """The score of one stage. `seed` drives the bootstrap alone. Raises BadInput on an empty list."""
    if not items:
        raise BadInput("evaluation: nothing to score; expected at least one scored prediction")
    counts = Counter(item.verdict for item in items)
    answered, rare = [item for item in items if item.parsed], rarest(items)
    return StageScore(
        **cell(items, seed=seed).model_dump(),
        chance=sum(1 / item.options for item in items) / len(items),
        tokens=sum(item.tokens for item in items) / len(items),
        verdicts={verdict: counts[verdict] for verdict in Verdict},
        parsed=cell(items, seed=seed, share="parsed"),
        given_parsed=cell(answered, seed=seed) if answered else None,
        tiers=_cells(items, "tier", seed),
        metapaths=_cells(items, "metapath", seed),
        shapes=_cells(items, "shape", seed),
        rarest=cell(rare, seed=seed) if rare else None,
    )
