"""Redaction as a stage of curation: stem, context and options of a question are read together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from florey.curation.funnel import Step
from florey.curation.privacy.masking import bare, without_numbers
from florey.curation.privacy.redactor import Redacted, Redactor
from florey.curation.text import normalise
from florey.records import Question

ANSWER_REDACTED = "answer_identifies"
OPTIONS_EQUAL = "options_equal_when_redacted"
FLAG = "redacted"
"""Flag of a question that was changed."""
UNCOVERED = "language_without_rules"
"""Flag of a question that was left as it is because no rules read its language."""

Progress = Callable[[int], None]
"""Called with the number of questions done."""


@dataclass(frozen=True)
class PrivacyStep(Step):
    """`noticed`: replacements by type, and questions by flag. Neither holds what was replaced."""

    renamed: dict[str, str] = field(default_factory=dict)  # id before -> id after, of the questions kept and changed


def redact_questions(
    questions: Iterable[Question], redactor: Redactor, progress: Progress | None = None
) -> PrivacyStep:
    """Replace what identifies somebody. A changed question gets the id of its new content and keeps its `source_id`.

    Dropped are questions whose answer is an identifier and nothing else, and those in which two options become the
    same. The numbers of persons tell options apart, since the stem has them too; those of dates and the like do not.
    Questions made from a graph hold its names alone and are left as they are unless the configuration says otherwise.
    """
    kept: list[Question] = []
    dropped: list[tuple[str, str]] = []
    noticed: Counter[str] = Counter()
    renamed: dict[str, str] = {}
    for done, question in enumerate(questions, 1):
        if question.language not in redactor.config.languages:
            noticed[UNCOVERED] += 1
            kept.append(_flagged(question, UNCOVERED))
        elif question.conditions and not redactor.config.synthetic:
            kept.append(question)
        else:
            parts = _redacted(question, redactor)
            noticed.update(span.type for part in parts for span in part.spans)
            if not any(part.spans for part in parts):
                kept.append(question)
            elif reason := _unusable(question, parts):
                dropped.append((question.id, reason))
            else:
                changed = _with_texts(question, parts)
                noticed[FLAG] += 1
                renamed[question.id] = changed.id
                kept.append(changed)
        if progress:
            progress(done)
    return PrivacyStep(kept, dropped, dict(sorted(noticed.items())), renamed)


def _redacted(question: Question, redactor: Redactor) -> list[Redacted]:
    """Context (empty where none), stem, options."""
    texts = [question.context or "", question.stem, *question.options]
    return redactor.redact_together(texts, "zh" if question.language == "zh" else "en")


def _unusable(question: Question, parts: list[Redacted]) -> str | None:
    options = parts[2:]
    gold = options[question.gold]
    if gold.spans and not any(map(str.isalnum, bare(gold.text))):
        return ANSWER_REDACTED
    before = {normalise(option) for option in question.options}
    after = {normalise(without_numbers(option.text)) for option in options}
    return OPTIONS_EQUAL if len(after) < len(before) else None


def _with_texts(question: Question, parts: list[Redacted]) -> Question:
    context, stem, *options = (part.text for part in parts)
    texts = {"context": context if question.context is not None else None, "stem": stem, "options": tuple(options)}
    return _flagged(question.model_copy(update=texts), FLAG).identified()


def _flagged(question: Question, flag: str) -> Question:
    return question.model_copy(update={"flags": tuple(sorted({*question.flags, flag}))})
