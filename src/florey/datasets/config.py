"""What a recipe says of one public set: where its file is, and what the file itself does not tell."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator


class Mapping(BaseModel):
    """Which columns of a table hold what. `options`: one column (a list, or a mapping by letter) or several."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    stem: str
    options: str | tuple[str, ...] = Field(description="one column with all options, or one for each")
    answer: str
    answer_is: Literal["letter", "number", "text"] = "letter"
    base: Literal[0, 1] = Field(0, description="what a number counts from")
    id: str | None = None
    context: str | None = None
    specialty: str | None = None
    language: str | None = Field(None, description="a column; else the set's language")


class SourceConfig(BaseModel):
    """One public set."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: str | None = Field(None, description="the loader; by default the one of the set's name")
    path: Path | None = Field(None, description="a local file in the set's native format")
    hub: str | None = Field(None, description="instead: an id on the hub, which is downloaded")
    hub_config: str | None = None
    hub_split: str = "train"
    limit: int | None = Field(None, ge=1, description="so many questions, drawn by the seed")
    seed: int = 0
    cop_base: Literal[0, 1] | None = Field(
        None, description="MedMCQA: what `cop` counts from, where the file cannot tell"
    )
    release: Literal["original", "other"] = Field("original", description="JMED: which of the two releases is meant")
    test_ids: Path | None = Field(None, description="PubMedQA: the official test ids; only those are loaded")
    category: str | None = Field(None, description="MMLU-Pro: only this category")
    language: str | None = Field(None, description="of a table; en by default")
    licence: str | None = Field(None, description="of a table: must be stated")
    mapping: Mapping | None = Field(None, description="of a table: its columns")

    @model_validator(mode="after")
    def _in_one_place(self) -> Self:
        if self.path is not None and self.hub is not None:
            raise ValueError("give path or hub, not both")
        return self
