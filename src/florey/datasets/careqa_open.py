"""CareQA's open-ended variant (Arias-Duart et al. 2025): a question and a reference answer, no options.

A `Question` has options; here they are the reference and "any other answer". It is for prompts without options and for
a judge; shown as it is, it would answer itself.
"""

from __future__ import annotations

from florey.datasets.careqa import LICENCE
from florey.datasets.config import SourceConfig
from florey.datasets.items import Skip, facets, optional, stem
from florey.datasets.rows import Row
from florey.records import Question

OTHER = "(any other answer)"
FLAG = "open_ended"
"""Flag of questions whose options are no options."""


def question(row: Row, config: SourceConfig) -> Question:
    text, reference = stem(row, "question"), optional(row, "answer")
    if reference is None:
        raise Skip("no_answer")
    return Question(
        stem=text,
        options=(reference, OTHER),
        gold=0,
        language=config.language or "en",
        source="careqa_open",
        source_id=optional(row, "unique_id"),
        specialty=optional(row, "category"),
        facets=facets(row, category="category", year="year"),
        licences=(LICENCE,),
        flags=(FLAG,),
    )
