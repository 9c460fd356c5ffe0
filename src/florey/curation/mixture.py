"""Public and synthetic questions mixed in a stated proportion (paper, 3.1, filter 4).

Shares may be asked for on several axes at once (source, tier, specialty, language), and limits in absolute numbers. The
questions fall into cells, one for each combination of values; `apportionment` finds how many each cell gives. No
question is repeated or made up: where there are too few, the table says so.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, NonNegativeFloat, NonNegativeInt, model_validator

from florey.curation.apportionment import Ints, Margins, apportioned, largest
from florey.curation.funnel import Step
from florey.errors import BadInput, nearest
from florey.files import digest
from florey.records import TIERS, Question, Record

Axis = Literal["source", "tier", "specialty", "language"]
Cell = tuple[str, ...]
OTHER = "other"
"""Stands for every value that is not named."""
SYNTHETIC = "synthetic"
"""Stands for every source of questions that were made from a graph and whose source is not named."""
NOT_IN_MIXTURE = "not_in_mixture"
_READ: dict[Axis, Callable[[Question], str | None]] = {
    "source": lambda question: question.source,
    "tier": lambda question: question.tier,
    "specialty": lambda question: question.specialty,
    "language": lambda question: question.language,
}


class MixtureConfig(BaseModel):
    """What the training questions should be made of.

    A source may be named by the beginning of its name up to a mark ("mmlu_pro" for mmlu_pro_health), or as "synthetic";
    "other" is whatever an axis does not name. Values without a share have none, where their axis has shares.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    size: int | None = Field(
        None, ge=1, description="training questions in all; by default as many as the shares allow"
    )
    shares: dict[Axis, dict[str, NonNegativeFloat]] = Field(
        default_factory=dict, description="by axis and value; parts of a whole, e.g. {source: {medqa: 1, synthetic: 1}}"
    )
    least: dict[Axis, dict[str, NonNegativeInt]] = Field(
        default_factory=dict, description="at least so many of a value; comes before its share"
    )
    most: dict[Axis, dict[str, NonNegativeInt]] = Field(
        default_factory=dict, description="at most so many of a value; comes before its share"
    )
    seed: int = 0

    @model_validator(mode="after")
    def _can_be_met(self) -> Self:
        for axis, shares in self.shares.items():
            if not sum(shares.values()):
                raise ValueError(f"shares.{axis}: expected at least one part above 0")
        for axis, least in self.least.items():
            for value, count in least.items():
                most = self.most.get(axis, {}).get(value, count)
                if count > most:
                    raise ValueError(f"least.{axis}.{value} ({count}) must not exceed most.{axis}.{value} ({most})")
            if self.size is not None and sum(least.values()) > self.size:
                raise ValueError(f"least.{axis}: {sum(least.values())} in all, more than size ({self.size})")
        return self

    def named(self, axis: Axis) -> list[str]:
        """Every value of an axis that the config speaks of, sorted."""
        return sorted({value for part in (self.shares, self.least, self.most) for value in part.get(axis, {})})


class Part(Record):
    """One value of one axis: what was asked for beside what was got."""

    axis: Axis
    value: str
    asked_share: float | None  # of the size; None where the axis has no shares
    asked: int | None  # nearest whole number, limits kept
    there: int
    got: int
    got_share: float  # of all that were taken
    note: str = ""  # why fewer were got than were asked for


@dataclass(frozen=True)
class Mixed:
    """Training questions that were not taken are dropped as "not_in_mixture"; the rest is kept in the order given."""

    step: Step
    table: list[Part]


def mix(questions: Sequence[Question], config: MixtureConfig) -> Mixed:
    """Draws the training questions; those to develop and test on are left alone.

    Within a cell the draw is by a hash of id and seed: it does not depend on the order of the questions, and a larger
    number contains the smaller. BadInput for a value that no question has, and for shares that contradict each other.
    """
    pool = {question.id: question for question in questions if _trained_on(question)}
    if not pool:
        return Mixed(Step(list(questions)), [])
    named = {axis: config.named(axis) for axis in _READ if config.named(axis)}
    for axis in named:
        _check(axis, pool.values(), config)
    cells = {item: tuple(_value(question, *each) for each in named.items()) for item, question in pool.items()}
    names, counts = zip(*sorted(Counter(cells.values()).items()), strict=True)
    there = np.array(counts, dtype=np.int64)
    margins = [_margins(place, axis, config, names) for place, axis in enumerate(named)]
    size = config.size or largest(there, margins)
    if not size:
        raise BadInput(
            f"mixture: no number of questions has the shares of {' and '.join(named)} that are asked for at once; "
            "expected a size, to come as near as can be, or other shares"
        )
    wanted = apportioned(there, margins, size)
    taken = _drawn(cells, dict(zip(names, wanted.tolist(), strict=True)), config.seed)
    parts = (_parts(*pair, size, there, wanted) for pair in zip(named, margins, strict=True))
    return Mixed(_step(questions, taken, size - len(taken)), [part for found in parts for part in found])


