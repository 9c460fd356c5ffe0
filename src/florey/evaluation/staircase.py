"""Paired tests between neighbouring stages: the same questions, answered before and after."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

from florey.errors import BadInput
from florey.evaluation.scoring import Scored
from florey.evaluation.statistics import Method, holm, mcnemar, paired_interval
from florey.records import Record

STAGES = ("base", "cold_start", "stage1", "stage2")


class Comparison(Record):
    """`after` minus `before` in accuracy over all items, and what became of single items."""

    before: str
    after: str
    n: int
    clusters: int
    difference: float
    lo: float  # 95%, clustered by answer
    hi: float
    interval: Method
    gained: int  # wrong before, right after
    lost: int  # right before, wrong after
    p: float  # exact McNemar; items taken as independent
    p_holm: float  # adjusted over the comparisons made together


def _paired(before: str, after: str, scored: Mapping[str, Sequence[Scored]], seed: int) -> Comparison:
    first = {item.question_id: item for item in scored[before]}
    second = {item.question_id: item for item in scored[after]}
    if first.keys() != second.keys():
        odd = sorted(first.keys() ^ second.keys())
        raise BadInput(
            f"comparison: {before} and {after} must have the same questions; {odd[0]} is in one of them only"
        )
    if len(first) != len(scored[before]) or len(second) != len(scored[after]):
        raise BadInput(f"comparison: a question stands twice in {before} or {after}")
    ids = list(first)
    old, new = [float(first[i].correct) for i in ids], [float(second[i].correct) for i in ids]
    found = paired_interval(old, new, [first[i].answer_id for i in ids], seed=seed)
    gained = sum(b > a for a, b in zip(old, new, strict=True))
    lost = sum(b < a for a, b in zip(old, new, strict=True))
    p = mcnemar(gained, lost)
    return Comparison(
        before=before,
        after=after,
        n=found.n,
        clusters=found.clusters,
        difference=found.value,
        lo=found.lo,
        hi=found.hi,
        interval=found.method,
        gained=gained,
        lost=lost,
        p=p,
        p_holm=p,
    )


def compare(scored: Mapping[str, Sequence[Scored]], *, seed: int, order: Sequence[str] = STAGES) -> list[Comparison]:
    """Each stage of `order` that is in `scored` against the one before it, p values adjusted together.

    `scored` maps a stage to its scored predictions. Raises BadInput on a stage that is not in `order`, or where two
    stages answered different questions.
    """
    if unknown := sorted(set(scored) - set(order)):
        raise BadInput(f"comparison: unknown stage {unknown[0]!r}; expected some of {', '.join(order)}")
    present = [stage for stage in order if stage in scored]
    found = [_paired(before, after, scored, seed) for before, after in pairwise(present)]
    adjusted = holm([each.p for each in found])
    return [each.model_copy(update={"p_holm": p}) for each, p in zip(found, adjusted, strict=True)]
