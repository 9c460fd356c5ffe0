"""Exact duplicates: copies of a question, whatever their order of options, case, spacing or width of characters."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from florey.curation.duplicates.definition import reason
from florey.curation.duplicates.fingerprints import Fingerprints, fingerprints
from florey.records import Question


def exact_duplicates(questions: Sequence[Question]) -> dict[int, str]:
    """Position -> reason, for every question to drop.

    Copies that disagree on the answer are all dropped: nothing says which of them is right.
    """
    return exact_copies(questions, fingerprints(questions))


def exact_copies(questions: Sequence[Question], prints: Fingerprints) -> dict[int, str]:
    """As `exact_duplicates`. Two hashes of 64 bits stand for a question."""
    order = prints.order
    ranked = order[np.lexsort((prints.options[order], prints.texts[order]))]  # stable: copies stay in their order
    differs = np.ones(len(ranked) + 1, np.bool_)
    differs[1:-1] = False
    for hashes in (prints.texts, prints.options):
        differs[1:-1] |= hashes[ranked[1:]] != hashes[ranked[:-1]]
    bounds = np.flatnonzero(differs)
    several = np.flatnonzero(np.diff(bounds) > 1)
    dropped: dict[int, str] = {}
    for start, stop in zip(bounds[several].tolist(), bounds[several + 1].tolist(), strict=True):
        first, *others = ranked[start:stop].tolist()
        if (prints.answers[ranked[start:stop]] != prints.answers[first]).any():
            dropped.update(dict.fromkeys((first, *others), "contradicting_answers"))
        else:
            dropped.update({i: reason("exact_duplicate", questions[i], questions[first]) for i in others})
    return dropped