def _trained_on(question: Question) -> bool:
    return question.split in ("train", None)


def _check(axis: Axis, pool: Collection[Question], config: MixtureConfig) -> None:
    known = {_READ[axis](question) for question in pool} | {OTHER, *(TIERS if axis == "tier" else ())}
    for value in config.named(axis):
        if value in known or (axis == "source" and any(_of_source(question, value) for question in pool)):
            continue
        names = sorted(name for name in known if name)
        raise BadInput(
            f"mixture: no training question has {axis} '{value}'{nearest(value, names)}; there are {', '.join(names)}"
        )


def _of_source(question: Question, name: str) -> bool:
    """Whether a source is the one named, or of the family that is named by how its members begin."""
    begins = question.source.startswith(name) and not question.source[len(name) : len(name) + 1].isalnum()
    return begins or (name == SYNTHETIC and question.metapath is not None)


def _value(question: Question, axis: Axis, named: Sequence[str]) -> str:
    """The value of the config that a question counts for: of several, the longest that its source begins with."""
    if axis != "source":
        value = _READ[axis](question)
        return value if value is not None and value in named else OTHER
    fitting = [name for name in named if _of_source(question, name)]
    return max(fitting, key=lambda name: (question.source.startswith(name), len(name)), default=OTHER)


def _margins(place: int, axis: Axis, config: MixtureConfig, cells: Sequence[Cell]) -> Margins:
    values = sorted({*config.named(axis), *(cell[place] for cell in cells)})

    def numbers(given: Mapping[str, float], default: float) -> NDArray[np.float64]:
        return np.array([given.get(value, default) for value in values], dtype=np.float64)

    parts = numbers(config.shares.get(axis, {}), 0)
    return Margins(
        values=tuple(values),
        member=np.array([[cell[place] == value for cell in cells] for value in values]),
        shares=parts / parts.sum() if axis in config.shares else None,
        least=numbers(config.least.get(axis, {}), 0),
        most=numbers(config.most.get(axis, {}), np.inf),
    )


def _drawn(cells: Mapping[str, Cell], wanted: Mapping[Cell, int], seed: int) -> set[str]:
    """Ids of the questions taken, by a hash of id and seed within each cell."""
    left, taken = Counter(wanted), set()
    for item in sorted(cells, key=lambda item: (digest([seed, item]), item)):
        if left[cells[item]] > 0:
            left[cells[item]] -= 1
            taken.add(item)
    return taken


def _step(questions: Sequence[Question], taken: set[str], short: int) -> Step:
    """A training question that stands there twice is taken once."""
    step = Step([], noticed={"short_of_size": short} if short else {})
    left = set(taken)
    for question in questions:
        if not _trained_on(question) or question.id in left:
            step.kept.append(question)
            left -= {question.id} if _trained_on(question) else set()
        else:
            step.dropped.append((question.id, NOT_IN_MIXTURE))
    return step


def _parts(axis: Axis, margins: Margins, size: int, there: Ints, wanted: Ints) -> Iterator[Part]:
    goals = margins.goals(size)
    for place, value in enumerate(margins.values):
        asked = None if goals is None else float(goals[place])
        held, got = int(margins.member[place] @ there), int(margins.member[place] @ wanted)
        yield Part(
            axis=axis,
            value=value,
            asked_share=None if margins.shares is None else round(float(margins.shares[place]), 6),
            asked=None if asked is None else round(asked),
            there=held,
            got=got,
            got_share=round(got / max(1, int(wanted.sum())), 6),
            note=_note(f"{axis} {value}", max(asked or 0, margins.least[place]), held, got),
        )


def _note(what: str, asked: float, there: int, got: int) -> str:
    if got >= int(asked):  # a share may be rounded down
        return ""
    if there < int(asked):
        return f"asked {round(asked)} of {what}, there are {there}"
    return f"asked {round(asked)} of {what}, got {got} of {there}: other shares and limits leave no room for more"
