"""A small guesser: a softmax over the options of a question (conditional logit: McFadden 1974), linear in a view.

    P(option i of a question) = exp(x_i w) / sum over its options j of exp(x_j w)

fitted by maximum likelihood with a ridge penalty. It is logistic regression on the differences between options, so
what all options of a question share tells it nothing.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import optimize, sparse

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
PENALTIES = (1e-4, 1e-3, 1e-2)
"""Ridge penalties per question; the one that predicts a part of the training half best is taken."""
_HELD_BACK = 5  # one question in so many chooses the penalty


def guess(matrix: Any, bounds: Ints, gold: Ints, halves: Ints) -> tuple[Floats, Floats]:
    """(credit of each question, mean weights): fitted on either half, scored on the other.

    `matrix`: sparse, one row an option; `bounds`: the first row of each question and the end; `gold`: the row of each
    question's answer; `halves`: 0 or 1 for each question. Credit is 1 where the answer scores highest, 1 / k where it
    ties with k - 1 others, else 0.
    """
    credit = np.zeros(len(gold))
    weights = np.zeros(matrix.shape[1])
    for half in (0, 1):
        learnt, scored = np.flatnonzero(halves != half), np.flatnonzero(halves == half)
        if len(scored) == 0:
            continue
        found = _fitted(matrix, bounds, gold, learnt) if len(learnt) else np.zeros(matrix.shape[1])
        credit[scored] = _credit(*_part(matrix, bounds, gold, scored), found)
        weights += found / 2
    return credit, weights


def _fitted(matrix: Any, bounds: Ints, gold: Ints, questions: Ints) -> Floats:
    back = np.arange(len(questions)) % _HELD_BACK == 0
    penalty = PENALTIES[-1]
    if len(questions) >= 2 * _HELD_BACK:
        chosen, check = (_part(matrix, bounds, gold, questions[part]) for part in (~back, back))
        tried = [fit(*chosen, penalty) for penalty in PENALTIES]
        penalty = PENALTIES[int(np.argmin([_loss(each, *check, 0.0)[0] for each in tried]))]
    return fit(*_part(matrix, bounds, gold, questions), penalty)


def fit(matrix: Any, bounds: Ints, gold: Ints, penalty: float) -> Floats:
    """Weights of the conditional logit, shape (features,). The loss is convex: Newton's method from zero finds them."""
    found = optimize.minimize(
        _loss,
        np.zeros(matrix.shape[1]),
        args=(matrix, bounds, gold, penalty),
        jac=True,
        hessp=_curvature,
        method="Newton-CG",
        options={"xtol": 1e-4, "maxiter": 100},
    )
    weights: Floats = found.x
    return weights


def _shares(scores: Floats, bounds: Ints) -> tuple[Floats, Floats]:
    """(softmax within each question, log of its denominator): shapes (options,) and (questions,)."""
    first, sizes = bounds[:-1], np.diff(bounds)
    most = np.maximum.reduceat(scores, first)
    raised = np.exp(scores - np.repeat(most, sizes))
    sums = np.add.reduceat(raised, first)
    return raised / np.repeat(sums, sizes), np.log(sums) + most


def _loss(weights: Floats, matrix: Any, bounds: Ints, gold: Ints, penalty: float) -> tuple[float, Floats]:
    """Mean negative log-likelihood with the penalty, and its gradient."""
    scores, n = matrix @ weights, len(gold)
    expected, denominators = _shares(scores, bounds)
    loss = (denominators.sum() - scores[gold].sum()) / n + penalty / 2 * (weights**2).sum()
    expected[gold] -= 1
    return float(loss), matrix.T @ expected / n + penalty * weights


def _curvature(weights: Floats, step: Floats, matrix: Any, bounds: Ints, gold: Ints, penalty: float) -> Floats:
    """The second derivative of the loss at `weights` times `step`."""
    expected, _ = _shares(matrix @ weights, bounds)
    moved = expected * (matrix @ step)
    middle = np.repeat(np.add.reduceat(moved, bounds[:-1]), np.diff(bounds))
    change: Floats = matrix.T @ (moved - expected * middle) / len(gold) + penalty * step
    return change


def _part(matrix: Any, bounds: Ints, gold: Ints, questions: Ints) -> tuple[Any, Ints, Ints]:
    """The rows of some questions alone."""
    sizes = np.diff(bounds)[questions]
    ends = np.concatenate([[0], np.cumsum(sizes)])
    rows = np.repeat(bounds[questions] - ends[:-1], sizes) + np.arange(ends[-1])
    return sparse.csr_array(matrix[rows]), ends, ends[:-1] + gold[questions] - bounds[questions]


def _credit(matrix: Any, bounds: Ints, gold: Ints, weights: Floats) -> Floats:
    scores = np.round(matrix @ weights, 6)
    best = np.repeat(np.maximum.reduceat(scores, bounds[:-1]), np.diff(bounds))
    ties = np.add.reduceat((scores == best).astype(float), bounds[:-1])
    return np.where(scores[gold] == best[gold], 1 / ties, 0.0)
