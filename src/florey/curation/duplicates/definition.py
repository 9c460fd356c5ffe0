"""What duplicates are, in the plainest terms. The fast path in the modules beside this one finds the same ones.

Exact: the same text and the same options after normalisation, whatever the order of the options.

Near: Jaccard similarity of two token sets at or above a threshold. Questions that come from a graph share all the
words of their template, so words would call any two of them near duplicates; their tokens are the nodes of the
conditions and the options instead. Four findings and four options make eight tokens: two questions with the same
answer and findings but three other options share 5 of 11 and are both kept; the same findings and options in
another order share all. Other questions are compared by word shingles of the text, and by their options.

Of two duplicates the first by id is kept, but a held-out question always goes before a training one, so that a
duplicate is taken from training and never from the test.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from florey.curation.text import normalise, words
from florey.records import Question, is_masked

HELD_OUT_FIRST = {"test": 0, "dev": 1, "train": 2, None: 3}


@dataclass(frozen=True)
class NearConfig:
    """`threshold` in 0..1, Jaccard; `permutations`: MinHash values; `shingle`: words in a row."""

    threshold: float = 0.8
    permutations: int = 128
    shingle: int = 3
    seed: int = 0


def precedence(question: Question) -> tuple[int, str]:
    """Sort key: of two duplicates the smaller stays."""
    return HELD_OUT_FIRST[question.split], question.id


def by_precedence(held_out: Sequence[int], ids: Sequence[str]) -> npt.NDArray[np.int64]:
    """Positions of questions with these values of `precedence`, sorted; equal ones stay in the order given."""
    keys = pl.DataFrame({"held_out": pl.Series(held_out, dtype=pl.UInt8), "id": pl.Series(ids, dtype=pl.String)})
    return keys.select(pl.arg_sort_by("held_out", "id", maintain_order=True)).to_series().to_numpy().astype(np.int64)


def reading(question: Question) -> str:
    """What is read before the options: the context where there is one, and the stem."""
    return f"{question.context}\n{question.stem}" if question.context else question.stem


def exact_key(question: Question) -> tuple[str, ...]:
    """What two exact duplicates share: the normalised text, then the normalised options, sorted."""
    return normalise(reading(question)), *sorted(map(normalise, question.options))


def nodes(question: Question) -> list[str]:
    """A token for each named node of the conditions, with its place and whether the edge is to be absent."""
    found = []
    for condition in question.conditions:
        sign = "" if condition.holds else ":not"
        if not is_masked(condition.subject):
            found.append(f"subject:{condition.subject}{sign}")
        if not is_masked(condition.object):
            found.append(f"object:{condition.object}{sign}")
    return found


def tokens(question: Question, shingle: int = 3) -> frozenset[str]:
    """The set that stands for a question in the near-duplicate comparison."""
    options = question.option_ids or tuple(map(normalise, question.options))
    said = words(reading(question))
    shingles = (" ".join(said[i : i + shingle]) for i in range(max(1, len(said) - shingle + 1)))
    asked = nodes(question) if question.conditions else [f"text:{each}" for each in shingles]
    return frozenset([*asked, *(f"option:{option}" for option in options)])


def jaccard(left: frozenset[str], right: frozenset[str]) -> float:
    return len(left & right) / len(left | right) if left or right else 1.0


def reasons(kind: str, questions: Sequence[Question], twins: Mapping[int, int]) -> dict[int, str]:
    """Of the questions to drop, each with the one that stays in its place: `reason`."""
    return {place: reason(kind, questions[place], questions[twin]) for place, twin in twins.items()}


def reason(kind: str, dropped: Question, kept: Question) -> str:
    """`kind`, with the split of the question that stays where it is another one."""
    return kind if dropped.split == kept.split else f"{kind}_of_{kept.split}"
