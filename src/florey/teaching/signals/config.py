"""Bounds and switches of the filters of traces."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

SignalName = Literal[
    "wrong_answer",
    "malformed",
    "contradicts_certificate",
    "arithmetic",
    "units",
    "mentions_given_answer",
    "too_short",
    "too_long",
    "repetition",
    "language",
    "mixed_scripts",
    "garbage",
]


class SignalConfig(BaseModel):
    """What a trace is refused for. Lengths count words; a Chinese character is one."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    off: tuple[SignalName, ...] = Field((), description="reasons that are not looked for")
    min_words: int = Field(10, ge=0, description="a shorter thought explains nothing")
    max_words: int = Field(2000, ge=1, description="a longer one is no concise trace")
    max_same_sentence: int = Field(3, ge=1, description="times that a sentence of five words or more may stand there")
    max_loop: int = Field(3, ge=2, description="times that any words may follow themselves at once, from a dozen on")
    max_chinese: float = Field(0.1, ge=0, le=1, description="share of Chinese words in an English thought")
    max_latin: float = Field(0.3, ge=0, le=1, description="share of Latin words in a Chinese thought: names of drugs")
    max_other_run: int = Field(
        12, ge=1, description="words of another language in a row, which the question does not have"
    )
    max_other_script: float = Field(0.02, ge=0, le=1, description="share of letters in scripts of neither language")

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.min_words > self.max_words:
            raise ValueError(f"min_words {self.min_words} is above max_words {self.max_words}")
        return self
