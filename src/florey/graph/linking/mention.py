"""What a linker reads and what it finds."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Name:
    """One name of one entity."""

    text: str
    id: str
    type: str
    preferred: bool = True  # False: an alias


@dataclass(frozen=True, slots=True)
class Mention:
    """A name found in a text. One id: linked; several: homonyms that the context does not tell apart."""

    start: int
    end: int
    text: str  # text[start:end] of what was read
    ids: tuple[str, ...]  # sorted
    negated: bool = False  # "no fever", "denies fever", "without fever"
    uncertain: bool = False  # "possible", "suspected", "rule out"
    family: bool = False  # said of relatives, not of the patient

    @property
    def id(self) -> str | None:
        return self.ids[0] if len(self.ids) == 1 else None
