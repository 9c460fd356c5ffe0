"""Florey's own questions, as `florey synthesize` and `florey curate` write them."""

from __future__ import annotations

from pydantic import ValidationError

from florey.datasets.config import SourceConfig
from florey.datasets.rows import Row
from florey.errors import BadInput
from florey.records import Question


def question(row: Row, config: SourceConfig) -> Question:
    try:
        return Question.model_validate(row.values)
    except ValidationError as error:
        first = error.errors()[0]
        raise BadInput(f"{row.where}: not a Question: {'.'.join(map(str, first['loc']))}: {first['msg']}") from None
