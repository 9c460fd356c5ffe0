"""PubMedQA (Jin et al. 2019): an abstract without its conclusion, a question, yes, no or maybe."""

from __future__ import annotations

import json
from collections.abc import Sequence

from florey.datasets.config import SourceConfig
from florey.datasets.items import Skip, column, optional, text
from florey.datasets.rows import KEY, Row
from florey.errors import BadInput
from florey.records import Question

LICENCE = "PubMedQA, MIT: Jin et al., PubMedQA (2019), https://pubmedqa.github.io"
OPTIONS = ("yes", "no", "maybe")


def prepare(rows: Sequence[Row], config: SourceConfig) -> Sequence[Row]:
    """The rows of the official test set where its ids are given. BadInput for an id that the file has not."""
    if config.test_ids is None:
        return rows
    try:
        wanted = set(json.loads(config.test_ids.read_text(encoding="utf-8")))
    except (OSError, ValueError) as error:
        raise BadInput(f"{config.test_ids}: expected JSON with PubMed ids ({error})") from None
    found = [row for row in rows if _pmid(row) in wanted]
    if missing := sorted(wanted - {_pmid(row) for row in found}):
        raise BadInput(f"{config.test_ids}: {len(missing)} ids are not in the file, the first is {missing[0]}")
    return found


def _pmid(row: Row) -> str | None:
    return optional(row, KEY) or optional(row, "pubid")


def question(row: Row, config: SourceConfig) -> Question:
    upper = "QUESTION" in row.values  # the original files; the hub has lower case and the contexts one level down
    answer = optional(row, "final_decision")
    if answer is None:
        raise Skip("no_answer")
    if answer.lower() not in OPTIONS:
        raise Skip("answer_out_of_range")
    nested = column(row, "CONTEXTS" if upper else "context")
    labels = row.values.get("LABELS") if upper else nested.get("labels")
    contexts = nested if upper else nested["contexts"]
    headed = [
        f"{label}: {part}" if label else part
        for label, part in zip(labels or [""] * len(contexts), contexts, strict=True)
    ]
    return Question(
        context="\n".join(headed) or None,
        stem=text(row, "QUESTION" if upper else "question"),
        options=OPTIONS,
        gold=OPTIONS.index(answer.lower()),
        source="pubmedqa",
        source_id=_pmid(row),
        licences=(LICENCE,),
    )
