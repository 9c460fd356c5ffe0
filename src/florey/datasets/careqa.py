"""CareQA (Arias-Duart et al. 2025): the Spanish specialist examination in English or Spanish; `cop` counts from 1."""

from __future__ import annotations

from florey.datasets.config import SourceConfig
from florey.datasets.items import by_number, column, facets, optional, placed, stem
from florey.datasets.rows import Row
from florey.records import Question

LICENCE = "CareQA, Apache-2.0: HPAI-BSC, https://huggingface.co/datasets/HPAI-BSC/CareQA"


def question(row: Row, config: SourceConfig) -> Question:
    text = stem(row, "question")
    options = placed(column(row, f"op{number}") for number in range(1, 5))
    return Question(
        stem=text,
        options=options.texts,
        gold=by_number(column(row, "cop"), 1, options),
        language=config.language or "en",
        source="careqa",
        source_id=optional(row, "unique_id"),
        specialty=optional(row, "category"),
        facets=facets(row, category="category", year="year"),
        licences=(LICENCE,),
        flags=options.flags,
    )
