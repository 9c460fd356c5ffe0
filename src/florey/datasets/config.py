"""What a recipe says of one public set: where its file is, and what the file itself does not tell."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator


class Mapping(BaseModel):
    """Which columns of a table hold what."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    stem: str
    options: str | tuple[str, ...] = Field(
        description="one column with all options (a list, or by letter), or one column for each"
    )
    answer: str
    answer_is: Literal["letter", "number", "text"] = "letter"
    base: Literal[0, 1] = Field(0, description="what a number counts from")
    id: str | None = None
    context: str | None = None
    specialty: str | None = None
    language: str | None = Field(None, description="a column; else the set's language")

    def columns(self) -> Iterator[tuple[str, str]]:
        """(setting, column) for every column that is named."""
        for key in ("stem", "options", "answer", "id", "context", "specialty", "language"):
            named = getattr(self, key)
            for name in (named,) if isinstance(named, str) else named or ():
                yield key, name


class SourceConfig(BaseModel):
    """One public set."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: str | None = Field(None, description="the loader; by default the one of the set's name")
    path: Path | None = Field(None, description="a local file in the set's native format")
    encoding: str | None = Field(None, description="of a CSV or TSV file that is not UTF-8, such as gb18030")
    hub: str | None = Field(None, description="instead of path: an id on the hub, which is downloaded")
    hub_config: str | None = Field(None, description="which of the hub's subsets")
    hub_split: str = "train"
    hub_revision: str | None = Field(None, description="commit or tag on the hub; without one, the newest")
    limit: int | None = Field(None, ge=1, description="so many questions, drawn by the seed")
    seed: int = 0
    cop_base: Literal[0, 1] | None = Field(
        None, description="MedMCQA: what `cop` counts from, where the file cannot tell"
    )
    release: Literal["original", "other"] = Field("original", description="JMED: which of the two releases is meant")
    test_ids: Path | None = Field(None, description="PubMedQA: the official test ids; only those are loaded")
    category: str | None = Field(None, description="MMLU-Pro: only this category; the set's name gives it")
    language: str | None = Field(None, description="of the questions, where it is not the set's usual one")
    licence: str | None = Field(None, description="of a table: must be stated")
    mapping: Mapping | None = Field(None, description="of a table: its columns")

    @model_validator(mode="after")
    def _in_one_place(self) -> Self:
        if self.path is not None and self.hub is not None:
            raise ValueError("give path or hub, not both")
        if self.hub is None and (self.hub_config or self.hub_revision or self.hub_split != "train"):
            raise ValueError("hub_config, hub_split and hub_revision need hub")
        return self
