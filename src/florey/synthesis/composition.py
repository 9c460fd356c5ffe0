"""What a set of synthetic questions is made of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from florey.records import Question


def compose(questions: list[Question]) -> dict[str, Any]:
    """What a set of synthetic questions is made of: counts, and shares from 0 to 1 (None without questions)."""
    certificates = [q.certificate for q in questions if q.certificate]
    distractors = [p for c in certificates for p in c.proofs if not p.satisfies]
    rarities = [q.difficulty.rarity for q in questions if q.difficulty]
    return {
        "questions": len(questions),
        "metapaths": _tally(q.metapath for q in questions),
        "strength": _tally(c.strength for c in certificates),
        "distractors_excluded_by": _tally(p.strength for p in distractors),
        "closed_world_share": _mean([c.closed_world_share for c in certificates]),
        "answers": len({q.answer_id for q in questions}),
        "groups": len({q.group for q in questions}),
        "options": _tally(len(q.options) for q in questions),
        "conditions": _tally(len(q.conditions) for q in questions),
        "gold_position": _tally(q.letter for q in questions),
        "rarest_quartile_share": _mean([rarity >= 0.75 for rarity in rarities]),
        "overlap": _mean([q.difficulty.overlap for q in questions if q.difficulty]),
    }


def _tally(values: Iterable[object]) -> dict[str, int]:
    return dict(sorted(Counter(map(str, values)).items()))


def _mean(values: Sequence[float]) -> float | None:
    return round(sum(values) / len(values), 4) if values else None
