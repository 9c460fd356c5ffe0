"""Which accepted traces are trained on: of each question the shortest, and those told the answer capped.

That a trace covers the evidence was part of being accepted (`coverage`). Where a question gets several, each strategy
comes once before any comes twice; what the model found itself goes before what it was told; and the strategy that was
chosen least often so far goes first, so that the set stays diverse.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from math import floor

from florey.files import digest
from florey.records import Question, Strategy, Trace


@dataclass(frozen=True)
class Selected:
    """`left`: accepted traces that are not trained on, with the reason."""

    traces: list[Trace]
    left: list[tuple[Trace, str]]


def select(
    questions: Sequence[Question],
    traces: Sequence[Trace],
    *,
    per_question: int = 1,
    max_told_share: float = 1.0,
    seed: int = 0,
) -> Selected:
    """At most `per_question` traces of each question, in the order of the questions."""
    offered: dict[str, dict[str, Trace]] = defaultdict(dict)
    left: list[tuple[Trace, str]] = []
    for trace in sorted(traces, key=lambda each: (each.gold_shown, each.id)):
        if trace.text in offered[trace.question_id]:
            left.append((trace, "written_twice"))
        else:
            offered[trace.question_id][trace.text] = trace
    chosen: list[Trace] = []
    used: Counter[Strategy] = Counter()
    for question in questions:
        pool = list(offered.get(question.id, {}).values())
        mine: set[Strategy] = set()
        for _ in range(min(per_question, len(pool))):
            best = min(
                pool,
                key=lambda each: (each.strategy in mine, each.gold_shown, used[each.strategy], len(each.text), each.id),
            )
            pool.remove(best)
            chosen.append(best)
            mine.add(best.strategy)
            used[best.strategy] += 1
        left += [(trace, "not_the_shortest") for trace in pool]
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
