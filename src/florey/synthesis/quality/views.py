"""What a guesser may see of a question's options: one view is one matrix, with one row for each option.

Only differences between the options of a question matter to the guesser, so nothing here is centred. A numeric view
has for each measure its value, its distance from the middle of the question's options, and whether it is the smallest
or the largest; each column stands once for all kinds of question and once for each kind, since "the longest" and "the
shortest" would cancel out between two kinds.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from math import log1p
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import sparse

from florey.graph.linking.normalise import WORD, key
from florey.records import ANSWER, Question

Floats = npt.NDArray[np.float64]
Measure = tuple[str, Callable[[Question, int], float]]
NO_KIND = "(none)"
MOST_TOKENS = 8_000
"""The commonest tokens of option texts that a guesser looks at. Libraries add up longer vectors in as many parts as
there are threads, and the figures must not depend on that."""
_FEWEST = 4
_GRAMS = (3, 4, 5)


class Degrees(NamedTuple):
    """How popular the nodes of a graph are; a relation counts as a node with all its edges."""

    total: Mapping[str, int]  # edges from or to a node
    by_relation: Mapping[tuple[str, str], int]  # (node, relation) -> edges


@dataclass(frozen=True)
class View:
    """`matrix`: float64, shape (options of all questions, features); `names`: of the features."""

    names: tuple[str, ...]
    matrix: Any  # scipy.sparse.csr_array, whose sums do not depend on the number of threads


def starts(questions: Sequence[Question]) -> npt.NDArray[np.int64]:
    """The row of each question's first option, and the number of rows at the end: shape (questions + 1,)."""
    return np.cumsum([0, *(len(question.options) for question in questions)])


def kind(question: Question) -> str:
    return question.metapath or NO_KIND


def lengths(questions: Sequence[Question]) -> View:
    """Characters and words of the option texts."""
    return _numeric(
        questions,
        [
            ("characters", lambda question, i: log1p(len(question.options[i]))),
            ("words", lambda question, i: log1p(len(question.options[i].split()))),
        ],
    )


def overlap(questions: Sequence[Question]) -> View:
    """What an option text shares with the stem: words by their stems, the beginnings of words, character trigrams."""
    return _numeric(
        questions,
        [
            ("words shared with the stem", lambda question, i: float(len(_shared(question, i)))),
            ("jaccard of the words with the stem", _jaccard),
            ("longest common beginning of a word with the stem", _prefix),
            ("share of the trigrams in the stem", _trigrams_shared),
        ],
    )


def popularity(questions: Sequence[Question], degrees: Degrees | None) -> View:
    """How many edges an option's node has, in all and of the relations that the question asks about.

    Without a graph: how often the option stands in the file, as an answer or not.
    """
    if degrees is None:
        seen = Counter(node for question in questions for node in nodes(question))
        return _numeric(questions, [("times in the file", lambda question, i: log1p(seen[nodes(question)[i]]))])

    def asked(question: Question, i: int) -> float:
        relations = sorted({c.relation for c in question.conditions if ANSWER in (c.subject, c.object)})
        return log1p(sum(degrees.by_relation.get((nodes(question)[i], relation), 0) for relation in relations))

    return _numeric(
        questions,
        [
            ("edges", lambda question, i: log1p(degrees.total.get(nodes(question)[i], 0))),
            ("edges of the relation asked about", asked),
        ],
    )


def position(questions: Sequence[Question]) -> View:
    """The letter of an option, and whether it is the last."""
    widest = max(len(question.options) for question in questions)
    first: list[Measure] = [
        (f"place {place + 1}", lambda _, i, place=place: float(i == place))  # type: ignore[misc]
        for place in range(widest)
    ]
    last: Measure = ("last place", lambda question, i: float(i == len(question.options) - 1))
    columns = [_column(questions, measure) for _, measure in (*first, last)]
    return _by_kind(questions, [name for name, _ in (*first, last)], np.column_stack(columns))


def options(questions: Sequence[Question]) -> View:
    """Which node an option is, the words of its text and their characters in threes to fives; nothing of the stem."""
    rows = [_tokens(node, text) for q in questions for node, text in zip(nodes(q), q.options, strict=True)]
    counts = Counter(token for row in rows for token in row)
    usual = sorted((token for token, times in counts.items() if times >= _FEWEST), key=lambda t: (-counts[t], t))
    place = {token: i for i, token in enumerate(sorted(usual[:MOST_TOKENS]))}
    found = [[place[token] for token in row if token in place] for row in rows]
    sizes = np.array([len(row) for row in found])
    # rows of equal length, so that a long name is no stronger evidence than a short one
    data = np.repeat(1 / np.sqrt(np.maximum(sizes, 1)), sizes)
    columns = np.array([column for row in found for column in row], dtype=np.int64)
    matrix = sparse.csr_array((data, columns, np.concatenate([[0], np.cumsum(sizes)])), (len(rows), len(place)))
    return View(tuple(place), matrix)


