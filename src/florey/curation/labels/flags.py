"""What is known of a question's key, as one flag of the question."""

from __future__ import annotations

from florey.records import Question

DOUBTED = "label_doubted"  # a strong model failed it in all trials; nobody has decided
CONFIRMED = "label_confirmed"  # reviewers keep it
FIXED = "label_fixed"  # reviewers gave it another key
DISPUTED = "label_disputed"  # reviewers disagree
FLAGS = (DOUBTED, CONFIRMED, FIXED, DISPUTED)


def flagged(question: Question, flag: str | None) -> Question:
    """The question with this flag alone of `FLAGS`; its other flags stay."""
    flags = [each for each in question.flags if each not in FLAGS]
    return question.model_copy(update={"flags": tuple(sorted([*flags, flag] if flag else flags))})
