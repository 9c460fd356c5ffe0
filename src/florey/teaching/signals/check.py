"""All signals of one trace: what it is refused for, and what of it was verified."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from florey import answer
from florey.graph.linking.linker import Linker
from florey.records import Question, Record
from florey.teaching.claims.entities import Synonyms
from florey.teaching.claims.score import ProcessScore, process_score
from florey.teaching.problem import Judge, Problem
from florey.teaching.signals.answering import malformed, wrong_answer
from florey.teaching.signals.arithmetic.recompute import Recomputed, recompute
from florey.teaching.signals.config import SignalConfig
from florey.teaching.signals.given_answer import mentions_given_answer
from florey.teaching.signals.languages import garbage, language, mixed_scripts
from florey.teaching.signals.shape import repetition, too_long, too_short


class Signals(Record):
    """`problems` in the order of the signals, none where the trace may be trained on; JSON-able."""

    problems: tuple[Problem, ...]
    process: ProcessScore | None  # None where the question has no certificate
    recomputed: Recomputed


def check(
    question: Question,
    text: str,
    config: SignalConfig,
    names: Mapping[str, str],
    synonyms: Synonyms | None = None,
    others: Linker | None = None,
) -> Signals:
    """`text`: a whole completion. `names`: node id -> name. `synonyms`: node id -> all its names, instead of `names`.
    `others`: a linker of the whole graph, for the claims that no condition of the question covers."""
    parsed = answer.parse(text, question.options)
    thought = parsed.thought
    process = process_score(question, text, names, synonyms, others) if question.certificate else None
    recomputed = recompute(question, thought)
    found = [
        *wrong_answer(question, parsed),
        *malformed(parsed),
        *_contradictions(process),
        *recomputed.problems(),
        *mentions_given_answer(thought),
        *too_short(thought, config),
        *too_long(thought, config),
        *repetition(thought, config),
        *language(question, thought, config),
        *mixed_scripts(thought, config),
        *garbage(thought),
    ]
    kept = tuple(problem for problem in found if problem.reason not in config.off)
    return Signals(problems=kept, process=process, recomputed=recomputed)


def judge(config: SignalConfig, names: Mapping[str, str], synonyms: Synonyms | None = None) -> Judge:
    """The check as a teacher asks for it: question and completion to problems."""
    return lambda question, text: list(check(question, text, config, names, synonyms).problems)


def _contradictions(process: ProcessScore | None) -> Iterator[Problem]:
    if process and process.contradicted:
        yield Problem("contradicts_certificate", "; ".join(process.problems))
