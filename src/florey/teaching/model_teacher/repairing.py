"""What kind of repair a refused trace needs, by what is wrong with it (paper, 3.2: the three ways of refinement)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from florey.teaching.problem import Problem

Refinement = Literal["backtracking", "path_exploration", "self_correction"]
# An answer that is wrong was reached by a wrong turn; what was left out was never explored; what is false is corrected;
# the rest is form.
_BY_REASON: dict[str, Refinement] = {
    "wrong_answer": "backtracking",
    "not_considered": "path_exploration",
    "contradicts_certificate": "self_correction",
    "arithmetic": "self_correction",
    "units": "self_correction",
}
ORDER: tuple[Refinement, ...] = ("backtracking", "self_correction", "path_exploration")


def strategy_for(problems: Sequence[Problem], tried: Sequence[str]) -> Refinement | None:
    """The gravest kind of repair that the problems ask for, first of those not tried yet; None: a plain rewriting."""
    asked = {_BY_REASON[problem.reason] for problem in problems if problem.reason in _BY_REASON}
    wanted = [strategy for strategy in ORDER if strategy in asked]
    return next((strategy for strategy in wanted if strategy not in tried), wanted[0] if wanted else None)
