"""MedQA (USMLE; Jin et al. 2021): four or five options by letter, or the hub's `sent1`, `ending0` … `label`."""

from __future__ import annotations

from florey.datasets.config import SourceConfig
from florey.datasets.items import by_letter, by_number, checked, column, lettered, optional, text
from florey.datasets.rows import Row
from florey.errors import BadInput
from florey.records import Question

LICENCE = "MedQA, MIT: Jin et al., What Disease does this Patient Have? (2021), https://github.com/jind11/MedQA"


def question(row: Row, config: SourceConfig) -> Question:
    if "sent1" in row.values:
        options = checked([text(row, f"ending{number}") for number in range(5) if f"ending{number}" in row.values])
        stem, gold = text(row, "sent1"), by_number(column(row, "label"), 0, options)
    else:
        stem, options = text(row, "question"), lettered(column(row, "options"), row.where)
        gold = by_letter(text(row, "answer_idx"), options)
        said = optional(row, "answer")
        if said is not None and said != options[gold]:
            raise BadInput(f"{row.where}: answer_idx is {text(row, 'answer_idx')}, but answer is {said!r}")
    return Question(
        stem=stem,
        options=options,
        gold=gold,
        source="medqa",
        source_id=optional(row, "id"),
        specialty=optional(row, "meta_info"),
        licences=(LICENCE,),
    )
