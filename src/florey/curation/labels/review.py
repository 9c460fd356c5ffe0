"""A queue of doubted questions and the decisions on it, kept beside it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from itertools import combinations
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import AwareDatetime, StringConstraints, TypeAdapter, ValidationError, model_validator

from florey.curation.labels import journal
from florey.curation.labels.verification import ReviewItem
from florey.errors import BadInput, nearest
from florey.files import read_jsonl
from florey.records import LETTERS, Record

Action = Literal["keep", "fix", "drop", "undo"]
ACTIONS: tuple[Action, ...] = ("keep", "fix", "drop")
QUEUE, DECISIONS = "queue.jsonl", "decisions.jsonl"
REVIEW, MANIFEST = "review", "manifest.json"
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60)]
_NAME: TypeAdapter[str] = TypeAdapter(Name)
Text = Annotated[str, StringConstraints(strip_whitespace=True, max_length=4000)]
Standing = Mapping[str, Mapping[str, "Decision"]]
"""Question id -> reviewer -> that reviewer's last decision, both sorted."""


class Decision(Record):
    """One line of a review. A reviewer's last word on a question counts; `undo` takes it back."""

    question_id: str
    action: Action
    gold: int | None = None  # for fix: index of the right option, in the question's own order
    reviewer: Name
    reason: Text = ""
    at: AwareDatetime

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if (self.action == "fix") != (self.gold is not None):
            raise ValueError("expected the index of the right option (gold) with fix, and only there")
        if self.action in ("fix", "drop") and not self.reason:
            raise ValueError(f"expected a reason to {self.action} the question")
        return self

    @property
    def word(self) -> str:
        """What was decided, as two reviewers are compared: ``"keep"``, ``"fix to C"``, ``"drop"``."""
        return self.action if self.gold is None else f"{self.action} to {LETTERS[self.gold]}"


def checked_name(reviewer: str) -> str:
    """The reviewer's name without spaces around it. BadInput where it is none."""
    try:
        return _NAME.validate_python(reviewer)
    except ValidationError:
        raise BadInput(f"--by: expected a reviewer's name of 1 to 60 characters, got '{reviewer}'") from None


def now() -> datetime:
    return datetime.now(UTC)


def standing(decisions: Iterable[Decision]) -> dict[str, dict[str, Decision]]:
    """What counts of the decisions, given in the order in which they were made."""
    last = {(each.question_id, each.reviewer): each for each in decisions}
    found: dict[str, dict[str, Decision]] = {}
    for (question_id, reviewer), decision in sorted(last.items()):
        if decision.action != "undo":
            found.setdefault(question_id, {})[reviewer] = decision
    return found


def decisions_on(queue: Path) -> Path:
    """Where the decisions on a queue are kept: beside it, or, where it lies in a stage of a run, in the run's folder
    `review`, because a stage that runs again is made anew."""
    if (queue.parent / MANIFEST).is_file():
        return queue.parent.parent / REVIEW / DECISIONS
    return queue.with_name(queue.name.replace(QUEUE, DECISIONS) if QUEUE in queue.name else DECISIONS)


class Review:
    """The items of a queue, by question id in the queue's order, and the file of the decisions on them."""

    def __init__(self, queue: Path, decisions: Path | None = None) -> None:
        """`queue`: a file, or a folder with a `queue.jsonl`. BadInput where it is none, or damaged."""
        self.queue = queue / QUEUE if queue.is_dir() else queue
        self.path = decisions or decisions_on(self.queue)
        self.items: dict[str, ReviewItem] = {}
        for number, item in enumerate(read_jsonl(self.queue, ReviewItem), 1):
            if item.question.id in self.items:
                raise BadInput(f"{self.queue}, item {number}: question {item.question.id} is there twice")
            self.items[item.question.id] = item

    def decisions(self) -> list[Decision]:
        """All that was ever decided, in order."""
        return list(journal.read(self.path, Decision))

    def of(self, reviewer: str) -> dict[str, Decision]:
        """Question id -> the reviewer's decision, on the items of this queue."""
        found = standing(self.decisions())
        return {each: found[each][reviewer] for each in self.items if reviewer in found.get(each, {})}

    def add(self, decisions: Iterable[Decision]) -> None:
        """Writes them down. BadInput, and nothing is written, where one does not fit its question."""
        checked = [self.checked(decision) for decision in decisions]
        if checked:
            journal.append(self.path, checked)

    def checked(self, decision: Decision) -> Decision:
        """The decision. BadInput where its question is not in the queue, or its option not in the question."""
        item = self.items.get(decision.question_id)
        if item is None:
            raise BadInput(
                f"no question '{decision.question_id}' in {self.queue}{nearest(decision.question_id, self.items)}"
            )
        if decision.gold is not None:
            last = len(item.question.options) - 1
            if not 0 <= decision.gold <= last:
                raise BadInput(
                    f"question {decision.question_id}: expected an option from 0 to {last}, got {decision.gold}"
                )
            if decision.gold == item.question.gold:
                raise BadInput(
                    f"question {decision.question_id}: {LETTERS[decision.gold]} is its key already; keep it instead"
                )
        return decision

    def take_in(self, path: Path) -> tuple[int, int]:
        """Adds decisions made elsewhere, as the static page saves them; (added, left out).

        Left out is what is no later than the same reviewer's decision here: the same file may be read twice.
        """
        known = {(each.question_id, each.reviewer): each.at for each in self.decisions()}
        fresh, seen = [], 0
        for number, decision in enumerate(read_jsonl(path, Decision), 1):
            seen += 1
            try:
                self.checked(decision)
            except BadInput as error:
                raise BadInput(f"{path}, line {number}: {error}") from None
            key = (decision.question_id, decision.reviewer)
            if key not in known or decision.at > known[key]:
                known[key] = decision.at
                fresh.append(decision)
        self.add(fresh)
        return len(fresh), seen - len(fresh)


class Agreement(Record):
    """Two reviewers on the questions that both decided; Cohen's kappa over keep, drop and fix to each option."""

    reviewers: tuple[str, str]
    items: int
    agreed: float
    kappa: float | None  # None where both always decided the same one thing


def agreements(found: Standing) -> list[Agreement]:
    """Every two reviewers with a question in common, sorted."""
    from florey.graph.precision import cohens_kappa

    names = sorted({name for decisions in found.values() for name in decisions})
    made = []
    for one, other in combinations(names, 2):
        pairs = [(each[one].word, each[other].word) for each in found.values() if one in each and other in each]
        if pairs:
            agreed, kappa = cohens_kappa(pairs)
            made.append(Agreement(reviewers=(one, other), items=len(pairs), agreed=agreed, kappa=kappa))
    return made


def summarise_decisions(items: Iterable[str], decisions: Iterable[Decision]) -> dict[str, Any]:
    """JSON-able: of the items (question ids), how many are open, decided (by action) and disputed; by whom."""
    wanted = list(items)
    found = {each: mine for each, mine in standing(decisions).items() if each in set(wanted)}
    words = {each: {decision.word for decision in mine.values()} for each, mine in found.items()}
    agreed = [next(iter(mine.values())).action for each, mine in found.items() if len(words[each]) == 1]
    reviewers = sorted({name for mine in found.values() for name in mine})
    return {
        "items": len(wanted),
        "open": len(wanted) - len(found),
        "disputed": sum(len(each) > 1 for each in words.values()),
        "decided": {action: agreed.count(action) for action in ACTIONS},
        "reviewers": {name: sum(name in mine for mine in found.values()) for name in reviewers},
        "agreement": [each.model_dump(mode="json") for each in agreements(found)],
    }
