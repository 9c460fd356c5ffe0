"""PubMedQA (Jin et al. 2019): an abstract without its conclusion, a question, yes, no or maybe."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from florey.datasets.config import SourceConfig
from florey.datasets.items import Skip, column, facets, optional, stem, written
from florey.datasets.rows import KEY, Row
from florey.errors import BadInput
from florey.files import read_json
from florey.records import Question

LICENCE = "PubMedQA, MIT: Jin et al., PubMedQA (2019), https://pubmedqa.github.io"
OPTIONS = ("yes", "no", "maybe")


def prepare(rows: Sequence[Row], config: SourceConfig) -> tuple[Sequence[Row], SourceConfig]:
    """The rows of the official test set where its ids are given, as a mapping to the answers or as a list. BadInput
    where none of them is in the file, or where an answer is another."""
    if config.test_ids is None:
        return rows, config
    wanted = read_json(config.test_ids)
    if not isinstance(wanted, dict | list) or not all(isinstance(pmid, str) for pmid in wanted):
        raise BadInput(f"{config.test_ids}: expected JSON with PubMed ids, as a mapping to the answers or as a list")
    found = [row for row in rows if _pmid(row) in wanted]
    if not found:
        raise BadInput(f"{config.test_ids}: none of its {len(wanted)} ids is in the file")
    answers = wanted if isinstance(wanted, dict) else {}
    for row in found:
        there = optional(row, "final_decision")
        if (said := answers.get(_pmid(row), there)) != there:
            raise BadInput(f"{row.where}: final_decision is {there}, but {config.test_ids} says {said}")
    return found, config


def _pmid(row: Row) -> str | None:
    return optional(row, KEY) or optional(row, "pubid")


def question(row: Row, config: SourceConfig) -> Question:
    upper = "QUESTION" in row.values  # the original files; the hub has lower case and the contexts one level down
    text, answer = stem(row, "QUESTION" if upper else "question"), optional(row, "final_decision")
    if answer is None:
        raise Skip("no_answer")
    if answer.lower() not in OPTIONS:
        raise Skip("answer_unreadable")
    return Question(
        context=_context(row, upper),
        stem=text,
        options=OPTIONS,
        gold=OPTIONS.index(answer.lower()),
        source="pubmedqa" if config.test_ids is None else "pubmedqa_test",
        source_id=_pmid(row),
        facets=facets(row, year="YEAR"),
        licences=(LICENCE,),
    )


def _context(row: Row, upper: bool) -> str | None:
    """The abstract's parts, one a line, each after its label where every part has one."""
    cell = {name.lower(): written(value) for name, value in row.values.items()} if upper else column(row, "context")
    cell = written(cell)
    parts, labels = (cell.get("contexts"), cell.get("labels")) if isinstance(cell, Mapping) else (None, None)
    if not isinstance(parts, list):
        raise BadInput(f"{row.where}: expected the abstract as a list, in CONTEXTS or in context.contexts")
    if isinstance(labels, list) and len(labels) == len(parts):
        parts = [f"{label}: {part}" if label else part for label, part in zip(labels, parts, strict=True)]
    return "\n".join(map(str, parts)) or None
