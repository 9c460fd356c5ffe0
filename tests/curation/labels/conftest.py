"""Invented questions, and trials of them as a model might have answered."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from florey.curation.labels.verification import LabelConfig, verify_labels
from florey.files import write_jsonl
from florey.inference.shuffling import shuffled
from florey.inference.trials import TrialConfig
from florey.records import Question, Trial, Verdict


def question(stem: str = "Which sea is salt?", options: int = 4, gold: int = 0, **fields: Any) -> Question:
    names = ("the northern one", "the southern one", "the western one", "the eastern one", "the inner one")
    return Question(stem=stem, options=names[:options], gold=gold, source="test", **fields).identified()


def trials(of: Question, answers: Sequence[int | Verdict | None], words: str = "Because.") -> list[Trial]:
    """One trial an answer: the index of the option chosen, the verdict of one without a choice, None for a failure."""
    made = []
    for sample, answer in enumerate(answers):
        _, order = shuffled(of, 0, sample)
        fields: dict[str, Any] = {"verdict": answer, "text": words}
        if answer is None:
            fields = {"failure": "timeout: nothing came"}
        elif not isinstance(answer, Verdict):
            fields |= {"choice": answer, "verdict": Verdict.CORRECT if answer == of.gold else Verdict.WRONG}
        made.append(Trial(question_id=of.id, model="strong", sample=sample, order=order, **fields))
    return made


@pytest.fixture
def queue(tmp_path: Path) -> Path:
    """A queue of three doubted questions: every trial says option 1; 1 and 2 in turns; 3, and once nothing."""
    answers = ([1] * 5, [1, 2, 1, 2, 1], [3, 3, Verdict.UNPARSED, 3, 3])
    asked = [question(f"Which sea is salt, number {number}?") for number in range(3)]
    said = {each.id: trials(each, mine) for each, mine in zip(asked, answers, strict=True)}
    verified = verify_labels(asked, said, LabelConfig(trials=TrialConfig()))
    write_jsonl(tmp_path / "queue.jsonl", verified.queue)
    return tmp_path / "queue.jsonl"


@pytest.fixture
def lines() -> Callable[[Path], list[dict[str, Any]]]:
    """What is written in a file of JSON lines, beside it if it is the queue's decisions."""
    return lambda path: [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