def together(views: Iterable[View]) -> View:
    found = list(views)
    return View(
        tuple(name for view in found for name in view.names),
        sparse.hstack([view.matrix for view in found], format="csr"),
    )


def nodes(question: Question) -> tuple[str, ...]:
    """What tells options apart across questions: ids of nodes, or the texts where there are none."""
    return question.option_ids or tuple(text.casefold().strip() for text in question.options)


def stems(text: str) -> frozenset[str]:
    """The words of a text without endings and accents."""
    return frozenset(_stem(word) for word in WORD.findall(text))


@lru_cache(maxsize=100_000)
def _stem(word: str) -> str:
    return key(word)


@lru_cache(maxsize=4096)
def _stems(text: str) -> frozenset[str]:
    return stems(text)


@lru_cache(maxsize=4096)
def _trigrams(text: str) -> frozenset[str]:
    plain = " ".join(text.casefold().split())
    return frozenset(plain[i : i + 3] for i in range(len(plain) - 2))


def _shared(question: Question, i: int) -> frozenset[str]:
    return _stems(question.options[i]) & _stems(question.stem)


def _jaccard(question: Question, i: int) -> float:
    either = _stems(question.options[i]) | _stems(question.stem)
    return len(_shared(question, i)) / len(either) if either else 0.0


def _prefix(question: Question, i: int) -> float:
    mine, theirs = _stems(question.options[i]), _beginnings(question.stem)
    return float(max((n for word in mine for n in range(len(word), 0, -1) if word[:n] in theirs), default=0))


@lru_cache(maxsize=4096)
def _beginnings(text: str) -> frozenset[str]:
    return frozenset(word[:n] for word in _stems(text) for n in range(1, len(word) + 1))


def _trigrams_shared(question: Question, i: int) -> float:
    mine = _trigrams(question.options[i])
    return len(mine & _trigrams(question.stem)) / len(mine) if mine else 0.0


@lru_cache(maxsize=100_000)
def _tokens(node: str, text: str) -> tuple[str, ...]:
    plain = " ".join(text.casefold().split())
    padded = f" {plain} "
    grams = {f"…{padded[i : i + n]}…" for n in _GRAMS for i in range(len(padded) - n + 1)}
    words = {f"word {word}" for word in WORD.findall(plain)}
    return (f"option {node}", *sorted(grams | words))


def _column(questions: Sequence[Question], measure: Callable[[Question, int], float]) -> Floats:
    return np.array([measure(question, i) for question in questions for i in range(len(question.options))])


def _numeric(questions: Sequence[Question], measures: Sequence[Measure]) -> View:
    bounds = starts(questions)
    sizes = np.diff(bounds)
    names: list[str] = []
    columns: list[Floats] = []
    for name, measure in measures:
        values = _column(questions, measure)
        least, most = (np.repeat(ends.reduceat(values, bounds[:-1]), sizes) for ends in (np.minimum, np.maximum))
        middle = np.repeat(np.add.reduceat(values, bounds[:-1]) / sizes, sizes)
        names += [name, f"{name}: distance from the middle", f"{name}: smallest", f"{name}: largest"]
        columns += [values, np.abs(values - middle), _alone(values == least, bounds), _alone(values == most, bounds)]
    return _by_kind(questions, names, np.column_stack(columns))


def _alone(marked: npt.NDArray[np.bool_], bounds: npt.NDArray[np.int64]) -> Floats:
    """The marks of a question shared by those that have it: three options of one length are no longest."""
    sharing: Floats = np.repeat(np.add.reduceat(marked.astype(float), bounds[:-1]), np.diff(bounds))
    return marked / sharing


def _by_kind(questions: Sequence[Question], names: Sequence[str], dense: Floats) -> View:
    """Every column for all kinds and, where there are several, again for each of them; columns of unit spread."""
    bounds = starts(questions)
    means = np.add.reduceat(dense, bounds[:-1]) / np.diff(bounds)[:, None]
    spread = np.sqrt(((dense - np.repeat(means, np.diff(bounds), axis=0)) ** 2).mean(axis=0))
    scaled = dense / np.where(spread > 0, spread, 1.0)
    rows = np.repeat([kind(question) for question in questions], np.diff(bounds))
    kinds = sorted(set(rows.tolist()))
    parts = chain([scaled], (scaled * (rows == name)[:, None] for name in kinds if len(kinds) > 1))
    labels = [*names, *(f"{name} ({each})" for each in kinds if len(kinds) > 1 for name in names)]
    return View(tuple(labels), sparse.hstack([sparse.csr_array(part) for part in parts], format="csr"))
