"""The embedded teacher: a trace from the certificate, where the paper asks a large model that is told the answer.

Direct, for two findings and three options:

    A Marfan syndrome : Ectopia lentis present, Scoliosis absent, 1/2. B Loeys-Dietz syndrome : Ectopia lentis absent,
    Scoliosis present, 1/2. C … : Ectopia lentis present, Scoliosis present, 2/2. Only C fits all 2.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from florey import answer
from florey.errors import BadInput
from florey.files import digest
from florey.records import Question, Strategy, Trace
from florey.teaching.facts import Facts, facts
from florey.teaching.language import conclusion, row
from florey.teaching.strategies import Thought, backtracking, path_exploration, self_correction

TEACHER = "graph"

_CORRECTIVE: dict[Strategy, Thought] = {
    "backtracking": backtracking,
    "path_exploration": path_exploration,
    "self_correction": self_correction,
}


class NothingTempting(BadInput):
    """No distractor that one could take for the answer even for a moment."""


def direct(known: Facts) -> list[str]:
    """Each option against each condition, then the conclusion."""
    return [*(row(known, reading) for reading in known.best), conclusion(known)]


def write_trace(question: Question, names: Mapping[str, str], strategy: Strategy, seed: int) -> Trace:
    """A trace for the question; the same for the same arguments. `names`: node id -> name.

    `seed` chooses among wordings, afresh for each question; the direct form has one. Raises BadInput where the
    certificate does not carry the question, NothingTempting where a corrective strategy has nothing to start from.
    """
    known = facts(question, names)
    if strategy == "direct":
        moves = direct(known)
    else:
        if known.tempting is None:
            raise NothingTempting(f"question {question.id}: no distractor has a candidate to start {strategy} from")
        rng = np.random.default_rng(int(digest([seed, question.id, strategy]), 16))
        moves = _CORRECTIVE[strategy](known, known.tempting, rng)
    text = answer.completion(" ".join(moves), question.gold)
    return Trace(question_id=question.id, strategy=strategy, text=text, teacher=TEACHER).identified()
