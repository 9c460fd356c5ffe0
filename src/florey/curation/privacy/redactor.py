"""Typed placeholders for what identifies somebody, the same for the same person throughout one question."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from florey.curation.privacy.allow import AllowList, without_kept
from florey.curation.privacy.config import PrivacyConfig
from florey.curation.privacy.detection import Detector, Find
from florey.curation.privacy.masking import Range, placeholders
from florey.curation.privacy.numbering import Numbering, name_words
from florey.curation.privacy.rules.rule import Language
from florey.graph.linking.words import COMMON_WORDS

_SHORTEST = 3  # letters of a part of a name that is looked for elsewhere; two where they are Chinese


@dataclass(frozen=True)
class Span:
    """What was replaced: `start` and `end` in the original text. What stood there is not kept."""

    start: int
    end: int
    type: str
    placeholder: str


@dataclass(frozen=True)
class Redacted:
    text: str
    spans: tuple[Span, ...]  # in order, apart


class Redactor:
    """Finds and replaces. Loading takes seconds; BadInput where the extra `privacy` is not installed."""

    def __init__(self, config: PrivacyConfig | None = None, allow: AllowList | None = None) -> None:
        """`allow`: by default the eponyms that come with Florey, and no graph."""
        self.config = config or PrivacyConfig()
        self._allow = (allow or AllowList()).with_words(self.config.allow)
        self._detector = Detector(self.config, self._allow)

    def redact(self, text: str, language: Language = "en") -> Redacted:
        """One text on its own. Redacting the result again changes nothing."""
        return self.redact_together([text], language)[0]

    def redact_together(self, texts: Sequence[str], language: Language = "en") -> list[Redacted]:
        """Texts that belong together, as stem and options: a person of one is known in all."""
        found = self._finds(texts, language)
        numbering = Numbering(texts)
        numbers = {
            (place, find): numbering.of(find.type, texts[place][find.start : find.end])
            for place, finds in enumerate(found)
            for find in finds
        }
        return [
            _replaced(
                text,
                tuple(
                    Span(find.start, find.end, find.type, numbering.placeholder(find.type, numbers[place, find]))
                    for find in found[place]
                ),
            )
            for place, text in enumerate(texts)
        ]

    def _finds(self, texts: Sequence[str], language: Language) -> list[list[Find]]:
        """Until nothing new is found: a replacement may uncover more, and a name of one text stands in others."""
        finds: list[list[Find]] = [[] for _ in texts]
        unread = list(range(len(texts)))
        while unread:
            for place in unread:
                while new := self._detector.find(texts[place], language, _holes(texts[place], finds[place])):
                    finds[place] = sorted(finds[place] + new)
            unread = []
            for place, new in enumerate(self._named_again(texts, finds)):
                if new:
                    finds[place] = sorted(finds[place] + new)
                    unread.append(place)
        return finds

    def _named_again(self, texts: Sequence[str], finds: Sequence[Sequence[Find]]) -> list[list[Find]]:
        """Parts of the persons' names wherever else they stand, in each text."""
        names = {
            text[find.start : find.end]
            for text, found in zip(texts, finds, strict=True)
            for find in found
            if find.type == "PERSON"
        }
        parts = {part for name in names for part in (name, *name_words(name)) if _is_telling(part)}
        if not parts:
            return [[] for _ in texts]
        longest_first = sorted(parts, key=lambda part: (-len(part), part))
        pattern = re.compile("|".join(_as_word(part) for part in longest_first))
        return [self._outside(text, pattern, found) for text, found in zip(texts, finds, strict=True)]

    def _outside(self, text: str, pattern: re.Pattern[str], finds: Sequence[Find]) -> list[Find]:
        holes = _holes(text, finds)
        places = [place.span() for place in pattern.finditer(text)]
        free = [(low, high) for low, high in places if all(high <= start or end <= low for start, end in holes)]
        if not free:
            return []
        kept = self._allow.ranges(text)
        return [Find(low, high, "PERSON") for low, high in free if without_kept(low, high, kept) == (low, high)]


def _holes(text: str, finds: Sequence[Find]) -> list[Range]:
    return sorted([*placeholders(text), *((find.start, find.end) for find in finds)])


def _is_telling(part: str) -> bool:
    if part.isascii() or not "\u4e00" <= part[0] <= "\u9fff":
        return len(part) >= _SHORTEST and part.casefold() not in COMMON_WORDS
    return len(part) >= 2 and "某" not in part


def _as_word(part: str) -> str:
    if "\u4e00" <= part[0] <= "\u9fff":
        return re.escape(part)
    return rf"(?<![^\W\d_]){re.escape(part)}(?![^\W\d_])"


def _replaced(text: str, spans: tuple[Span, ...]) -> Redacted:
    pieces, at = [], 0
    for span in spans:
        pieces += [text[at : span.start], span.placeholder]
        at = span.end
    return Redacted("".join([*pieces, text[at:]]), spans)
