"""From predictions to verdicts. Only `florey.answer` reads text; everything else counts what stands here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Literal

from florey.answer import parse, shown, verdict
from florey.errors import BadInput
from florey.records import Prediction, Question, Reading, Record, Tier, Verdict

Policy = Literal["wrong", "force"]
"""What becomes of a thought that the token budget ended: it is no answer, and so not right; or the answer counts that
the model was made to give after it, where there is one."""


FreeScores = Mapping[tuple[str, int], "Scored"]
"""Verdicts by question id and sample, where something else than the grammar has judged the answers."""


class Scored(Record):
    """One prediction's verdict, with what is needed to group and cluster it."""

    question_id: str
    answer_id: str  # the cluster, see `cluster_of`
    verdict: Verdict
    options: int
    sample: int = 0
    choice: int | None = None  # index in the question's own order
    gold: int | None = None
    place: int | None = None  # where the choice stood
    gold_place: int | None = None
    confidence: float | None = None  # the probability that it gave the option it chose, where it was asked for
    failed: bool = False  # the model gave no answer at all; it counts as truncated
    forced: bool = False  # the verdict is on an answer that it was made to give
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


def cluster_of(question: Question) -> str:
    """What an item shares with those that it is not independent of.

    Synthetic questions about one answer entity are a cluster. Of public ones only copies are (they have one id): that
    two have the option "yes" or "aspirin" for an answer says nothing, and PubMedQA would be three clusters.
    """
    return question.answer_id if question.conditions else question.id


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
    return [scored(question, by_id[question.id], prefilled=prefilled) for question in questions]


def scored(
    question: Question,
    prediction: Prediction,
    *,
    prefilled: bool = False,
    reading: Reading = "tags",
    policy: Policy = "wrong",
) -> Scored:
    """The verdict on one prediction, as the options stood in it."""
    asked = shown(question, prediction.order)
    prefilled = prefilled or prediction.prefilled
    parsed = parse(prediction.text, asked.options, prefilled=prefilled, reading=reading, stem=question.stem)
    found = verdict(parsed, asked.gold, finished=prediction.finished)
    forced = found is Verdict.TRUNCATED and policy == "force" and prediction.forced is not None
    if forced and prediction.forced is not None:
        parsed = parse(prediction.forced, asked.options, stem=question.stem)
        found = verdict(parsed, asked.gold)
    place = parsed.choice if found in (Verdict.CORRECT, Verdict.WRONG) else None
    chosen = place if place is None or prediction.order is None else prediction.order[place]
    sure = None if chosen is None or not prediction.probabilities else prediction.probabilities[chosen]
    return Scored(
        question_id=question.id,
        answer_id=cluster_of(question),
        verdict=found,
        options=len(question.options),
        sample=prediction.sample,
        choice=chosen,
        gold=question.gold,
        place=place,
        gold_place=asked.gold,
        confidence=sure,
        failed=prediction.failure is not None,
        forced=forced,
        conditions=len(question.conditions) or None,
        tier=question.tier,
        metapath=question.metapath,
        rarity=question.difficulty.rarity if question.difficulty else None,
        tokens=prediction.tokens,
    )


def judged(
    questions: Sequence[Question],
    predictions: Iterable[Prediction],
    where: Path | str,
    *,
    reading: Reading = "tags",
    policy: Policy = "wrong",
    free: FreeScores | None = None,
    per_item: int | None = None,
) -> list[list[Scored]]:
    """For every question, in their order, the verdicts on all its samples; those of `free` where it is given.

    `where`: the file of the predictions, for messages. BadInput, with the line, for a prediction of a question that is
    not among them, of another model, or for one sample twice; and where samples of a question are not there: 0 up to
    its last, and `per_item` of them at least.
    """
    by_id = {question.id: question for question in questions}
    made: dict[str, list[Scored]] = {id: [] for id in by_id}
    seen: set[tuple[str, int]] = set()
    model: str | None = None
    for line, prediction in enumerate(predictions, 1):
        question = by_id.get(prediction.question_id)
        if question is None:
            raise BadInput(
                f"{where}, line {line}: question {prediction.question_id} is not among the {len(by_id)} items; "
                "expected predictions of those in questions.jsonl beside it"
            )
        if (key := (prediction.question_id, prediction.sample)) in seen:
            raise BadInput(f"{where}, line {line}: sample {key[1]} of question {key[0]} stands there twice")
        if prediction.model != (model := model or prediction.model):
            raise BadInput(f"{where}, line {line}: expected predictions of {model}, found one of {prediction.model}")
        if prediction.order is not None and sorted(prediction.order) != list(range(len(question.options))):
            order, count = list(prediction.order), len(question.options)
            raise BadInput(f"{where}, line {line}: {order} is no order of {count} options")
        if prediction.probabilities and len(prediction.probabilities) != len(question.options):
            sure, count = len(prediction.probabilities), len(question.options)
            raise BadInput(f"{where}, line {line}: {sure} probabilities of {count} options")
        seen.add(key)
        made[question.id].append(
            free[key] if free is not None else scored(question, prediction, reading=reading, policy=policy)
        )
    if missing := [id for id, items in made.items() if not items]:
        raise BadInput(f"{where}: no prediction of {len(missing)} of {len(by_id)} items: {_named(missing)}")
    for id, items in made.items():
        there = {item.sample for item in items}
        count = max(per_item or 0, max(there) + 1)
        if len(there) < count:
            lost = next(sample for sample in range(count) if sample not in there)
            raise BadInput(f"{where}: sample {lost} of question {id} is not there; expected {count} of them")
    return [sorted(made[question.id], key=lambda item: item.sample) for question in questions]
