"""Medbullets (Chen et al. 2025), four options (op4) or five (op5): the variant stands in the source's name."""

from __future__ import annotations

from florey.datasets.config import SourceConfig
from florey.datasets.items import by_letter, checked, optional, text
from florey.datasets.rows import Row
from florey.records import Question

LICENCE = "Medbullets: Chen et al., ChallengeClinicalQA, https://huggingface.co/datasets/HanjieChen/ChallengeClinicalQA"


def question(row: Row, config: SourceConfig) -> Question:
    names = [name for name in ("opa", "opb", "opc", "opd", "ope") if optional(row, name)]
    options = checked([text(row, name) for name in names])
    return Question(
        stem=text(row, "question"),
        options=options,
        gold=by_letter(text(row, "answer_idx"), options),
        source=f"medbullets_op{5 if 'ope' in row.values else 4}",
        source_id=optional(row, "link"),
        licences=(LICENCE,),
    )
