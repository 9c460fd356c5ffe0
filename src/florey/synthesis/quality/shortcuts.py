"""Does something other than medicine give the answers away? Guessers that see one thing only, and how well they do.

A question set is balanced where none of them beats chance: not from the options alone, not from their lengths, their
overlap with the stem, the popularity of their nodes or their place. Each guesser learns on one half of the questions
and is scored on the other, both ways; questions of one group stay in one half. Answers may recur in the other half, as
they do between the training and the test questions of this project: a node that is right more often than chance
wherever it is offered is a shortcut. `options_new` keeps the answers of the halves apart; then a node that is a
distractor in one half and an answer in the other misleads the guesser, so that its figure is a lower bound.

A set in which every node is right exactly as often as chance has it makes the first guesser worse than chance: what was
right too often in one half is right too seldom in the other. Only what lies above chance is a shortcut.
(Choices-only baselines: Balepur, Ravichander & Rudinger, ACL 2024.)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from florey.clustered import Mean, share
from florey.errors import BadInput
from florey.files import canonical
from florey.graph.model import IS_A, RELATIONS
from florey.graph.store import Graph
from florey.records import Question, Record
from florey.synthesis.quality import views
from florey.synthesis.quality.guesser import Floats, guess
from florey.synthesis.quality.halves import Ints, halves
from florey.synthesis.quality.views import Degrees, View

GUESSERS = ("options", "options_new", "lengths", "overlap", "popularity", "position", "together")
FEWEST = 20
_TELLING = 8


class Telling(Record):
    """One feature that a guesser uses: its mean among the answers and among the other options."""

    feature: str
    weight: float
    answers: float
    others: float


class Guess(Record):
    """How well a guesser did. `points`: percentage points above (or below) chance, with a 95% interval by answer."""

    accuracy: float
    chance: float
    points: Mean


class Shortcut(Record):
    """One guesser: over all questions, for each kind of them, and what it looks at, the most telling first."""

    guesser: str
    overall: Guess
    kinds: dict[str, Guess]
    telling: tuple[Telling, ...]


def shortcuts(
    questions: Sequence[Question], degrees: Degrees | None = None, guessers: Sequence[str] = GUESSERS
) -> list[Shortcut]:
    """What each guesser makes of the questions. BadInput for fewer than 20 of them."""
    if len(questions) < FEWEST:
        raise BadInput(f"expected at least {FEWEST} questions to look for shortcuts in, got {len(questions)}")
    made: dict[str, Callable[[], View]] = {
        "options": lambda: views.options(questions),
        "lengths": lambda: views.lengths(questions),
        "overlap": lambda: views.overlap(questions),
        "popularity": lambda: views.popularity(questions, degrees),
        "position": lambda: views.position(questions),
    }
    seen: dict[str, View] = {}

    def view(name: str) -> View:
        if name not in seen:
            seen[name] = views.together(map(view, made)) if name == "together" else made[name]()
        return seen[name]

    apart = halves(questions, lambda question: (_group(question),))
    if apart is None:
        raise BadInput("all questions are of one group: a guesser has nothing to learn from but what it is scored on")
    answers_apart = halves(questions, lambda question: (_group(question), _answer(question)))
    found = []
    for name in guessers:
        half = answers_apart if name == "options_new" else apart
        if half is not None:  # None: all questions hang together by their answers
            found.append(_shortcut(name, questions, view(name.removesuffix("_new")), half))
    return found


def degrees(graph: Graph) -> Degrees:
    """Edges of each node of the graph, taxonomy apart; assertions only."""
    total: dict[str, int] = {}
    by_relation: dict[tuple[str, str], int] = {}
    for name in sorted(set(RELATIONS) - {IS_A}):
        ends = [graph.table(name, table).lengths() for table in ("objects", "subjects")]
        both = ends[0] + ends[1]
        total[name] = int(ends[0].sum())
        for node in np.flatnonzero(both).tolist():
            count = int(both[node])
            by_relation[graph.ids[node], name] = count
            total[graph.ids[node]] = total.get(graph.ids[node], 0) + count
    return Degrees(total, by_relation)


def _group(question: Question) -> str:
    """What two versions of one question share: its group, or its words where it has none."""
    return question.group or canonical([question.stem, sorted(question.options)])


def _answer(question: Question) -> str:
    return views.nodes(question)[question.gold]


def _shortcut(name: str, questions: Sequence[Question], view: View, halves: Ints) -> Shortcut:
    bounds = views.starts(questions)
    gold = bounds[:-1] + np.array([question.gold for question in questions])
    credit, weights = guess(view.matrix, bounds, gold, halves)
    kinds = np.array([views.kind(question) for question in questions])
    rows = {each: np.flatnonzero(kinds == each) for each in sorted(set(kinds.tolist()))}
    return Shortcut(
        guesser=name,
        overall=_guess(questions, credit, np.arange(len(questions))),
        kinds={each: _guess(questions, credit, where) for each, where in rows.items()},
        telling=_telling(view, gold, weights),
    )


def _guess(questions: Sequence[Question], credit: Floats, rows: Ints) -> Guess:
    chosen = [questions[row] for row in rows.tolist()]
    chance = float(np.mean([1 / len(question.options) for question in chosen]))
    found = share(credit[rows], [_answer(question) for question in chosen])
    return Guess(accuracy=found.value, chance=chance, points=found.scaled(100, -100 * chance))


def _telling(view: View, gold: Ints, weights: Floats) -> tuple[Telling, ...]:
    """The features with the most weight on the differences that the questions have."""
    squared = view.matrix.multiply(view.matrix)
    reach = np.abs(weights) * np.sqrt(np.asarray(squared.mean(axis=0)).ravel())
    rest = np.setdiff1d(np.arange(view.matrix.shape[0]), gold)
    at_gold, elsewhere = (np.asarray(view.matrix[rows].mean(axis=0)).ravel() for rows in (gold, rest))
    order = sorted(range(len(weights)), key=lambda i: (-round(float(reach[i]), 6), view.names[i]))
    return tuple(
        Telling(feature=view.names[i], weight=weights[i], answers=at_gold[i], others=elsewhere[i])
        for i in order[:_TELLING]
        if reach[i] > 0
    )


def exceeding(found: Sequence[Shortcut], limit: float) -> Mapping[str, float]:
    """The guessers that are more than `limit` points above chance over all questions."""
    return {each.guesser: each.overall.points.value for each in found if each.overall.points.value > limit}
