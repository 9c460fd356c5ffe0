"""MedQA (USMLE; Jin et al. 2021): four or five options by letter, or the hub's `sent1`, `ending0` … `label`."""

from __future__ import annotations

from florey.datasets.config import SourceConfig
from florey.datasets.items import agreeing, by_letter, by_number, column, facets, optional, options_of, placed, stem
from florey.datasets.rows import Row
from florey.records import Question

LICENCE = "MedQA, MIT: Jin et al., What Disease does this Patient Have? (2021), https://github.com/jind11/MedQA"


def question(row: Row, config: SourceConfig) -> Question:
    if "sent1" in row.values:
        text, options = stem(row, "sent1"), placed(column(row, f"ending{number}") for number in range(4))
        gold = by_number(column(row, "label"), 0, options)
    else:
        text, options = stem(row, "question"), options_of(column(row, "options"), row.where)
        gold = agreeing(by_letter(column(row, "answer_idx"), options), options, optional(row, "answer"))
    return Question(
        stem=text,
        options=options.texts,
        gold=gold,
        language=config.language or "en",
        source="medqa_five_options" if "E" in options.letters else "medqa",
        source_id=optional(row, "id"),
        specialty=optional(row, "meta_info"),
        facets=facets(row, exam_step="meta_info"),
        licences=(LICENCE,),
        flags=options.flags,
    )
