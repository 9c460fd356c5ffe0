"""An evaluation on disk: how a model was asked, which items, what it said. Scoring and comparison read nothing else.

DIR/evaluation.json            how the model was asked (`Asking`)
DIR/NAME/set.json              which file the items came from and what was left out (`ItemSet`)
DIR/NAME/questions.jsonl       the items, with the subgroups that the source files them under
DIR/NAME/predictions.jsonl     every completion as generated, in the order of questions and samples
DIR/NAME/score.json            written by scoring, from the above alone
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from florey.errors import BadInput, nearest
from florey.files import read_json, read_jsonl
from florey.records import Orders, Prediction, Question, Reading, Record

R = TypeVar("R", bound=Record)


class Asking(Record):
    """How a model was asked: what others need to get the same predictions."""

    model: str
    samples: int  # of every question, in each order of its options
    temperature: float
    top_p: float
    max_tokens: int
    seed: int
    orders: Orders = "own"
    turns: int = 1  # orders of the options; with "cyclic" as many as the question has options, and this is 0
    forced_tokens: int = 0  # for an answer that a model was made to give after a thought that the budget ended; 0: none
    probabilities: bool = False  # whether those of the options were asked for
    version: str  # of Florey

    @property
    def per_item(self) -> int | None:
        """Predictions of every item; None where each has as many as its options have orders."""
        return None if self.orders == "cyclic" else self.samples * self.turns


class ItemSet(Record):
    """Where the items of one benchmark came from."""

    name: str  # as the user calls it
    prompt: str  # name of the prompt
    prompt_version: str  # digest of its text
    reading: Reading  # how an answer to it is read
    benchmark: str  # the variant, as "medbullets_op4"; the source of its questions
    file: str | None  # name of the file, without its folder; None: from a hub
    digest: str  # of the questions
    rows: int
    skipped: dict[str, int]
    items: int
    expected: int | None  # how many items the whole benchmark has
    complete: bool | None
    drawn: bool = False  # whether a limit was set, so that these are some of its items
    licences: tuple[str, ...] = ()


ASKING, SET, QUESTIONS, PREDICTIONS = "evaluation.json", "set.json", "questions.jsonl", "predictions.jsonl"


@dataclass(frozen=True)
class Answered:
    """One benchmark of an evaluation."""

    folder: Path
    items: ItemSet
    asking: Asking

    def questions(self) -> list[Question]:
        return list(read_jsonl(self.folder / QUESTIONS, Question))

    def predictions(self) -> Iterator[Prediction]:
        return read_jsonl(self.folder / PREDICTIONS, Prediction)


@dataclass(frozen=True)
class Evaluation:
    """A folder that an evaluation wrote."""

    folder: Path
    asking: Asking
    sets: dict[str, Answered]  # by name, sorted

    def __getitem__(self, name: str) -> Answered:
        if name not in self.sets:
            raise BadInput(
                f"{self.folder}: no benchmark '{name}'{nearest(name, self.sets)}; has {', '.join(self.sets)}"
            )
        return self.sets[name]


def open_evaluation(folder: Path) -> Evaluation:
    """BadInput where it is none, or holds no finished benchmark."""
    if not (folder / ASKING).is_file():
        raise BadInput(f"{folder}: expected a folder that `florey evaluate --out` wrote (no evaluation.json there)")
    asking = _read(folder / ASKING, Asking)
    found = sorted(path.parent for path in folder.glob(f"[!.]*/{SET}") if (path.parent / PREDICTIONS).is_file())
    if not found:
        raise BadInput(f"{folder}: no benchmark is finished; run `florey evaluate` with the same --out again")
    sets = {each.name: Answered(each, _read(each / SET, ItemSet), asking) for each in found}
    return Evaluation(folder, asking, sets)


def _read(path: Path, kind: type[R]) -> R:
    try:
        return kind.model_validate(read_json(path))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "the whole"
        raise BadInput(f"{path}: not what `florey evaluate` writes: {where}: {first['msg']}") from None
