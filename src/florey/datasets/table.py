"""Any other table of single-answer questions, by a declared mapping of its columns."""

from __future__ import annotations

from collections.abc import Sequence

from florey.datasets.config import Mapping, SourceConfig
from florey.datasets.items import Options, by_letter, by_number, by_text, column, optional, options_of, placed, stem
from florey.datasets.rows import Row
from florey.errors import BadInput, nearest
from florey.records import Question


def prepare(rows: Sequence[Row], config: SourceConfig) -> tuple[Sequence[Row], SourceConfig]:
    """BadInput where the mapping or the licence is missing, or a column that it names is in no row."""
    if config.mapping is None:
        raise BadInput("mapping: a table needs one: which columns hold stem, options and answer")
    if not config.licence:
        raise BadInput("licence: a table must state the licence of its questions")
    there = list(dict.fromkeys(name for row in rows for name in row.values))
    for key, name in config.mapping.columns():
        if rows and name not in there:
            hint = nearest(name, there)
            raise BadInput(f"mapping.{key}: no column '{name}'{hint}; there are {', '.join(there)}")
    return rows, config


def question(row: Row, config: SourceConfig) -> Question:
    mapping = config.mapping
    assert mapping is not None and config.licence is not None
    text, options = stem(row, mapping.stem), _options(row, mapping)
    return Question(
        context=optional(row, mapping.context) if mapping.context else None,
        stem=text,
        options=options.texts,
        gold=_gold(row, mapping, options),
        language=(optional(row, mapping.language) if mapping.language else None) or config.language or "en",
        source="table",
        source_id=optional(row, mapping.id) if mapping.id else None,
        specialty=optional(row, mapping.specialty) if mapping.specialty else None,
        licences=(config.licence,),
        flags=options.flags,
    )


def _options(row: Row, mapping: Mapping) -> Options:
    if isinstance(mapping.options, str):
        return options_of(column(row, mapping.options), row.where)
    return placed(row.values.get(name) for name in mapping.options)


def _gold(row: Row, mapping: Mapping, options: Options) -> int:
    answer = column(row, mapping.answer)
    if mapping.answer_is == "number":
        return by_number(answer, mapping.base, options)
    return by_letter(answer, options) if mapping.answer_is == "letter" else by_text(answer, options)
