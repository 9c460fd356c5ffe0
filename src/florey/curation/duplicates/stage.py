"""The stage of curation: exact, near and semantic duplicates in one go."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from florey.curation.duplicates.definition import NearConfig, reasons
from florey.curation.duplicates.exact import exact_copies
from florey.curation.duplicates.fingerprints import fingerprints
from florey.curation.duplicates.near import near_twins, shares_a_band
from florey.curation.duplicates.semantic import SemanticConfig, semantic_twins
from florey.curation.funnel import Step
from florey.records import Question

DISPUTED = "semantic_twin_with_another_answer"
"""Flag of a question that is kept although another one is alike in meaning: their answers differ."""


def duplicates(questions: Sequence[Question], near: NearConfig, semantic: SemanticConfig | None = None) -> Step:
    """Drops what stands there twice; each search sees only what those before it left.

    Reasons: contradicting_answers, exact_duplicate, near_duplicate and semantic_duplicate, the last three with _of_dev
    or _of_test where the one kept is of that split. Noticed: near duplicates dropped whose answer is not that of the
    one kept, and the questions that got the flag `DISPUTED`.
    """
    prints = fingerprints(questions, near.shingle)
    with ThreadPoolExecutor(1) as beside:  # neither needs the other, and each is bound to one thread
        candidates = beside.submit(shares_a_band, prints, near)
        dropped = exact_copies(questions, prints)
        twins = near_twins(prints, candidates.result(), near, without=dropped)
    dropped |= reasons("near_duplicate", questions, twins)
    noticed = {
        "near_duplicates_with_another_answer": sum(
            bool(prints.answers[place] != prints.answers[twin]) for place, twin in twins.items()
        )
    }
    disputed: Mapping[int, int] = {}
    if semantic:
        copies, disputed = semantic_twins(questions, semantic, without=dropped)
        dropped |= reasons("semantic_duplicate", questions, copies)
        noticed[DISPUTED] = len(disputed)
    return Step(
        kept=[
            _flagged(question) if place in disputed else question
            for place, question in enumerate(questions)
            if place not in dropped
        ],
        dropped=[(questions[place].id, dropped[place]) for place in sorted(dropped)],
        noticed={name: count for name, count in noticed.items() if count},
    )


def _flagged(question: Question) -> Question:
    return question.model_copy(update={"flags": tuple(sorted({*question.flags, DISPUTED}))})
