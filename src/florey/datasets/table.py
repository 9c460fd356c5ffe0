"""Any other table of single-answer questions, by a declared mapping of its columns."""

from __future__ import annotations

import ast
import json
from collections.abc import Sequence
from typing import Any

from florey.datasets.config import Mapping, SourceConfig
from florey.datasets.items import Skip, by_letter, by_number, checked, column, lettered, optional, text
from florey.datasets.rows import Row
from florey.errors import BadInput
from florey.records import Question


def prepare(rows: Sequence[Row], config: SourceConfig) -> Sequence[Row]:
    """BadInput where the mapping or the licence is missing."""
    if config.mapping is None:
        raise BadInput("mapping: a table needs one: which columns hold stem, options and answer")
    if not config.licence:
        raise BadInput("licence: a table must state the licence of its questions")
    return rows


def question(row: Row, config: SourceConfig) -> Question:
    mapping = config.mapping
    assert mapping is not None and config.licence is not None
    options = _options(row, mapping)
    return Question(
        context=optional(row, mapping.context) if mapping.context else None,
        stem=text(row, mapping.stem),
        options=options,
        gold=_gold(row, mapping, options),
        language=(optional(row, mapping.language) if mapping.language else None) or config.language or "en",
        source=config.kind or "table",
        source_id=optional(row, mapping.id) if mapping.id else None,
        specialty=optional(row, mapping.specialty) if mapping.specialty else None,
        licences=(config.licence,),
    )


def _options(row: Row, mapping: Mapping) -> tuple[str, ...]:
    if not isinstance(mapping.options, str):
        return checked([option for name in mapping.options if (option := optional(row, name)) is not None])
    cell = column(row, mapping.options)
    if isinstance(cell, str):
        cell = _written(cell, row.where, mapping.options)
    if isinstance(cell, dict):
        return lettered(cell, row.where)
    if isinstance(cell, list | tuple):
        return checked([str(option).strip() for option in cell])
    raise BadInput(f"{row.where}: {mapping.options}: expected a list of options or a mapping by letter")


def _written(cell: str, where: str, name: str) -> Any:
    """A list or mapping written as JSON, or as Python writes it."""
    for read in (json.loads, ast.literal_eval):
        try:
            return read(cell)
        except (ValueError, SyntaxError):
            continue
    raise BadInput(f"{where}: {name}: expected a list of options or a mapping by letter, found {cell[:40]!r}")


def _gold(row: Row, mapping: Mapping, options: tuple[str, ...]) -> int:
    answer = text(row, mapping.answer)
    if mapping.answer_is == "letter":
        return by_letter(answer, options)
    if mapping.answer_is == "number":
        return by_number(answer, mapping.base, options)
    places = [index for index, option in enumerate(options) if option == answer]
    if len(places) != 1:
        raise Skip("no_answer" if not places else "several_answers")
    return places[0]
