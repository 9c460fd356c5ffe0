"""Stored evaluations of scripted models, built without asking anything."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from florey.answer import completion
from florey.evaluation.stored import Asking, Evaluation, ItemSet, open_evaluation
from florey.files import digest, write_json, write_jsonl
from florey.inference.prompts import prompt_named
from florey.records import Prediction, Question

Say = Callable[[Question, int], str]
"""What a model says to a question in a sample."""
ASKING = Asking(model="m", samples=1, temperature=0, top_p=1, max_tokens=64, seed=0, forced_tokens=8, version="0")


def items(name: str, count: int, options: int = 4, language: str = "en") -> list[Question]:
    """Invented questions whose right answers are spread over the letters."""
    return [
        Question(
            stem=f"Item {number} of {name}?",
            options=tuple(f"{name} {number} option {place}" for place in range(options)),
            gold=number * 7 % options,
            source=name,
            language=language,
            specialty=f"specialty {number % 3}",
            facets={"kind": f"kind {number % 2}"},
        ).identified()
        for number in range(count)
    ]


def right(question: Question, sample: int = 0) -> str:
    return completion("so", question.gold)


def wrong(question: Question, sample: int = 0) -> str:
    return completion("so", (question.gold + 1) % len(question.options))


def right_with(share: float, seed: int = 0) -> Say:
    """A model that is right on a share of the items, which of them drawn from their ids."""

    def say(question: Question, sample: int) -> str:
        drawn = random.Random(f"{seed} {question.id} {sample}").random()
        return right(question) if drawn < share else wrong(question)

    return say


def predictions(questions: Sequence[Question], say: Say, samples: int = 1, **fields: Any) -> list[Prediction]:
    distinct = list({question.id: question for question in questions}.values())
    return [
        Prediction(
            question_id=question.id,
            **{"model": "m", "sample": sample, "text": say(question, sample), "tokens": 9, "finished": True, **fields},
        )
        for question in distinct
        for sample in range(samples)
    ]


def store(
    folder: Path,
    sets: dict[str, tuple[Sequence[Question], Sequence[Prediction]]],
    asking: Asking = ASKING,
    **fields: Any,
) -> Evaluation:
    """The folder that `florey evaluate` would have written."""
    folder.mkdir(parents=True)
    write_json(folder / "evaluation.json", asking.model_dump(mode="json"))
    for name, (questions, made) in sets.items():
        (folder / name).mkdir()
        about = {
            "name": name,
            "prompt": "florey",
            "prompt_version": prompt_named(fields.get("prompt", "florey"), questions[0].source).version,
            "reading": "tags",
            "benchmark": questions[0].source,
            "file": "f.jsonl",
            "digest": digest([question.id for question in questions]),
            "rows": len(questions),
            "skipped": {},
            "items": len(questions),
            "expected": None,
            "complete": None,
            **{key: value for key, value in fields.items() if key != "readings"},
        }
        about |= {"reading": fields.get("readings", {}).get(name, about["reading"])}
        write_jsonl(folder / name / "questions.jsonl", questions)
        write_jsonl(folder / name / "predictions.jsonl", made)
        write_json(folder / name / "set.json", ItemSet.model_validate(about).model_dump(mode="json"))
    return open_evaluation(folder)


@pytest.fixture
def stored(tmp_path: Path) -> Callable[..., Evaluation]:
    """`stored("a", {"medqa": (questions, predictions)})`."""
    return lambda name, sets, *more, **fields: store(tmp_path / name, sets, *more, **fields)
