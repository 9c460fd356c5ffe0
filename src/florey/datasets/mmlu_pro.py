"""MMLU-Pro (Wang et al. 2024), categories biology and health: three to ten options."""

from __future__ import annotations

from collections.abc import Sequence

from florey.datasets.config import SourceConfig
from florey.datasets.items import by_number, checked, column, optional, text
from florey.datasets.rows import Row
from florey.errors import BadInput
from florey.records import LETTERS, Question

LICENCE = "MMLU-Pro, MIT: Wang et al., MMLU-Pro (2024), https://huggingface.co/datasets/TIGER-Lab/MMLU-Pro"


def prepare(rows: Sequence[Row], config: SourceConfig) -> Sequence[Row]:
    """The rows of the category. BadInput where there is none."""
    found = [row for row in rows if column(row, "category") == config.category]
    if rows and not found:
        there = ", ".join(sorted({str(row.values["category"]) for row in rows}))
        raise BadInput(f"{rows[0].where}: no row of category {config.category}; there are {there}")
    return found


def question(row: Row, config: SourceConfig) -> Question:
    options = checked([str(option).strip() for option in column(row, "options") if str(option).strip() != "N/A"])
    gold = by_number(column(row, "answer_index"), 0, options)
    if text(row, "answer") != LETTERS[gold]:
        raise BadInput(f"{row.where}: answer is {text(row, 'answer')}, but answer_index is {gold}")
    return Question(
        stem=text(row, "question"),
        options=options,
        gold=gold,
        source=f"mmlu_pro_{config.category}",
        source_id=optional(row, "question_id"),
        specialty=optional(row, "src"),
        licences=(LICENCE,),
    )
