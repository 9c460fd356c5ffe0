"""Whether a base is strong enough to do without a cold start: measured on the development questions before it.

Reinforcement learning needs two things of a base: answers that can be read, and questions of which it gets some
samples right and some wrong. A cold start is for a base that lacks one of them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from florey.clustered import Mean, mean, share
from florey.intervals import wilson


class LeaveOutRule(BaseModel):
    """How the base is measured, and what it must reach. docs/cold-start.md says where the figures come from."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    questions: int = Field(default=64, ge=2)  # of the development split
    samples: int = Field(default=8, ge=2)  # per question, at grpo.temperature
    min_format: float = Field(default=0.9, ge=0, le=1)  # share of the samples in the asked format
    min_informative: float = Field(default=0.3, ge=0, le=1)  # share of the questions right and wrong in turn
    min_over_chance: float = Field(default=0.2, ge=0, le=1)  # accuracy minus one over the number of options


@dataclass(frozen=True)
class Sample:
    """One answer of the base."""

    question_id: str
    options: int
    correct: bool
    well_formed: bool


@dataclass(frozen=True)
class Strength:
    """What a base can do, each figure with its 95% interval (questions are the clusters)."""

    questions: int
    samples: int
    format: Mean
    accuracy: Mean
    over_chance: Mean  # accuracy minus one over the number of options
    informative: Mean

    def as_json(self) -> dict[str, Any]:
        named = {name: getattr(self, name) for name in ("format", "accuracy", "over_chance", "informative")}
        figures = {name: {"value": each.value, "lo": each.lo, "hi": each.hi} for name, each in named.items()}
        return {"questions": self.questions, "samples": self.samples, **figures}


def strength(samples: Sequence[Sample]) -> Strength:
    """Raises ValueError without samples."""
    owners = [each.question_id for each in samples]
    groups: dict[str, set[bool]] = defaultdict(set)
    for each in samples:
        groups[each.question_id].add(each.correct)
    mixed = sum(len(found) > 1 for found in groups.values())
    lo, hi = wilson(mixed, len(groups))
    return Strength(
        questions=len(groups),
        samples=len(samples),
        format=share([each.well_formed for each in samples], owners),
        accuracy=share([each.correct for each in samples], owners),
        over_chance=mean([each.correct - 1 / each.options for each in samples], owners, -1.0, 1.0),
        informative=Mean(value=mixed / len(groups), lo=lo, hi=hi, n=len(groups), clusters=len(groups)),
    )


def decision(found: Strength, rule: LeaveOutRule) -> tuple[bool, str]:
    """(whether to leave the cold start out, why, in a sentence).

    It is left out where all three are reached by the lower ends of their intervals: answers in the format, informative
    questions, and accuracy above guessing.
    """
    reasons = []
    for what, mean_, least in (
        ("answers in the format", found.format, rule.min_format),
        ("questions right and wrong in turn", found.informative, rule.min_informative),
    ):
        low = mean_.lo if mean_.lo is not None else 0.0
        reached = low >= least
        reasons.append((reached, f"{what} {_text(mean_)}, {'at' if reached else 'not surely at'} least {least:.0%}"))
    over = found.over_chance
    ends = "" if over.lo is None or over.hi is None else f" ({100 * over.lo:+.1f} to {100 * over.hi:+.1f})"
    above = over.lo is not None and over.lo >= rule.min_over_chance
    asked = f"{'at' if above else 'not surely at'} least {100 * rule.min_over_chance:+.0f}"
    reasons.append((above, f"{100 * over.value:+.1f} points{ends} against guessing, {asked}"))
    out = all(reached for reached, _ in reasons)
    lacking = reasons if out else [each for each in reasons if not each[0]]
    start = "left out: the base is strong enough: " if out else "made: the base is not surely strong enough: "
    return out, start + "; ".join(text for _, text in lacking)


def _text(found: Mean) -> str:
    ends = "" if found.lo is None or found.hi is None else f" ({found.lo:.0%} to {found.hi:.0%})"
    return f"{found.value:.0%}{ends}"
