"""MedMCQA (Pal et al. 2022). `cop` counts from 1 in the original files and from 0 on the hub: the file must tell."""

from __future__ import annotations

from collections.abc import Sequence

from florey.datasets.config import SourceConfig
from florey.datasets.items import by_number, column, optional, text
from florey.datasets.rows import Row
from florey.errors import BadInput
from florey.records import Question

LICENCE = "MedMCQA, Apache-2.0: Pal et al., MedMCQA (2022), https://medmcqa.github.io"
OPTIONS = ("opa", "opb", "opc", "opd")


def prepare(rows: Sequence[Row], config: SourceConfig) -> SourceConfig:
    """Finds what `cop` counts from: a 4 anywhere means 1, a 0 means 0. BadInput where the file has both or neither."""
    if config.cop_base is not None:
        return config
    seen = {str(column(row, "cop")).removesuffix(".0") for row in rows}
    if ("0" in seen) == ("4" in seen):
        both = "both 0 and 4" if "0" in seen else "neither 0 nor 4"
        where = rows[0].where if rows else "the file"
        raise BadInput(
            f"{where}: cop is {both} somewhere, so it does not tell what it counts from; set cop_base to 0 or 1"
        )
    return config.model_copy(update={"cop_base": 0 if "0" in seen else 1})


def question(row: Row, config: SourceConfig) -> Question:
    assert config.cop_base is not None
    options = tuple(text(row, name) for name in OPTIONS)
    return Question(
        stem=text(row, "question"),
        options=options,
        gold=by_number(column(row, "cop"), config.cop_base, options),
        source="medmcqa",
        source_id=optional(row, "id"),
        specialty=optional(row, "subject_name"),
        licences=(LICENCE,),
    )
