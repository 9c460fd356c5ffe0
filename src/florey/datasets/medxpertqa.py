"""MedXpertQA Text (Zuo et al. 2025): ten options, which also stand at the end of the stem and are taken out there."""

from __future__ import annotations

import re

from florey.datasets.config import SourceConfig
from florey.datasets.items import Skip, agreeing, blank, by_letter, column, facets, optional, options_of, stem, written
from florey.datasets.rows import Row
from florey.records import Question

LICENCE = "MedXpertQA, MIT: Zuo et al., MedXpertQA (2025), https://huggingface.co/datasets/TsinghuaC3I/MedXpertQA"
_OPTIONS_AGAIN = re.compile(r"\s*Answer Choices:\s*\(A\).*\Z", re.DOTALL)


def question(row: Row, config: SourceConfig) -> Question:
    text = _OPTIONS_AGAIN.sub("", stem(row, "question"))
    images = written(row.values.get("images"))
    if images and not blank(images):  # the set's other half, MM
        raise Skip("needs_an_image")
    options = options_of(column(row, "options"), row.where)
    letter = optional(row, "label") or column(row, "answer_idx")
    return Question(
        stem=text,
        options=options.texts,
        gold=agreeing(by_letter(letter, options), options, optional(row, "answer")),
        source="medxpertqa_text",
        source_id=optional(row, "id") or optional(row, "realidx"),
        specialty=optional(row, "body_system"),
        facets=facets(row, medical_task="medical_task", body_system="body_system", question_type="question_type"),
        licences=(LICENCE,),
        flags=options.flags,
    )
