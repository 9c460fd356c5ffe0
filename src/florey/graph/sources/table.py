"""Any CSV, TSV or Parquet table as a source, read through a mapping (see `mapping`)."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from florey.errors import BadInput, nearest
from florey.graph.model import NODE_TYPES, RELATIONS, Node, Statement, frequency_bounds, joins, statement
from florey.graph.sources import Licence, distinct, release_of
from florey.graph.sources.curies import curie
from florey.graph.sources.mapping import EdgeMapping, Id, NodeMapping, OneOf, Value, read_mapping
from florey.graph.sources.reading import Misfits, read_rows

Row = dict[str, str]
BATCH = 50_000
"""Rows of a Parquet file that are Python objects at one time."""


class Table:
    """`strict=False` drops and counts rows that do not fit instead of refusing the file."""

    def __init__(self, path: Path, mapping: str | Path, *, strict: bool = True) -> None:
        """`mapping`: the name of a packaged one (`mapping.PACKAGED`) or a YAML file."""
        self.path = path
        self.mapping = read_mapping(mapping)
        if not path.is_file():
            raise BadInput(f"{path}: no such file")
        self.release = self.mapping.release or release_of(path)
        self.licences = {self.mapping.source: Licence(self.mapping.licence.name, self.mapping.licence.attribution)}
        self.dropped: Counter[str] = Counter()
        self.rewritten: Counter[str] = Counter()
        self._strict = strict
        self._types: dict[str, str] = {}

    def nodes(self) -> Iterator[Node]:
        """Sorted by id; aliases and xrefs are gathered from all rows of an id."""
        misfit = Misfits(self._strict, self.dropped)
        found: dict[str, tuple[str, str, list[str], list[str]]] = {}
        for line, row in self._rows(misfit):
            for mapping in self.mapping.nodes:
                if all(_holds(rule, row) for rule in mapping.where):
                    self._gather(mapping, row, f"{self.path}, {line}", found, misfit)
        self._types = {node: kind for node, (kind, *_) in found.items()}
        for node, (kind, name, aliases, xrefs) in sorted(found.items()):
            yield Node(node, kind, name, tuple(dict.fromkeys(aliases)), tuple(dict.fromkeys(xrefs)))

    def _gather(
        self,
        mapping: NodeMapping,
        row: Row,
        where: str,
        found: dict[str, tuple[str, str, list[str], list[str]]],
        misfit: Misfits,
    ) -> None:
        node, kind, name = self._id(mapping.id, row, where, misfit), _value(mapping.type, row), row[mapping.name]
        if node is None:
            return
        if not kind or not name:
            problem = (
                f"'{mapping.name}' is empty" if kind else f"{mapping.type.column} '{row[mapping.type.column or '']}'"
            )
            misfit("node: no type or name", f"{where}: node '{node}': {problem}")
            return
        if kind not in NODE_TYPES:
            misfit("node: unknown type", f"{where}: node '{node}': unknown type '{kind}'{nearest(kind, NODE_TYPES)}")
            return
        known = found.setdefault(node, (kind, name, [], []))
        if known[:2] != (kind, name):
            given = f"as {known[0]} '{known[1]}' and as {kind} '{name}'"
            misfit("node: id given twice, not the same", f"{where}: node '{node}' is given {given}")
            return
        for cells in mapping.aliases:
            known[2].extend(alias for alias in _cells(row[cells.column], cells.separator) if alias != name)
        for xref in mapping.xrefs:
            for text in _cells(row[xref.column], xref.separator):
                if other := curie(text, xref.prefix):
                    known[3].append(other)
                else:
                    misfit("xref: no id", f"{where}: {xref.column} '{text}', expected an id")

    def statements(self) -> Iterator[Statement]:
        """In the table's order. Needs `nodes` to have been consumed: an edge may only join those."""
        yield from distinct(self._all(), self.dropped)

    def _all(self) -> Iterator[Statement]:
        said_before = Misfits(self._strict, Counter())  # damaged rows were counted when the nodes were read
        misfit = Misfits(self._strict, self.dropped)
        for line, row in self._rows(said_before):
            for mapping in self.mapping.edges:
                if not all(_holds(rule, row) for rule in mapping.where):
                    self.dropped["edge: filtered by the mapping"] += 1
                elif found := self._edge(mapping, row, f"{self.path}, {line}", misfit):
                    yield found

    def _edge(self, mapping: EdgeMapping, row: Row, where: str, misfit: Misfits) -> Statement | None:
        subject, object = self._id(mapping.subject, row, where, misfit), self._id(mapping.object, row, where, misfit)
        relation = _value(mapping.relation, row)
        if subject is None or object is None:
            return None
        if relation not in RELATIONS:
            column = mapping.relation.column or ""
            known = mapping.relation.values or RELATIONS
            hint = nearest(row[column], known)
            misfit(f"edge: unknown {column}", f"{where}: {column} '{row[column]}'{hint}; expected {' '.join(known)}")
            return None
        ends = self._types.get(subject), self._types.get(object)
        if ends[0] is None or ends[1] is None:
            misfit("edge: an end is no node", f"{where}: no node '{object if ends[0] else subject}'")
            return None
        if not joins(relation, ends[0], ends[1]):
            misfit(
                f"{relation}: from {ends[0]} to {ends[1]}", f"{where}: {relation} cannot join {ends[0]} to {ends[1]}"
            )
            return None
        try:
            details = _details(mapping, row)
        except ValueError as error:
            misfit("edge: unreadable score or frequency", f"{where}: {error}")
            return None
        negated = mapping.negated is not None and _holds(mapping.negated, row)
        return statement(subject, relation, object, self.mapping.source, self.release, negated=negated, **details)

    def _id(self, mapping: Id, row: Row, where: str, misfit: Misfits) -> str | None:
        found = curie(row[mapping.column], mapping.prefix)
        if found is None:
            expected = f"{mapping.prefix}:… or an id without prefix" if mapping.prefix else "PREFIX:…"
            misfit(
                f"{mapping.column}: no id", f"{where}: {mapping.column} '{row[mapping.column]}', expected {expected}"
            )
        return found

    def _rows(self, misfit: Misfits) -> Iterator[tuple[str, Row]]:
        """("line 7" or "row 7", content by column)."""
        columns = self.mapping.columns()
        if ".parquet" in self.path.suffixes:
            yield from _parquet_rows(self.path, columns)
            return
        separator = self.mapping.separator or ("," if ".csv" in self.path.suffixes else "\t")
        for number, values in read_rows(
            self.path, columns, misfit, separator=separator, quote=self.mapping.quote, filled=0
        ):
            yield f"line {number}", dict(zip(columns, map(str.strip, values), strict=True))


