"""What a person decided: pairs that are one thing, and ids that are not what the rules take them for.

apart:
  - {ids: [WIKIDATA:Q1], from: [DOID:2, ORPHA:3], reason: a syndrome, not the disease}
together:
  - {ids: [DOID:4, ICD10CM:X5], reason: checked by hand}
"""

from __future__ import annotations

from collections.abc import Container, Iterable
from itertools import combinations, product
from pathlib import Path
from typing import Annotated

import yaml
from pydantic import BaseModel, ConfigDict, Field

from florey.errors import BadInput, nearest
from florey.files import write_text
from florey.settings import load_settings

_Ids = Annotated[tuple[str, ...], Field(min_length=1)]


class Apart(BaseModel):
    """None of `ids` is the same thing as any of `others`."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    ids: _Ids
    others: _Ids = Field(alias="from")
    reason: str = Field(min_length=1)


class Together(BaseModel):
    """All of `ids` are one thing, whatever the rules say."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    ids: Annotated[tuple[str, ...], Field(min_length=2)]
    reason: str = Field(min_length=1)


class Overrides(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    apart: tuple[Apart, ...] = ()
    together: tuple[Together, ...] = ()

    @property
    def apart_pairs(self) -> list[tuple[str, str]]:
        return [pair for entry in self.apart for pair in product(entry.ids, entry.others)]

    @property
    def together_pairs(self) -> list[tuple[str, str, str]]:
        """(id, id, reason)."""
        return [(*pair, entry.reason) for entry in self.together for pair in combinations(entry.ids, 2)]

    def among(self, known: Container[str]) -> Overrides:
        """The entries all of whose ids are known."""
        return Overrides(
            apart=tuple(entry for entry in self.apart if all(id in known for id in (*entry.ids, *entry.others))),
            together=tuple(entry for entry in self.together if all(id in known for id in entry.ids)),
        )

    def check(self, known: Iterable[str]) -> None:
        """BadInput for an id that no source has, with the nearest one, and for a pair that is to be both."""
        ids = set(known)
        for one, other in [*self.apart_pairs, *(pair[:2] for pair in self.together_pairs)]:
            for id in (one, other):
                if id not in ids:
                    raise BadInput(f"overrides: no source has '{id}'{nearest(id, ids)}")
            if one == other:
                raise BadInput(f"overrides: '{one}' stands against itself")


def read_overrides(path: Path) -> Overrides:
    """Read an overrides file. BadInput names file, line and key."""
    return load_settings(path, Overrides, "file of overrides")


def write_overrides(path: Path, overrides: Overrides) -> None:
    data = overrides.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    write_text(path, yaml.safe_dump(data, sort_keys=False, allow_unicode=True, width=120))
