"""MMLU-Pro (Wang et al. 2024), categories biology and health: three to ten options."""

from __future__ import annotations

from collections.abc import Sequence

from florey.datasets.config import SourceConfig
from florey.datasets.items import Skip, by_letter, by_number, column, facets, optional, placed, stem, written
from florey.datasets.rows import Row
from florey.errors import BadInput, nearest
from florey.records import Question

LICENCE = "MMLU-Pro, MIT: Wang et al., MMLU-Pro (2024), https://huggingface.co/datasets/TIGER-Lab/MMLU-Pro"


def prepare(rows: Sequence[Row], config: SourceConfig) -> tuple[Sequence[Row], SourceConfig]:
    """The rows of the category. BadInput where there is none."""
    found = [row for row in rows if column(row, "category") == config.category]
    if rows and not found:
        there = sorted({str(row.values["category"]) for row in rows})
        hint = nearest(str(config.category), there)
        raise BadInput(f"{rows[0].where}: no row of category {config.category}{hint}; there are {', '.join(there)}")
    return found, config


def question(row: Row, config: SourceConfig) -> Question:
    text, cell = stem(row, "question"), written(column(row, "options"))
    if not isinstance(cell, list):
        raise BadInput(f"{row.where}: options: expected a list, found {str(cell)[:60]!r}")
    # "N/A" fills up to ten; it is taken out with its letter, so that the others keep theirs
    options = placed(None if option == "N/A" else option for option in cell)
    gold = by_number(column(row, "answer_index"), 0, options)
    if by_letter(column(row, "answer"), options) != gold:
        raise Skip("answers_disagree")
    return Question(
        stem=text,
        options=options.texts,
        gold=gold,
        source=f"mmlu_pro_{config.category}",
        source_id=optional(row, "question_id"),
        specialty=config.category,
        facets=facets(row, src="src"),
        licences=(LICENCE,),
        flags=options.flags,
    )
