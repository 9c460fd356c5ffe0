"""What is taken out of questions, and what takes its place."""

from __future__ import annotations

from typing import Literal, get_args

from pydantic import BaseModel, ConfigDict, Field

from florey.curation.privacy.rules.rule import LANGUAGES, Language

Type = Literal[
    "PERSON",
    "DATE",
    "AGE",
    "ADDRESS",
    "PHONE",
    "EMAIL",
    "URL",
    "RECORD_NUMBER",
    "ID_NUMBER",
    "INSURANCE_NUMBER",
    "DEVICE_NUMBER",
    "DENIED",
]
TYPES: tuple[Type, ...] = get_args(Type)


class PrivacyConfig(BaseModel):
    """The knobs of redaction."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    types: tuple[Type, ...] = Field(TYPES, description="what is replaced")
    persons: bool = Field(True, description="replace names of persons (no model finds them: see the measured recall)")
    languages: tuple[Language, ...] = Field(LANGUAGES, min_length=1, description="of the questions")
    allow: tuple[str, ...] = Field((), description="words that are kept wherever they stand, beside the graph's names")
    deny: tuple[str, ...] = Field((), description="words that are replaced wherever they stand, by [DENIED]")
    synthetic: bool = Field(
        False, description="redact questions made from a graph too; they hold the graph's names only"
    )

    @property
    def replaced(self) -> tuple[Type, ...]:
        return tuple(each for each in self.types if each != "PERSON" or self.persons)
