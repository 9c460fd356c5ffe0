"""Whether a model is as often right as it is sure, and what it is worth to let it pass on the items it is unsure of.

Sure by one of two measures: the probability that it gives the option it chose, where probabilities were asked for; or
the share of its samples that chose the same option. An answer that names no option is not counted here but beside it:
it is an abstention.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from florey.clustered import Mean, mean, share
from florey.evaluation.resampling import Rows, cluster_intervals
from florey.evaluation.verdicts import Scored
from florey.records import Record

By = Literal["probability", "agreement"]
BINS = 10
COVERAGES = (0.5, 0.7, 0.8, 0.9, 1.0)


class Bin(Record):
    """Answers with a confidence from `lo` up to `hi`."""

    lo: float
    hi: float
    n: int
    confidence: float  # mean
    accuracy: Mean


class Selective(Record):
    """Only the surest answers are given."""

    coverage: float  # share of all items that are answered, at most; abstentions of the model are not
    accuracy: float  # among those
    n: int
    lo: float | None = None  # 95%, clusters resampled, as for the other figures
    hi: float | None = None


class Calibration(Record):
    """Of one benchmark."""

    by: By
    n: int  # answers that named an option and whose confidence is known
    abstained: int  # those that named none
    unknown: int  # those whose confidence is not known
    confidence: float
    accuracy: Mean
    ece: float  # expected calibration error over ten bins of equal width, 0..1
    ece_lo: float | None  # 95%, clusters of items resampled; biased upwards where bins are small; None with one cluster
    ece_hi: float | None
    brier: Mean  # squared distance of confidence from right or wrong
    bins: tuple[Bin, ...]  # those with answers
    selective: tuple[Selective, ...]
    aurc: float  # area under risk over coverage: mean error over all prefixes of the answers, surest first
    aurc_lo: float | None
    aurc_hi: float | None


class Answer(NamedTuple):
    """What calibration is about: one answer with how sure it is."""

    cluster: str
    correct: bool
    confidence: float


def confident(samples: Sequence[Sequence[Scored]], by: By) -> tuple[list[Answer], int, int]:
    """(answers with their confidence, abstentions, answers whose confidence is not known).

    By agreement, an item has one answer: the option that most of its samples chose (the first of several in the
    question's order).
    """
    if by == "agreement":
        found = [_voted(item) for item in samples]
        return [each for each in found if each], sum(each is None for each in found), 0
    every = [sample for item in samples for sample in item]
    made = [
        Answer(sample.answer_id, sample.correct, sample.confidence)
        for sample in every
        if sample.choice is not None and sample.confidence is not None
    ]
    abstained = sum(sample.choice is None for sample in every)
    return made, abstained, len(every) - abstained - len(made)


def _voted(item: Sequence[Scored]) -> Answer | None:
    votes = Counter(sample.choice for sample in item if sample.choice is not None)
    if not votes:
        return None
    chosen, count = min(votes.items(), key=lambda each: (-each[1], each[0]))
    return Answer(item[0].answer_id, chosen == item[0].gold, count / len(item))


def calibration(samples: Sequence[Sequence[Scored]], *, seed: int = 0) -> Calibration | None:
    """By probability where any is known, else by agreement where items have several samples; None where neither is."""
    known = any(sample.confidence is not None for item in samples for sample in item)
    by: By = "probability" if known else "agreement"
    if by == "agreement" and all(len(item) < 2 for item in samples):
        return None
    made, abstained, unknown = confident(samples, by)
    if not made:
        return None
    made.sort(key=lambda each: -each.confidence)
    sure = np.array([each.confidence for each in made])
    right = np.array([each.correct for each in made], dtype=float)
    clusters = [each.cluster for each in made]
    answered = selective(sure, right, len(made) + abstained + unknown)

    def figures(rows: Rows) -> list[float]:
        expected = _tied_means(sure[rows], right[rows])
        # a sample may have more rows or fewer: the share of its answers that are given is what stays
        parts = [expected[: max(1, round(len(rows) * each.n / len(made)))].mean() for each in answered]
        return [ece(sure[rows], right[rows]), _area(expected), *parts]

    (lo, hi), (aurc_lo, aurc_hi), *ends = cluster_intervals(clusters, figures, seed=seed)
    return Calibration(
        by=by,
        n=len(made),
        abstained=abstained,
        unknown=unknown,
        confidence=float(sure.mean()),
        accuracy=share(right, clusters),
        ece=ece(sure, right),
        ece_lo=lo,
        ece_hi=hi,
        brier=mean((sure - right) ** 2, clusters, 0, 1),
        bins=tuple(_bins(sure, right, clusters)),
        selective=tuple(
            each.model_copy(update={"lo": least, "hi": most})
            for each, (least, most) in zip(answered, ends, strict=True)
        ),
        aurc=aurc(sure, right),
        aurc_lo=aurc_lo,
        aurc_hi=aurc_hi,
    )


def _which_bin(sure: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
    return np.minimum((sure * BINS).astype(np.int64), BINS - 1)


def ece(sure: npt.NDArray[np.float64], right: npt.NDArray[np.float64]) -> float:
    """Mean distance of confidence from accuracy over bins of equal width, weighted by their answers (Guo et al. 2017).

    >>> ece(np.array([0.9, 0.9]), np.array([1.0, 0.0])).__round__(2)
    0.4
    """
    bins = _which_bin(sure)
    gaps = np.bincount(bins, weights=sure - right, minlength=BINS)
    return float(np.abs(gaps).sum() / len(sure))


def _bins(sure: npt.NDArray[np.float64], right: npt.NDArray[np.float64], clusters: Sequence[str]) -> list[Bin]:
    which, made = _which_bin(sure), []
    for number in range(BINS):
        rows = np.flatnonzero(which == number)
        if len(rows):
            made.append(
                Bin(
                    lo=number / BINS,
                    hi=(number + 1) / BINS,
                    n=len(rows),
                    confidence=float(sure[rows].mean()),
                    accuracy=share(right[rows], [clusters[row] for row in rows.tolist()]),
                )
            )
    return made


def selective(sure: npt.NDArray[np.float64], right: npt.NDArray[np.float64], items: int) -> list[Selective]:
    """Accuracy when so much of `items` is answered, surest first. Answers that are equally sure are taken by halves:
    their mean counts, so that their order in the file says nothing."""
    order = np.argsort(-sure, kind="stable")
    expected = _tied_means(sure[order], right[order])
    made = []
    for coverage in COVERAGES:
        answered = min(len(sure), round(coverage * items))
        if answered:
            made.append(Selective(coverage=answered / items, accuracy=float(expected[:answered].mean()), n=answered))
    return list({each.n: each for each in made}.values())


def aurc(sure: npt.NDArray[np.float64], right: npt.NDArray[np.float64]) -> float:
    """Area under the risk-coverage curve (Geifman & El-Yaniv 2017); ties as in `selective`.

    >>> aurc(np.array([0.9, 0.8]), np.array([1.0, 0.0]))
    0.25
    """
    order = np.argsort(-sure, kind="stable")
    return _area(_tied_means(sure[order], right[order]))


def _area(expected: npt.NDArray[np.float64]) -> float:
    wrong = 1 - expected
    return float((np.cumsum(wrong) / np.arange(1, len(wrong) + 1)).mean())


def _tied_means(sure: npt.NDArray[np.float64], right: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Each answer's rightness replaced by the mean over all that are equally sure; `sure` is sorted."""
    owner = np.concatenate(([0], np.cumsum(sure[1:] != sure[:-1])))
    means = np.bincount(owner, weights=right) / np.bincount(owner)
    return np.asarray(means[owner], dtype=np.float64)
