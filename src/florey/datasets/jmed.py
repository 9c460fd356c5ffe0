"""JMED (Citrus, 2025): Chinese consultations with 21 options. Another release of few options goes by the same name."""

from __future__ import annotations

from collections.abc import Sequence

from florey.datasets.config import SourceConfig
from florey.datasets.items import Skip, by_letter, column, facets, optional, options_of, stem, written
from florey.datasets.rows import Row
from florey.errors import BadInput
from florey.records import Question

LICENCE = "JMED, no licence stated on its card: JD Health, https://huggingface.co/datasets/jdh-algo/JMED"
OPTIONS = 21


def prepare(rows: Sequence[Row], config: SourceConfig) -> tuple[Sequence[Row], SourceConfig]:
    """BadInput where the file is not the release that was asked for: most of its items decide."""
    few = sum(not _all_options(row) for row in rows)
    if config.release == "original" and 2 * few > len(rows):
        raise BadInput(
            f"{rows[0].where}: {few} of {len(rows)} items have not {OPTIONS} options, so this is the other release "
            "that goes by the name of JMED (always-A scores 0.85 in it); set release: other to use it by its own name"
        )
    if config.release == "other" and rows and 2 * few <= len(rows):
        raise BadInput(f"{rows[0].where}: most items have {OPTIONS} options: this is the original release")
    return rows, config


def _all_options(row: Row) -> bool:
    try:
        return len(options_of(column(row, "options"), row.where).texts) == OPTIONS
    except Skip:
        return False


def question(row: Row, config: SourceConfig) -> Question:
    text, original = stem(row, "question"), config.release == "original"
    options = options_of(column(row, "options"), row.where)
    answer = written(column(row, "answer"))  # ["A"], also as text
    fewer = ("fewer_than_21_options",) if original and len(options.texts) < OPTIONS else ()
    return Question(
        stem=text,
        options=options.texts,
        gold=by_letter("".join(map(str, answer)) if isinstance(answer, list) else answer, options),
        language="zh",
        source="jmed" if original else "jmed_other_release",
        source_id=optional(row, "id"),
        facets=facets(row, sex="sex"),
        licences=(LICENCE,),
        flags=(*fewer, *options.flags),
    )
