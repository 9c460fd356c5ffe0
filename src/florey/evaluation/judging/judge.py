"""A model that grades free answers against a reference, and how far it agrees with people who did.

A grade of a model is a measurement with an error of its own: `agreement` says how large it is on answers that people
have graded, and no figure from a judge should be told without it.
"""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, Literal

from florey.answer import free_answers
from florey.clustered import share
from florey.errors import BadInput, nearest
from florey.evaluation.verdicts import Scored, cluster_of
from florey.files import digest
from florey.llm.client import LlmClient, Outcome
from florey.llm.requests import Answer, Message, Request
from florey.records import Prediction, Question, Record, Verdict

Progress = Callable[[int, int], None]
Grade = Literal["correct", "wrong", "several"]
GRADES: tuple[Grade, ...] = ("correct", "wrong", "several")
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"why": {"type": "string"}, "grade": {"enum": list(GRADES)}},
    "required": ["why", "grade"],
    "additionalProperties": False,
}
MAX_TOKENS = 1024


class Judgement(Record):
    """The grade of one answer."""

    question_id: str
    sample: int
    said: str
    judge: str
    prompt: str  # version of the judge's prompt
    grade: Grade | None  # None: there was no answer to grade, or the judge gave no grade
    why: str = ""
    failed: bool = False  # there was an answer, and the judge gave no grade


class Agreement(Record):
    """A judge against people, over answers that both have graded."""

    n: int
    same: float
    lo: float  # 95%, Wilson's at the effective sample size: samples of one question are not independent
    hi: float
    kappa: float | None  # Cohen's; None where all grades are the same
    confusion: dict[str, int]  # "people -> judge" -> answers


@cache
def prompt() -> str:
    return resources.files("florey.evaluation.judging").joinpath("open_answer.md").read_text(encoding="utf-8")


def prompt_version() -> str:
    """12 hex digits over the judge's instruction and the form of its answer."""
    return digest([prompt(), SCHEMA], 12)


def judge_requests(pairs: Sequence[tuple[Question, str]]) -> Iterator[Request]:
    """One for each (question, answer to grade). The answer is written as JSON: no words of it can end it and go on as
    an instruction."""
    for question, said in pairs:
        context = f"{question.context}\n\n" if question.context else ""
        asked = (
            f"Question:\n{context}{question.stem}\n\nReference answer:\n{question.options[question.gold]}\n\n"
            f"Answer to grade, as JSON:\n{json.dumps({'answer': said}, ensure_ascii=False)}"
        )
        messages = (Message(role="system", content=prompt()), Message(role="user", content=asked))
        yield Request(messages, schema=SCHEMA, max_tokens=MAX_TOKENS)


async def judge_with_model(
    client: LlmClient,
    questions: Sequence[Question],
    predictions: Sequence[Prediction],
    progress: Progress | None = None,
) -> list[Judgement]:
    """One judgement for each prediction, in their order. What gives no answer, or several blocks, is not sent."""
    by_id = {question.id: question for question in questions}
    said = [free_answers(each.text, finished=each.finished, prefilled=each.prefilled) for each in predictions]
    sent = [place for place, answers in enumerate(said) if len(answers) == 1]
    done = 0

    def count(_: int, __: Outcome) -> None:
        nonlocal done
        done += 1
        if progress:
            progress(done, len(sent))

    pairs = [(by_id[predictions[place].question_id], said[place][0]) for place in sent]
    outcomes = dict(zip(sent, await client.ask_many(judge_requests(pairs), count), strict=True))
    made = []
    for place, prediction in enumerate(predictions):
        outcome = outcomes.get(place)
        parsed = outcome.parsed if isinstance(outcome, Answer) else None
        made.append(
            Judgement(
                question_id=prediction.question_id,
                sample=prediction.sample,
                said=" | ".join(said[place]),
                judge=client.settings.model,
                prompt=prompt_version(),
                grade=parsed["grade"] if parsed else ("several" if len(said[place]) > 1 else None),
                why=parsed["why"] if parsed else "",
                failed=outcome is not None and parsed is None,
            )
        )
    return made


def judgement_scores(
    questions: Sequence[Question], predictions: Sequence[Prediction], judgements: Sequence[Judgement]
) -> dict[tuple[str, int], Scored]:
    """(question id, sample) -> verdict, as of any other answer. What the judge failed to grade is a failure."""
    by_id = {question.id: question for question in questions}
    return {
        (each.question_id, each.sample): _scored(by_id[each.question_id], each, judgement)
        for each, judgement in zip(predictions, judgements, strict=True)
    }


def _scored(question: Question, prediction: Prediction, judgement: Judgement) -> Scored:
    verdict = Verdict.UNPARSED if prediction.finished else Verdict.TRUNCATED
    return Scored(
        question_id=question.id,
        answer_id=cluster_of(question),
        verdict=Verdict(judgement.grade) if judgement.grade else verdict,
        options=len(question.options),
        sample=prediction.sample,
        failed=prediction.failure is not None or judgement.failed,
        tier=question.tier,
        tokens=prediction.tokens,
    )


def read_labels(path: Path) -> dict[tuple[str, int], Grade]:
    """Grades by people: a CSV with question_id, sample and grade. BadInput with the line of what is wrong."""
    found: dict[tuple[str, int], Grade] = {}
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.DictReader(file)
            for name in ("question_id", "sample", "grade"):
                if name not in (rows.fieldnames or ()):
                    raise BadInput(f"{path}, line 1: no column '{name}'{nearest(name, rows.fieldnames or ())}")
            for row in rows:
                key, grade = _labelled(row, f"{path}, line {rows.line_num}")
                if found.setdefault(key, grade) != grade:
                    raise BadInput(f"{path}, line {rows.line_num}: sample {key[1]} of {key[0]} has another grade above")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not UTF-8 text"
        raise BadInput(f"{path}: cannot read the grades of people ({reason})") from None
    return found


def _labelled(row: Mapping[str, str | None], where: str) -> tuple[tuple[str, int], Grade]:
    question, sample, said = ((row[name] or "").strip() for name in ("question_id", "sample", "grade"))
    grade = next((each for each in GRADES if each == said), None)
    if not question or grade is None or not (sample.isascii() and sample.isdigit()):
        raise BadInput(f"{where}: expected a question's id, a sample's number and one of {', '.join(GRADES)}")
    return (question, int(sample)), grade


def agreement(judgements: Sequence[Judgement], labels: Mapping[tuple[str, int], Grade]) -> Agreement | None:
    """None where no answer was graded by both."""
    graded = [
        (labels[key], each.grade, each.question_id)
        for each in judgements
        if each.grade and (key := (each.question_id, each.sample)) in labels
    ]
    if not graded:
        return None
    pairs = [(person, judge) for person, judge, _ in graded]
    found = share([person == judge for person, judge in pairs], [question for *_, question in graded])
    people, judges = (Counter(column) for column in zip(*pairs, strict=True))
    expected = sum(people[grade] * judges[grade] for grade in GRADES) / len(pairs) ** 2
    counts = Counter(f"{person} -> {judge}" for person, judge in pairs)
    return Agreement(
        n=len(pairs),
        same=found.value,
        lo=found.lo,
        hi=found.hi,
        kappa=(found.value - expected) / (1 - expected) if expected < 1 else None,
        confusion=dict(sorted(counts.items())),
    )