def _parquet_rows(path: Path, columns: Sequence[str]) -> Iterator[tuple[str, Row]]:
    try:
        schema = pl.read_parquet_schema(path)
    except (pl.exceptions.PolarsError, OSError) as error:
        raise BadInput(f"{path}: expected a Parquet file ({str(error).splitlines()[0]})") from None
    for column in columns:
        if column not in schema:
            raise BadInput(f"{path}: no column '{column}'{nearest(column, schema)}; the table has {', '.join(schema)}")
        if schema[column].is_nested() or schema[column] == pl.Binary:
            raise BadInput(f"{path}: column '{column}' is {schema[column]}; expected text or numbers")
    try:
        table = pl.read_parquet(path, columns=list(columns))
    except (pl.exceptions.PolarsError, OSError) as error:
        raise BadInput(f"{path}: damaged Parquet file ({str(error).splitlines()[0]})") from None
    number = 0
    for batch in table.iter_slices(BATCH):
        for values in batch.select(pl.col(columns).cast(pl.String).fill_null("")).iter_rows():
            number += 1
            yield f"row {number}", dict(zip(columns, map(str.strip, values), strict=True))


def _details(mapping: EdgeMapping, row: Row) -> dict[str, Any]:
    """Fields of Statement after `release`. ValueError for a score or frequency that cannot be read."""
    found: dict[str, Any] = {}
    if mapping.score and row[mapping.score]:
        try:
            found["score"] = float(row[mapping.score])
        except ValueError:
            raise ValueError(f"{mapping.score} '{row[mapping.score]}', expected a number") from None
        if not math.isfinite(found["score"]):
            raise ValueError(f"{mapping.score} '{row[mapping.score]}', expected a finite number")
    if mapping.reference and row[mapping.reference]:
        text = row[mapping.reference]
        found["reference"] = curie(text, mapping.reference_prefix) or text
    if mapping.frequency and row[mapping.frequency]:
        frequency_bounds(row[mapping.frequency])
        found["frequency"] = row[mapping.frequency]
    if mapping.code and (code := _value(mapping.code, row)):
        found["code"] = code
    return found


def _holds(rule: OneOf, row: Row) -> bool:
    return row[rule.column] in rule.values


def _value(mapping: Value, row: Row) -> str | None:
    if mapping.column is None:
        return mapping.value
    return mapping.values.get(row[mapping.column]) if mapping.values is not None else row[mapping.column]


def _cells(text: str, separator: str | None) -> list[str]:
    return [part for cell in (text.split(separator) if separator else [text]) if (part := cell.strip())]
