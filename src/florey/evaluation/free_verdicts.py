"""Verdicts on answers in the model's own words, as the graph or a judge left them beside the predictions."""

from __future__ import annotations

from typing import TypeVar

from florey.answer import free_answers
from florey.errors import BadInput
from florey.evaluation.judging import Judgement, judgement_scores
from florey.evaluation.open_ended import FreeAnswer, scored_free
from florey.evaluation.stored import Answered
from florey.evaluation.verdicts import FreeScores
from florey.files import read_jsonl
from florey.records import Prediction

J = TypeVar("J", FreeAnswer, Judgement)
BY_GRAPH, BY_MODEL = "free_answers.jsonl", "judgements.jsonl"


def has_verdicts(answered: Answered) -> bool:
    """Whether its answers are read by the grammar, or have been judged."""
    return answered.items.reading != "free" or any((answered.folder / name).is_file() for name in (BY_GRAPH, BY_MODEL))


def stored_free(answered: Answered) -> FreeScores | None:
    """By question and sample; None where nobody has judged. BadInput where what is stored was said of other answers."""
    questions, predictions = answered.questions(), list(answered.predictions())
    if (path := answered.folder / BY_GRAPH).is_file():
        by_id = {question.id: question for question in questions}
        judged = _of(answered, list(read_jsonl(path, FreeAnswer)), predictions)
        return {
            (one.question_id, one.sample): scored_free(by_id[one.question_id], one, found)
            for one, found in zip(predictions, judged, strict=True)
            if one.question_id in by_id  # the others are named when verdicts are counted
        }
    if (path := answered.folder / BY_MODEL).is_file():
        return judgement_scores(questions, predictions, _of(answered, list(read_jsonl(path, Judgement)), predictions))
    return None


def _of(answered: Answered, judged: list[J], predictions: list[Prediction]) -> list[J]:
    """In the order of the predictions."""
    by_key = {(each.question_id, each.sample): each for each in judged}
    for one in predictions:
        said = " | ".join(free_answers(one.text, finished=one.finished, prefilled=one.prefilled))
        found = by_key.get((one.question_id, one.sample))
        if found is None or found.said != said:
            raise BadInput(
                f"{answered.folder}: question {one.question_id} has another answer than the one that was judged; use "
                "`florey score` again, with --graph or --judge-model"
            )
    return [by_key[one.question_id, one.sample] for one in predictions]
