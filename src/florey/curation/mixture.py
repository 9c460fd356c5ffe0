"""Public and synthetic questions mixed in a stated proportion (paper, 3.1, filter 4).

Shares may be asked for on several axes at once (source, tier, specialty, language). The questions fall into cells, one
for each combination of values; iterative proportional fitting (Deming & Stephan 1940) finds how many of each cell come
nearest to all the shares, no cell giving more than it has; whole numbers by largest remainder. No question is repeated.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, model_validator

from florey.curation.funnel import Step
from florey.errors import BadInput, nearest
from florey.files import digest
from florey.records import Question, Record

Axis = Literal["source", "tier", "specialty", "language"]
Values = dict[Axis, dict[str, float]]
OTHER = "other"
"""Stands for every value that is not named."""
ROUNDS = 200
_READ: dict[Axis, Callable[[Question], str | None]] = {
    "source": lambda question: question.source,
    "tier": lambda question: question.tier,
    "specialty": lambda question: question.specialty,
    "language": lambda question: question.language,
}


class MixtureConfig(BaseModel):
    """What the training questions should be made of."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    size: int | None = Field(
        None, ge=1, description="training questions in all; by default as many as the shares allow"
    )
    shares: Values = Field(
        default_factory=dict, description="by axis and value; parts of a whole, e.g. {source: {medqa: 1, hpo: 1}}"
    )
    most: dict[Axis, dict[str, int]] = Field(default_factory=dict, description="at most so many of a value")
    seed: int = 0

    @model_validator(mode="after")
    def _positive(self) -> Self:
        for axis, shares in self.shares.items():
            if not shares or min(shares.values()) < 0 or sum(shares.values()) <= 0:
                raise ValueError(f"shares.{axis}: expected parts of 0 or more, at least one above 0")
        return self


class Part(Record):
    """One value of one axis: what was asked for beside what was got."""

    axis: Axis
    value: str
    asked: int
    there: int
    got: int


@dataclass(frozen=True)
class Mixed:
    """Training questions that were not taken are dropped as "not_in_mixture"; the rest is kept in the order given."""

    step: Step
    table: list[Part]


def mix(questions: Sequence[Question], config: MixtureConfig) -> Mixed:
    """Draws the training questions; those to develop and test on are left alone.

    Within a cell the draw is by a hash of id and seed, so it does not depend on the order of the questions. BadInput
    for a value that no question has.
    """
    pool = [question for question in questions if question.split in ("train", None)]
    axes = [axis for axis in _READ if axis in config.shares or axis in config.most]
    for axis in axes:
        _check(axis, pool, config)
    cells = [tuple(_value(question, axis, config) for axis in axes) for question in pool]
    names = sorted(set(cells))
    there = np.array([cells.count(name) for name in names], dtype=np.int64)
    ways = [_Way(place, axis, config, names) for place, axis in enumerate(axes)]
    size = min(config.size or _largest(there, ways), len(pool))
    wanted = _whole(_fitted(there, ways, size), there, size, ways)
    taken = _draw(pool, cells, dict(zip(names, wanted.tolist(), strict=True)), config.seed)
    left = {question.id for question in pool} - taken
    step = Step(
        kept=[question for question in questions if question.id not in left],
        dropped=[(question.id, "not_in_mixture") for question in questions if question.id in left],
    )
    return Mixed(step, [part for way in ways for part in way.parts(size, there, wanted)])


def _value(question: Question, axis: Axis, config: MixtureConfig) -> str:
    value = _READ[axis](question) or OTHER
    return value if value in config.shares.get(axis, {}) or value in config.most.get(axis, {}) else OTHER


def _check(axis: Axis, pool: Sequence[Question], config: MixtureConfig) -> None:
    known = {_READ[axis](question) for question in pool} | {OTHER}
    for value in (*config.shares.get(axis, {}), *config.most.get(axis, {})):
        if value not in known:
            names = sorted(name for name in known if name)
            raise BadInput(
                f"mixture: no training question has {axis} '{value}'{nearest(value, names)}; "
                f"there are {', '.join(names)}"
            )


class _Way:
    """One axis over the cells: which cells have which value, the share that is asked for, the most that is allowed."""

    def __init__(self, place: int, axis: Axis, config: MixtureConfig, names: Sequence[tuple[str, ...]]) -> None:
        self.axis = axis
        self.values = sorted({name[place] for name in names})
        self.member = np.array([[name[place] == value for name in names] for value in self.values])
        shares: Mapping[str, float] = config.shares.get(axis, {})
        asked = np.array([shares.get(value, 0.0) for value in self.values])
        self.shares: NDArray[np.float64] | None = asked / asked.sum() if asked.sum() else None
        self.most = np.array([config.most.get(axis, {}).get(value, np.inf) for value in self.values])

    def parts(self, size: int, there: NDArray[np.int64], got: NDArray[np.int64]) -> list[Part]:
        asked = self.member @ there / max(1, there.sum()) if self.shares is None else self.shares
        return [
            Part(
                axis=self.axis,
                value=value,
                asked=int(min(round(float(share) * size), most)),
                there=int(cells @ there),
                got=int(cells @ got),
            )
            for value, share, most, cells in zip(self.values, asked, self.most, self.member, strict=True)
        ]


def _largest(there: NDArray[np.int64], ways: Sequence[_Way]) -> int:
    """As many questions as there can be with every share of every axis met, each axis for itself."""
    size = float(there.sum())
    for way in ways:
        held = np.minimum(way.member @ there, way.most)
        if way.shares is None:
            size = min(size, held.sum())
        else:
            asked = way.shares > 0
            size = min(size, float((held[asked] / way.shares[asked]).min()))
    return int(size + 1e-9)


def _fitted(there: NDArray[np.int64], ways: Sequence[_Way], size: int) -> NDArray[np.float64]:
    """Numbers (not yet whole) of each cell: proportional fitting in turn to each axis, then to what there is."""
    found: NDArray[np.float64] = there * (size / max(1, there.sum()))
    for _ in range(ROUNDS):
        for way in ways:
            now = way.member @ found
            goal = np.minimum(now if way.shares is None else way.shares * size, way.most)
            factor = np.divide(goal, now, out=np.ones_like(now), where=now > 0)
            found = found * (factor @ way.member)
        found = np.minimum(found, there)
    return found


def _whole(found: NDArray[np.float64], there: NDArray[np.int64], size: int, ways: Sequence[_Way]) -> NDArray[np.int64]:
    """Whole numbers: rounded down, the rest to the largest remainders among cells that can still give."""
    whole = np.minimum(np.floor(found + 1e-9).astype(np.int64), there)
    target = min(size, round(float(found.sum())))
    rest = found - whole
    for _ in range(target - int(whole.sum())):
        can = whole < there
        for way in ways:
            full = way.member @ whole + 1 > way.most
            can &= ~(full @ way.member)
            if way.shares is not None:
                can &= (way.shares @ way.member) > 0
        if not can.any():
            break
        best = int(np.argmax(np.where(can, rest, -np.inf)))
        whole[best] += 1
        rest[best] -= 1
    return whole


def _draw(
    pool: Sequence[Question], cells: Sequence[tuple[str, ...]], wanted: Mapping[tuple[str, ...], int], seed: int
) -> set[str]:
    """Ids of the questions taken, by a hash of id and seed within each cell."""
    order = sorted(range(len(pool)), key=lambda place: (digest([seed, pool[place].id]), pool[place].id))
    left = Counter(wanted)
    taken = set()
    for place in order:
        if left[cells[place]] > 0:
            left[cells[place]] -= 1
            taken.add(pool[place].id)
    return taken
