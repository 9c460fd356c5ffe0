"""What a review says about a graph: precision with intervals, and how far two reviewers agree."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from florey import intervals
from florey.graph.review import WORDS, Reviews, Stratum, Word, by_stratum, strata
from florey.records import Record

Counts = Mapping[Stratum, Counter[Word]]


class Share(Record):
    """A share with its 95% interval."""

    value: float
    lo: float
    hi: float


class Precision(Record):
    """`precision`: right among right and wrong. The other two count every unsure edge as wrong and as right.

    `size`: edges of the stratum, or of all strata that have a verdict.
    """

    source: str | None
    relation: str | None
    size: int
    right: int
    wrong: int
    unsure: int
    precision: Share | None  # None: in a stratum every verdict is unsure
    if_unsure_wrong: Share
    if_unsure_right: Share


class Agreement(Record):
    """Cohen's kappa of two reviewers over the edges that both judged (Educ Psychol Meas 1960;20:37)."""

    reviewers: tuple[str, str]
    edges: int
    agreed: float  # share of the edges with the same verdict
    kappa: float | None  # None where chance alone would agree on everything: both always gave one verdict


class Report(Record):
    """One reviewer's verdicts. `covered`: the share of the graph's edges that lie in strata with a verdict."""

    by: str
    graph: str
    gone: int  # judged edges that the graph no longer has
    covered: float
    strata: tuple[Precision, ...]
    overall: Precision | None  # weighted by the sizes of the strata; None where there is no verdict


def report(reviews: Reviews, by: str) -> Report:
    """Precision by stratum and overall of a reviewer's verdicts on the edges that the graph has now."""
    sizes = {stratum: len(rows) for stratum, rows in strata(reviews.graph).items()}
    verdicts = reviews.verdicts(by)
    judged = by_stratum(reviews.graph, verdicts)
    counts = {stratum: Counter(judged[stratum]) for stratum in sorted(judged)}
    whole = sum(sizes.values())
    return Report(
        by=by,
        graph=reviews.graph.digest,
        gone=len(verdicts) - sum(map(len, judged.values())),
        covered=sum(sizes[stratum] for stratum in counts) / whole if whole else 0.0,
        strata=tuple(_precision({stratum: count}, sizes, stratum) for stratum, count in counts.items()),
        overall=_precision(counts, sizes) if counts else None,
    )


def report_json(reviews: Reviews, reviewers: Sequence[str]) -> dict[str, Any]:
    """JSON-able: a report of each reviewer, and the agreement of every two."""
    pairs = [(a, b) for i, a in enumerate(reviewers) for b in reviewers[i + 1 :]]
    agreements = [found for a, b in pairs if (found := agreement(reviews, a, b))]
    return {
        "reports": [report(reviews, by).model_dump(mode="json") for by in reviewers],
        "agreement": [found.model_dump(mode="json") for found in agreements],
    }


def agreement(reviews: Reviews, one: str, other: str) -> Agreement | None:
    """How far two reviewers agree; None where they judged no edge in common."""
    first, second = reviews.verdicts(one), reviews.verdicts(other)
    pairs = [(first[edge], second[edge]) for edge in sorted(first.keys() & second.keys())]
    if not pairs:
        return None
    agreed, kappa = cohens_kappa(pairs)
    return Agreement(reviewers=(one, other), edges=len(pairs), agreed=agreed, kappa=kappa)


def cohens_kappa(pairs: Sequence[tuple[str, str]]) -> tuple[float, float | None]:
    """(share of equal pairs, kappa); kappa is None where every verdict of both is the same one.

    >>> cohens_kappa([("right", "right"), ("right", "wrong"), ("wrong", "wrong"), ("wrong", "wrong")])
    (0.75, 0.5)
    """
    n = len(pairs)
    agreed = sum(a == b for a, b in pairs) / n
    first, second = Counter(a for a, _ in pairs), Counter(b for _, b in pairs)
    by_chance = sum(first[word] * second[word] for word in sorted(first)) / n**2
    return agreed, None if by_chance == 1 else (agreed - by_chance) / (1 - by_chance)


def _precision(counts: Counts, sizes: Mapping[Stratum, int], only: Stratum | None = None) -> Precision:
    total = sum(counts.values(), Counter[Word]())
    decided = {stratum: count for stratum, count in counts.items() if count["right"] + count["wrong"]}
    return Precision(
        source=only.source if only else None,
        relation=only.relation if only else None,
        size=sum(sizes[stratum] for stratum in counts),
        right=total["right"],
        wrong=total["wrong"],
        unsure=total["unsure"],
        precision=_share(decided, sizes, ("right",), ("right", "wrong")) if len(decided) == len(counts) else None,
        if_unsure_wrong=_share(counts, sizes, ("right",), WORDS),
        if_unsure_right=_share(counts, sizes, ("right", "unsure"), WORDS),
    )


def _share(counts: Counts, sizes: Mapping[Stratum, int], good: Sequence[Word], among: Sequence[Word]) -> Share:
    parts = [
        intervals.Stratum(sum(count[word] for word in good), sum(count[word] for word in among), sizes[stratum])
        for stratum, count in counts.items()
    ]
    value, lo, hi = intervals.stratified(parts)
    return Share(value=value, lo=lo, hi=hi)
