"""MedXpertQA Text (Zuo et al. 2025): ten options, which also stand at the end of the stem and are taken out there."""

from __future__ import annotations

from florey.datasets.config import SourceConfig
from florey.datasets.items import by_letter, column, lettered, optional, text
from florey.datasets.rows import Row
from florey.records import Question

LICENCE = "MedXpertQA, MIT: Zuo et al., MedXpertQA (2025), https://huggingface.co/datasets/TsinghuaC3I/MedXpertQA"
MARK = "Answer Choices:"


def question(row: Row, config: SourceConfig) -> Question:
    options = lettered(column(row, "options"), row.where)
    return Question(
        stem=text(row, "question").partition(MARK)[0].strip(),
        options=options,
        gold=by_letter(optional(row, "label") or text(row, "answer_idx"), options),
        source="medxpertqa_text",
        source_id=optional(row, "id") or optional(row, "realidx"),
        specialty=optional(row, "body_system"),
        licences=(LICENCE,),
    )
