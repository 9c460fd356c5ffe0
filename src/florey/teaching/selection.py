"""Which accepted traces are trained on: those told the answer capped, then the shortest that cover the evidence.

A trace covers a certified question if it names every condition on which the answer and its nearest rival differ; any
other question if it names the answer and at least one option that is not. Among equals the strategy that was chosen
least often so far goes first, so that the set stays diverse.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import floor

from florey import answer
from florey.files import digest
from florey.records import LETTERS, Question, Strategy, Trace
from florey.teaching.claims.entities import Entities, Synonyms


@dataclass(frozen=True)
class Selected:
    """`left`: accepted traces that are not trained on, with the reason."""

    traces: list[Trace]
    left: list[tuple[Trace, str]]


def select(
    questions: Sequence[Question],
    traces: Sequence[Trace],
    names: Mapping[str, str],
    *,
    per_question: int = 1,
    max_told_share: float = 1.0,
    seed: int = 0,
) -> Selected:
    """At most `per_question` traces of each question, in the order of the questions."""
    synonyms = {node: (name,) for node, name in names.items()}
    offered: dict[str, list[Trace]] = defaultdict(list)
    for trace in traces:
        offered[trace.question_id].append(trace)
    chosen: list[Trace] = []
    left: list[tuple[Trace, str]] = []
    used: Counter[Strategy] = Counter()
    for question in questions:
        mine = offered.get(question.id, [])
        covering = [trace for trace in mine if covers(question, trace, synonyms)]
        left += [(trace, "misses_evidence") for trace in mine if trace not in covering]
        for _ in range(min(per_question, len(covering))):
            best = min(covering, key=lambda each: (each.gold_shown, used[each.strategy], len(each.text), each.id))
            covering.remove(best)
            chosen.append(best)
            used[best.strategy] += 1
        left += [(trace, "not_the_shortest") for trace in covering]
    over = _over_cap(chosen, max_told_share, seed)
    return Selected(
        [trace for trace in chosen if trace.id not in over],
        [*left, *((trace, "over_gold_cap") for trace in chosen if trace.id in over)],
    )


def _over_cap(traces: Sequence[Trace], most: float, seed: int) -> set[str]:
    """Ids of the told traces beyond their share of all that is kept; which ones is drawn by a hash."""
    told = sorted((trace.id for trace in traces if trace.gold_shown), key=lambda each: (digest([seed, each]), each))
    found = len(traces) - len(told)
    allowed = len(told) if most >= 1 else floor(found * most / (1 - most) + 1e-9)
    return set(told[allowed:])


def covers(question: Question, trace: Trace, synonyms: Synonyms) -> bool:
    """Whether the trace speaks of what decides the question."""
    thought = answer.parse(trace.text, question.options).thought
    found = Entities(question, synonyms).find(thought)
    telling = discriminating(question)
    if telling:
        return telling <= {each.condition for each in found}
    options = {each.subject.option for each in found if each.subject is not None}
    options |= {
        index for index, letter in enumerate(LETTERS[: len(question.options)]) if f" {letter} " in f" {thought} "
    }
    return question.gold in options and len(options) > 1


def discriminating(question: Question) -> set[int]:
    """The named conditions that the distractor nearest to the answer fails; empty where there is no certificate."""
    if question.certificate is None or not question.conditions:
        return set()
    failing: list[set[int]] = []
    for proof in question.certificate.proofs:
        if not proof.satisfies:
            for binding in proof.bindings:
                wanted = ["present" if condition.holds else "absent" for condition in question.conditions]
                failing.append(
                    {
                        place
                        for place, (support, want) in enumerate(zip(binding.supports, wanted, strict=True))
                        if support.state != want and question.conditions[place].nodes
                    }
                )
    return min((each for each in failing if each), key=lambda each: (len(each), sorted(each)), default=set())
