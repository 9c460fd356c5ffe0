"""Semantic duplicates: questions that ask the same in other words, by a static embedding (extra `semantic`).

The vectors are those of a model2vec model, the search is semhash's, exact and not approximate: with n questions it
takes n² products, so that it is for corpora of up to some hundred thousand. Questions that come from a graph are
left out: they share their template, so that any two of them are alike in words; `near` compares them by their nodes.

A static embedding hardly sees a negation or a number. Two questions whose answers differ are therefore never taken
for copies, however alike: both are kept, and it is noticed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from florey.curation.duplicates.definition import precedence, reading, reasons
from florey.curation.text import normalise
from florey.errors import BadInput
from florey.records import Question

if TYPE_CHECKING:
    from model2vec import StaticModel

HUB = "hub:"
_BLOCK = 256  # questions compared with all others at a time


class SemanticConfig(BaseModel):
    """Which model says that two questions mean the same, and from when on."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: str = Field(description="folder of a model2vec model, or hub:OWNER/NAME to download one")
    threshold: float = Field(0.95, gt=0, le=1, description="cosine similarity of semantic duplicates")


def semantic_duplicates(questions: Sequence[Question], config: SemanticConfig) -> dict[int, str]:
    """Position -> reason, for every question to drop: alike, with the same answer as a kept one before it.

    Raises `BadInput` where the extra is missing or the model cannot be read.
    """
    twins, _ = semantic_twins(questions, config)
    return reasons("semantic_duplicate", questions, twins)


def semantic_twins(
    questions: Sequence[Question], config: SemanticConfig, without: Collection[int] = ()
) -> tuple[dict[int, int], dict[int, int]]:
    """Position of each question to drop -> that of the first kept one that is alike and has the same answer, by
    precedence; and position of each kept question -> that of the first kept one that is alike and has another answer.

    `without`: positions that are dropped already and are compared with none.
    """
    left_out = set(without)
    order = [
        place
        for place in sorted(range(len(questions)), key=lambda each: precedence(questions[each]))
        if place not in left_out and not questions[place].conditions
    ]
    answers = [normalise(questions[place].options[questions[place].gold]) for place in order]
    twins: dict[int, int] = {}
    disputes: list[tuple[int, int]] = []
    for row, alike in enumerate(_alike_before([_text(questions[place]) for place in order], config)):
        kept = [other for other in alike if other not in twins]
        same = [other for other in kept if answers[other] == answers[row]]
        if same:
            twins[row] = same[0]
        else:
            disputes += [(row, other) for other in kept]
    others: dict[int, int] = {}
    for row, other in disputes:  # in the order of precedence, so that the first stays
        others.setdefault(row, other)
        others.setdefault(other, row)
    return _placed(twins, order), _placed(others, order)


def _placed(rows: dict[int, int], order: Sequence[int]) -> dict[int, int]:
    return {order[row]: order[other] for row, other in sorted(rows.items())}


def _text(question: Question) -> str:
    """What is asked and what there is to choose from, whatever the order of the options."""
    return "\n".join([reading(question), *sorted(question.options)])


def _alike_before(texts: Sequence[str], config: SemanticConfig) -> Iterator[list[int]]:
    """For each text the earlier ones at or above the threshold, ascending."""
    model = _model(config.model)
    if not texts:
        return
    from semhash.index import Index
    from vicinity import Backend

    vectors: Any = np.asarray(model.encode(list(texts), max_length=None, use_multiprocessing=False))
    index = Index.from_vectors_and_items(vectors, [], Backend.BASIC)
    for start in range(0, len(texts), _BLOCK):
        found = index.query_threshold(vectors[start : start + _BLOCK], config.threshold)
        for row, (places, _) in enumerate(found, start):
            yield [place for place in sorted(map(int, places)) if place < row]


def _model(name: str) -> StaticModel:
    try:
        import semhash  # noqa: F401 (what the search needs, checked before the model is read)
        from model2vec import StaticModel
    except ImportError:
        raise BadInput("semantic duplicates need semhash: pip install 'florey[semantic]'") from None
    source = name.removeprefix(HUB)
    if source == name and not Path(name).is_dir():
        raise BadInput(f"semantic.model: no folder {name!r}; to download a model from the hub write '{HUB}{name}'")
    try:
        return StaticModel.from_pretrained(source, force_download=False)
    except Exception as error:  # the library raises whatever its readers do
        raise BadInput(f"semantic.model: {name!r} is no model2vec model: {type(error).__name__}: {error}") from None
