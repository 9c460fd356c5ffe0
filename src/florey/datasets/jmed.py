"""JMED (Citrus, 2025): Chinese consultations with 21 options. Another release of few options goes by the same name."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from florey.datasets.config import SourceConfig
from florey.datasets.items import by_letter, column, lettered, optional, text
from florey.datasets.rows import Row
from florey.errors import BadInput
from florey.records import Question

LICENCE = "JMED: JD Health, https://huggingface.co/datasets/jdh-algo/JMED (terms: see the data set's card)"
OPTIONS = 21


def prepare(rows: Sequence[Row], config: SourceConfig) -> Sequence[Row]:
    """BadInput where the file is not the release that was asked for."""
    other = sum(len(column(row, "options")) != OPTIONS for row in rows)
    if config.release == "original" and other:
        raise BadInput(
            f"{rows[0].where}: {other} of {len(rows)} items have not {OPTIONS} options, so this is the other release "
            "that goes by the name of JMED (always-A scores 0.85 in it); set release: other to use it by its own name"
        )
    if config.release == "other" and rows and not other:
        raise BadInput(f"{rows[0].where}: every item has {OPTIONS} options: this is the original release")
    return rows


def question(row: Row, config: SourceConfig) -> Question:
    options = lettered(column(row, "options"), row.where)
    answer = column(row, "answer")
    if isinstance(answer, str) and answer.startswith("["):
        answer = ast.literal_eval(answer)
    letters = "".join(map(str, answer)) if isinstance(answer, list) else str(answer)
    return Question(
        stem=text(row, "question"),
        options=options,
        gold=by_letter(letters, options),
        language="zh",
        source="jmed" if config.release == "original" else "jmed_other_release",
        source_id=optional(row, "id"),
        licences=(LICENCE,),
    )
