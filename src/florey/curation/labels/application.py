"""What reviewers decided, carried out on the questions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from florey.curation.funnel import Step
from florey.curation.labels.flags import CONFIRMED, DISPUTED, FIXED, FLAGS, flagged
from florey.curation.labels.review import Decision, standing
from florey.errors import BadInput
from florey.records import Question

WRONG = "label_wrong"
DUPLICATE = "label_fixed_to_a_duplicate"
_OF_THE_OLD_ANSWER = {
    "metapath": None,
    "option_ids": (),
    "conditions": (),
    "path": (),
    "certificate": None,
    "difficulty": None,
}
"""What a graph said for the answer that was found to be wrong. It certifies nothing else."""


def apply(questions: Iterable[Question], decisions: Iterable[Decision]) -> Step:
    """Keep, fix or drop what all reviewers of a question agree on, and flag what they disagree on.

    `decisions` in the order in which they were made. A question that nobody decided stays as it is, a doubted one
    doubted. A fixed one has a new id, and it is dropped where it is then the same as another.
    """
    items, found = list(questions), standing(decisions)
    ids = {question.id for question in items}
    kept: list[Question] = []
    dropped: list[tuple[str, str]] = []
    for question in items:
        mine = list(found.get(question.id, {}).values())
        if not mine:
            kept.append(question)
            continue
        decision = mine[0]
        if len({each.word for each in mine}) > 1:
            made = flagged(question, DISPUTED)
        elif decision.action == "drop":
            dropped.append((question.id, WRONG))
            continue
        elif decision.gold is None:
            made = flagged(question, CONFIRMED)
        else:
            made = fixed(question, decision.gold)
            if made.id in ids:
                dropped.append((question.id, DUPLICATE))
                continue
            ids.add(made.id)
        kept.append(made)
    noticed = Counter(flag for question in kept for flag in question.flags if flag in FLAGS)
    return Step(kept, dropped, dict(sorted(noticed.items())))


def fixed(question: Question, gold: int) -> Question:
    """The question with another key and so another id, without what a graph said for the old one.

    BadInput where it has no such option.
    """
    if not 0 <= gold < len(question.options):
        raise BadInput(f"question {question.id}: a decision fixes its key to option {gold}, which it does not have")
    changed = flagged(question, FIXED).model_copy(update={"gold": gold, **_OF_THE_OLD_ANSWER})
    return changed.identified()
