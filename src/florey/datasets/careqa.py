"""CareQA (Arias-Duart et al. 2025): the Spanish specialist examination in English; `cop` counts from 1."""

from __future__ import annotations

from florey.datasets.config import SourceConfig
from florey.datasets.items import by_number, column, optional, text
from florey.datasets.rows import Row
from florey.records import Question

LICENCE = "CareQA, Apache-2.0: HPAI-BSC, https://huggingface.co/datasets/HPAI-BSC/CareQA"


def question(row: Row, config: SourceConfig) -> Question:
    stem, options = text(row, "question"), tuple(text(row, f"op{number}") for number in range(1, 5))
    return Question(
        stem=stem,
        options=options,
        gold=by_number(column(row, "cop"), 1, options),
        source="careqa",
        source_id=optional(row, "unique_id"),
        specialty=optional(row, "category"),
        licences=(LICENCE,),
    )
