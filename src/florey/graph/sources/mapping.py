"""What the columns of a table mean: the YAML mapping of the `table` source."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from florey.errors import BadInput, nearest
from florey.graph.model import NODE_TYPES, RELATIONS
from florey.settings import load_settings

PACKAGED = ("hsdn", "pharmacotherapydb")
Name = Annotated[str, Field(min_length=1)]


class Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Id(Part):
    """A CURIE from a column. `prefix`: that of ids written without one; `separator`: between several in a cell."""

    column: Name
    prefix: str | None = None
    separator: str | None = None


class Value(Part):
    """The content of a column, by `values` if given (a row with any other content is no record), or a constant."""

    column: str | None = None
    values: dict[str, str] | None = None
    value: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _constant(cls, data: Any) -> Any:
        return {"value": data} if isinstance(data, str) else data

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.column is None) == (self.value is None):
            raise ValueError("needs either 'column' or 'value'")
        if self.values is not None and self.column is None:
            raise ValueError("'values' needs a 'column'")
        return self

    def every(self) -> tuple[str, ...] | None:
        """All it can be, or None if that is not known before the table is read."""
        if self.value is not None:
            return (self.value,)
        return tuple(self.values.values()) if self.values is not None else None


class OneOf(Part):
    """Holds where the column has one of `values`."""

    column: Name
    values: tuple[str, ...]


class Cells(Part):
    column: Name
    separator: str | None = None


class NodeMapping(Part):
    """`name` and `aliases`: columns. A row makes one node; rows of the same id have to agree on type and name."""

    id: Id
    type: Value
    name: Name
    aliases: tuple[Cells, ...] = ()
    xrefs: tuple[Id, ...] = ()
    where: tuple[OneOf, ...] = ()


class EdgeMapping(Part):
    """`reference` and `frequency`: columns; `score`: a column of numbers. All of `where` have to hold."""

    subject: Id
    relation: Value
    object: Id
    negated: OneOf | None = None
    score: str | None = None
    reference: str | None = None
    reference_prefix: str | None = None
    frequency: str | None = None
    code: Value | None = None
    where: tuple[OneOf, ...] = ()


class LicenceMapping(Part):
    name: Name
    attribution: Name


class Mapping(Part):
    """`quote`: the character around fields of a CSV or TSV (null: none); `separator`: by the file's name if null."""

    source: Name
    release: str | None = None
    licence: LicenceMapping
    separator: str | None = None
    quote: str | None = '"'
    nodes: tuple[NodeMapping, ...] = ()
    edges: tuple[EdgeMapping, ...] = ()

    @model_validator(mode="after")
    def _known(self) -> Self:
        if not self.nodes and not self.edges:
            raise ValueError("needs 'nodes' or 'edges'")
        for word, known, values in (
            ("type", NODE_TYPES, [node.type for node in self.nodes]),
            ("relation", tuple(RELATIONS), [edge.relation for edge in self.edges]),
        ):
            for value in values:
                for name in value.every() or ():
                    if name not in known:
                        raise ValueError(f"unknown {word} '{name}'{nearest(name, known)}")
        return self

    def columns(self) -> tuple[str, ...]:
        """Every column it names, each once."""
        return tuple(dict.fromkeys(_columns(self)))


def _columns(part: Any) -> Iterator[str]:
    if isinstance(part, tuple):
        for each in part:
            yield from _columns(each)
    elif isinstance(part, Part):
        for field in type(part).model_fields:
            value = getattr(part, field)
            plain = field in ("column", "score", "reference", "frequency") or (
                field == "name" and isinstance(part, NodeMapping)
            )
            if plain and isinstance(value, str):
                yield value
            else:
                yield from _columns(value)


def read_mapping(mapping: str | Path) -> Mapping:
    """The packaged mapping of that name, or a YAML file (anything with a suffix). BadInput names file, line and key."""
    path = Path(mapping)
    if path.suffix in (".yaml", ".yml"):
        if not path.is_file():
            raise BadInput(f"{path}: no such file; expected a mapping, or one of {', '.join(PACKAGED)}")
    elif str(mapping) in PACKAGED:
        path = Path(str(files("florey.graph.sources") / "mappings" / f"{mapping}.yaml"))
    else:
        raise BadInput(
            f"no mapping '{mapping}'{nearest(str(mapping), PACKAGED)}; expected {', '.join(PACKAGED)} or a .yaml file"
        )
    return load_settings(path, Mapping, "table mapping")
