"""Medbullets (Chen et al. 2025), four options (op4) or five (op5): the variant stands in the source's name."""

from __future__ import annotations

from florey.datasets.config import SourceConfig
from florey.datasets.items import agreeing, by_letter, column, optional, placed, stem
from florey.datasets.rows import Row
from florey.records import Question

LICENCE = (
    "Medbullets, no licence stated in its repository: Chen et al., Benchmarking LLMs on Answering and Explaining "
    "Challenging Medical Questions (2025), https://github.com/HanjieChen/ChallengeClinicalQA"
)
OPTIONS = ("opa", "opb", "opc", "opd")


def question(row: Row, config: SourceConfig) -> Question:
    text, five = stem(row, "question"), "ope" in row.values
    options = placed(column(row, name) for name in (*OPTIONS, *(["ope"] if five else [])))
    return Question(
        stem=text,
        options=options.texts,
        gold=agreeing(by_letter(column(row, "answer_idx"), options), options, optional(row, "answer")),
        source="medbullets_op5" if five else "medbullets_op4",
        source_id=optional(row, "link"),
        licences=(LICENCE,),
        flags=options.flags,
    )
