"""Where a text identifies somebody: what presidio's engine finds, less what the allow-list keeps, none overlapping."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from florey.curation.privacy.allow import AllowList, without_kept
from florey.curation.privacy.config import PrivacyConfig
from florey.curation.privacy.masking import HOLE, Masked, Range
from florey.curation.privacy.rules import addresses, ages, contacts, dates, numbers, persons, persons_zh, shapes
from florey.curation.privacy.rules.rule import CERTAIN, LIKELY, Language, Rule
from florey.errors import BadInput

if TYPE_CHECKING:
    from presidio_analyzer import AnalyzerEngine

RULES: tuple[Rule, ...] = (
    *dates.RULES,
    *ages.RULES,
    *numbers.RULES,
    *contacts.RULES,
    *shapes.RULES,
    *addresses.RULES,
    *persons.RULES,
    *persons_zh.RULES,
)


@dataclass(frozen=True, order=True)
class Find:
    """A stretch of a text that is to be replaced; the text itself is not remembered."""

    start: int
    end: int
    type: str


class Detector:
    """Loads presidio once; BadInput where it is not installed."""

    def __init__(self, config: PrivacyConfig, allow: AllowList) -> None:
        self._allow = allow
        self._types: list[str] = list(config.replaced)
        self._engine = _engine(config)

    def find(self, text: str, language: Language, holes: Sequence[Range] = ()) -> list[Find]:
        """What stands outside the holes, in order."""
        masked = Masked(text, holes)
        results = self._engine.analyze(masked.text, language, entities=self._types)
        if not results:
            return []
        believed = sorted((-each.score, each.start - each.end, each.start, each.entity_type) for each in results)
        unsure = any(-score < CERTAIN for score, *_ in believed)
        kept = self._allow.ranges(masked.text) if unsure else []
        taken: list[Find] = []
        for score, length, start, kind in believed:
            left = (start, start - length) if -score >= CERTAIN else without_kept(start, start - length, kept)
            if left is None or HOLE in masked.text[slice(*left)]:
                continue
            if -score < LIKELY and left != (start, start - length):
                continue  # of a mere shape no part is believed
            if all(left[1] <= other.start or other.end <= left[0] for other in taken):
                taken.append(Find(*left, kind))
        return [Find(*masked.original(each.start, each.end), each.type) for each in sorted(taken)]


def _engine(config: PrivacyConfig) -> AnalyzerEngine:
    try:
        from florey.curation.privacy.recognisers import analyzer
    except ImportError as error:
        raise BadInput(f"redaction needs presidio-analyzer ({error}); pip install 'florey[privacy]'") from None
    denied = [_denied(word) for word in config.deny]
    return analyzer([*RULES, *denied], config.languages)


def _denied(word: str) -> Rule:
    return Rule(f"denied: {word}", "DENIED", rf"(?i:(?<![A-Za-z0-9]){re.escape(word)}(?![A-Za-z0-9]))", score=1.0)
