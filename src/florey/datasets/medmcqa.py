"""MedMCQA (Pal et al. 2022). `cop` counts from 1 in the original files and from 0 on the hub: the file must tell.

`choice_type: multi` is no question of several answers: one option of the four is right, and it names several things.
"""

from __future__ import annotations

from collections.abc import Sequence

from florey.datasets.config import SourceConfig
from florey.datasets.items import by_number, column, facets, optional, placed, stem
from florey.datasets.rows import Row
from florey.errors import BadInput
from florey.records import Question

LICENCE = "MedMCQA, MIT (on the hub Apache-2.0): Pal et al., MedMCQA (2022), https://github.com/medmcqa/medmcqa"
OPTIONS = ("opa", "opb", "opc", "opd")


def prepare(rows: Sequence[Row], config: SourceConfig) -> tuple[Sequence[Row], SourceConfig]:
    """Finds what `cop` counts from: a 4 anywhere means 1, a 0 means 0. BadInput where the file has both or neither."""
    if config.cop_base is not None or not rows:
        return rows, config
    seen = {str(column(row, "cop")).removesuffix(".0") for row in rows}
    if not seen & {"0", "1", "2", "3", "4"}:
        raise BadInput(f"{rows[0].where}: no row has an answer in cop (those of the test split are not public)")
    if ("0" in seen) == ("4" in seen):
        both = "both 0 and 4" if "0" in seen else "neither 0 nor 4"
        raise BadInput(
            f"{rows[0].where}: cop is {both} somewhere, so the file does not tell what it counts from; "
            "set cop_base: 0 for a file from the hub, cop_base: 1 for an original one"
        )
    return rows, config.model_copy(update={"cop_base": 0 if "0" in seen else 1})


def question(row: Row, config: SourceConfig) -> Question:
    assert config.cop_base is not None
    text, options = stem(row, "question"), placed(column(row, name) for name in OPTIONS)
    return Question(
        stem=text,
        options=options.texts,
        gold=by_number(column(row, "cop"), config.cop_base, options),
        source="medmcqa",
        source_id=optional(row, "id"),
        specialty=optional(row, "subject_name"),
        facets=facets(row, subject="subject_name", topic="topic_name", choice_type="choice_type"),
        licences=(LICENCE,),
        flags=options.flags,
    )
