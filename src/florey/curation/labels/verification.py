"""Label verification (paper, 3.1, filter 2): a question that a strong model fails in every trial is doubted.

It is flagged and goes to a review queue, never dropped: the model may be wrong, and it may have guessed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from florey.curation.funnel import Step
from florey.curation.labels import trials as said
from florey.curation.labels.flags import DOUBTED, flagged
from florey.curation.labels.summary import Judged, State, summarise
from florey.inference.trials import TrialConfig
from florey.records import Question, Record, Trial

Reason = Literal["wrong_in_all_trials", "wrong_in_all_parsed_trials"]


class LabelConfig(BaseModel):
    """How often the model is asked, and how many answers it takes to doubt a key."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    trials: TrialConfig = TrialConfig()
    min_parsed: int | None = Field(
        None, ge=1, description="trials with one answer below which a question stays undecided; default: most of them"
    )

    @model_validator(mode="after")
    def _can_be_met(self) -> Self:
        if self.min_parsed is not None and self.min_parsed > self.trials.trials:
            raise ValueError(f"min_parsed ({self.min_parsed}) must not exceed trials.trials ({self.trials.trials})")
        return self

    @property
    def needed(self) -> int:
        """Parsed trials that a question needs to be decided."""
        return self.min_parsed or self.trials.trials // 2 + 1


class ReviewItem(Record):
    """A doubted question for a reviewer, with what the model said."""

    question: Question
    trials: tuple[Trial, ...]
    reason: Reason
    suggestion: int | None = None  # the option chosen most, None where several were chosen equally often
    chance: float  # that a model which guesses fails all these trials


@dataclass(frozen=True)
class Verified:
    """`step` keeps every question, doubted ones flagged; `queue`: these, in the order given."""

    step: Step
    queue: list[ReviewItem]
    summary: dict[str, Any]


def verify_labels(
    questions: Iterable[Question], trials_by_id: Mapping[str, Sequence[Trial]], config: LabelConfig
) -> Verified:
    """Doubts the questions whose every parsed trial is wrong. One without trials is undecided.

    A flag of an earlier verification is replaced; what reviewers decided (`apply`) comes after this.
    """
    judged = [_judged(question, trials_by_id.get(question.id, ()), config.needed) for question in questions]
    kept = [flagged(each.question, DOUBTED if each.state == "doubted" else None) for each in judged]
    counts = {state: sum(each.state == state for each in judged) for state in ("doubted", "undecided")}
    counts["followed_letter"] = sum(each.state != "undecided" and said.follows_letter(each.trials) for each in judged)
    noticed = {f"label_{name}": count for name, count in counts.items() if count}
    queue = [
        _item(question, each.trials) for question, each in zip(kept, judged, strict=True) if each.state == "doubted"
    ]
    return Verified(Step(kept, [], noticed), queue, summarise(judged))


def _judged(question: Question, trials: Sequence[Trial], needed: int) -> Judged:
    state: State = "passed"
    if len(said.parsed(trials)) < needed:
        state = "undecided"
    elif said.all_wrong(trials):
        state = "doubted"
    return Judged(question, tuple(trials), state)


def _item(question: Question, trials: tuple[Trial, ...]) -> ReviewItem:
    found = said.parsed(trials)
    return ReviewItem(
        question=question,
        trials=trials,
        reason="wrong_in_all_trials" if len(found) == len(trials) else "wrong_in_all_parsed_trials",
        suggestion=said.most_chosen(trials),
        chance=said.chance_all_wrong(len(question.options), len(found)),
    )
