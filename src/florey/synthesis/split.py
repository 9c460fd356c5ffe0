"""Train, dev and test by answer-and-evidence set, so that no set of conditions with its answer stands on two sides."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from florey.errors import BadInput
from florey.files import digest
from florey.records import Condition, Question, Split


def answer_and_evidence(answer: str, conditions: Sequence[Condition]) -> str:
    """The group of a question: a digest of its answer and its conditions in any order."""
    return digest([answer, sorted([c.subject, c.relation, c.object, c.holds] for c in conditions)])


def assign_split(questions: Iterable[Question], dev: float, test: float, seed: int) -> list[Question]:
    """The questions with their split set: expected shares `dev` and `test` (0..1) of the groups, the rest train.

    Depends on group and seed only, so more questions never move earlier ones. A question without a group stands
    alone. Raises BadInput where the shares are not within 0..1 together.
    """
    if dev < 0 or test < 0 or dev + test > 1:
        raise BadInput(f"split: expected shares of 0 or more with dev + test <= 1, got dev={dev}, test={test}")

    def side(question: Question) -> Split:
        position = int(digest([seed, question.group or question.id]), 16) / 16**16
        return "test" if position < test else "dev" if position < test + dev else "train"

    return [question.model_copy(update={"split": side(question)}) for question in questions]
