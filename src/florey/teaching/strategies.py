"""Traces that take a tempting wrong path first (paper, 3.2: the three ways of its refinement loop).

All start from the distractor that satisfies most conditions. Each returns the moves of the thought, in order; all
that is said is true but what a later move of the same thought takes back.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from florey.teaching.facts import Facts, Reading
from florey.teaching.language import claims, conclusion, row, say

Thought = Callable[[Facts, Reading, np.random.Generator], list[str]]


def _wording(rng: np.random.Generator) -> int:
    return int(rng.integers(60))  # a multiple of every number of wordings, so that none is favoured


def _rest(facts: Facts, *done: int) -> list[str]:
    return [row(facts, reading) for reading in facts.best if reading.option not in done]


def _failing(reading: Reading) -> list[int]:
    return [index for index, fits in enumerate(reading.fits) if not fits]


def backtracking(facts: Facts, wrong: Reading, rng: np.random.Generator) -> list[str]:
    """Begin with what speaks for the wrong option, meet what speaks against it, go back to the others."""
    fitting = [index for index, fits in enumerate(wrong.fits) if fits]
    return [
        say(
            "start",
            _wording(rng),
            head=wrong.head,
            claims=claims(facts, wrong.words, fitting),
            count=wrong.count,
            total=facts.total,
        ),
        say("go_back", _wording(rng), claims=claims(facts, wrong.words, _failing(wrong)), letter=wrong.letter),
        *_rest(facts, wrong.option),
        conclusion(facts),
    ]


def path_exploration(facts: Facts, wrong: Reading, rng: np.random.Generator) -> list[str]:
    """The wrong option and the right one side by side, condition by condition; then the others."""
    pair = [wrong, facts.best[facts.gold]]
    if rng.integers(2):
        pair.reverse()
    one, two = pair
    side_by_side = [
        say("side", label=label, letter=one.letter, state=state, other=two.letter, other_state=other)
        for label, state, other in zip(facts.labels, one.words, two.words, strict=True)
    ]
    counts = {"count": one.count, "other_count": two.count, "total": facts.total}
    return [
        say("compare", _wording(rng), head=one.head, other_head=two.head),
        *side_by_side,
        say("weigh", _wording(rng), letter=one.letter, other=two.letter, **counts),
        say("leave", _wording(rng), letter=wrong.letter),
        *_rest(facts, one.option, two.option),
        conclusion(facts),
    ]


def self_correction(facts: Facts, wrong: Reading, rng: np.random.Generator) -> list[str]:
    """Misread one failing condition of the wrong option in its favour, lean to it, re-check, correct."""
    failing = _failing(wrong)
    slip = failing[int(rng.integers(len(failing)))]
    misread = [facts.wanted[slip] if index == slip else word for index, word in enumerate(wrong.words)]
    said = claims(facts, misread, range(facts.total))
    return [
        say("row", head=wrong.head, claims=said, count=wrong.count + 1, total=facts.total),
        say("lean", _wording(rng), letter=wrong.letter),
        say(
            "correct",
            _wording(rng),
            label=facts.labels[slip],
            letter=wrong.letter,
            state=wrong.words[slip],
            said=misread[slip],
            count=wrong.count,
            total=facts.total,
        ),
        *_rest(facts, wrong.option),
        conclusion(facts),
    ]
