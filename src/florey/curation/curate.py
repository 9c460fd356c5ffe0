"""Curation: format filter, exact duplicates, near duplicates, tiers; every drop has its reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, Field, field_validator

from florey.curation import format as format_filter
from florey.curation.difficulty.features import DifficultyConfig, tiered
from florey.curation.duplicates import NearConfig, exact_duplicates, near_duplicates
from florey.errors import nearest
from florey.records import TIERS, Question


class CurationConfig(BaseModel):
    """The knobs of curation."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    skip_checks: tuple[str, ...] = Field((), description="checks of the format filter to leave out, by name")
    near_threshold: float = Field(0.8, gt=0, le=1, description="Jaccard similarity of near duplicates")
    permutations: int = Field(128, ge=16, le=1024, description="MinHash values per question")
    shingle: int = Field(3, ge=1, description="words in a row, for questions that come from no graph")
    seed: int = 0
    difficulty: DifficultyConfig = DifficultyConfig()

    @field_validator("skip_checks")
    @classmethod
    def _known(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        known = [check.__name__ for check in format_filter.CHECKS]
        for name in names:
            if name not in known:
                raise ValueError(f"no format check {name!r}{nearest(name, known)}; there are {', '.join(known)}")
        return names


@dataclass(frozen=True)
class Curated:
    """What is kept, in the order given, and what is not."""

    kept: list[Question]
    dropped: dict[str, int]  # by reason
    dropped_items: list[tuple[str, str]]  # (id, reason), in the order given
    tiers: dict[str, dict[str, int]]  # split ("unsplit" where none) -> tier ("untiered" where none) -> questions kept


def curate(questions: Iterable[Question], config: CurationConfig) -> Curated:
    """Keep what is well-formed and single, and give it its tier. Which are kept does not depend on their order."""
    items = [question if question.id else question.identified() for question in questions]
    checks = tuple(check for check in format_filter.CHECKS if check.__name__ not in config.skip_checks)
    faults = ((position, format_filter.fault(item, checks)) for position, item in enumerate(items))
    reasons = {position: reason for position, reason in faults if reason}
    near = NearConfig(config.near_threshold, config.permutations, config.shingle, config.seed)
    for find in (exact_duplicates, lambda left: near_duplicates(left, near)):
        left = [position for position in range(len(items)) if position not in reasons]
        found = find([items[position] for position in left])
        reasons.update({left[place]: reason for place, reason in found.items()})
    kept = [tiered(item, config.difficulty) for position, item in enumerate(items) if position not in reasons]
    return Curated(
        kept=kept,
        dropped=dict(sorted(Counter(reasons.values()).items())),
        dropped_items=[(items[position].id, reasons[position]) for position in sorted(reasons)],
        tiers=count_tiers(kept),
    )


def count_tiers(questions: Iterable[Question]) -> dict[str, dict[str, int]]:
    """Split -> tier -> number of questions, both in their natural order."""
    counts: Counter[tuple[str, str]] = Counter(
        (question.split or "unsplit", question.tier or "untiered") for question in questions
    )
    return {
        split: {tier: counts[split, tier] for tier in (*TIERS, "untiered") if counts[split, tier]}
        for split in ("train", "dev", "test", "unsplit")
        if any(key[0] == split for key in counts)
    }
