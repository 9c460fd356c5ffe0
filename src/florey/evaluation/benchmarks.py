"""The scores of a stored evaluation: each benchmark with its subgroups, and the macro average over them."""

from __future__ import annotations

import gc
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from math import sqrt

import numpy as np
import numpy.typing as npt

from florey.clustered import Mean, share
from florey.errors import BadInput
from florey.evaluation import measures
from florey.evaluation.free_verdicts import stored_free
from florey.evaluation.scoring import Cell, Score, summary
from florey.evaluation.statistics import bootstrap_means, cluster_interval
from florey.evaluation.stored import PREDICTIONS, Answered, Evaluation, ItemSet
from florey.evaluation.verdicts import FreeScores, Policy, Scored, judged
from florey.records import LETTERS, Question, Record

SMALLEST = 5
"""A subgroup with fewer items is counted and not scored."""
Groups = Mapping[str, Mapping[str, Collection[str]]]
"""Subgroups that the items do not tell of themselves: axis -> group -> ids of questions."""
Samples = Sequence[Sequence[Scored]]
"""Per item, its samples."""


class Subgroup(Record):
    """One value of one axis, such as body_system: Nervous."""

    axis: str
    value: str
    items: int
    accuracy: float | None  # None: fewer than `SMALLEST` items
    lo: float | None = None  # Wilson at the effective sample size, clustered by item
    hi: float | None = None


class BenchmarkScore(Score):
    """One model on one benchmark. Accuracy is the mean over items of each one's mean over samples (avg@k): an item
    with more options, and so more orders of them, weighs no more than another."""

    name: str
    source: ItemSet
    policy: Policy
    items: int
    samples: tuple[int, int]  # fewest and most per item
    wilson_lo: float  # of accuracy: Wilson at the effective sample size
    wilson_hi: float
    failures: int  # predictions without any answer of the model; they are among the truncated
    forced: int  # verdicts on an answer that the model was made to give
    always: float  # accuracy of always choosing the letter that is most often right
    majority: Cell | None  # maj@k; None with one sample, or where there are no options to vote for
    passes: dict[int, Cell]  # pass@k by k; empty with one sample
    subgroups: tuple[Subgroup, ...]


class Macro(Record):
    """The unweighted mean over benchmarks, of unrounded accuracies."""

    over: tuple[str, ...]
    accuracy: float
    lo: float  # items resampled within each benchmark
    hi: float
    micro: float  # over all items of all of them, for comparison
    chance: float


class EvaluationScore(Record):
    """What `score` makes of a folder."""

    model: str
    policy: Policy
    seed: int
    benchmarks: tuple[BenchmarkScore, ...]
    macro: Macro


@dataclass(frozen=True)
class Judged:
    """The items of a stored benchmark and, for each, the verdicts on its samples."""

    source: ItemSet
    questions: list[Question]
    samples: list[list[Scored]]


def verdicts_of(answered: Answered, policy: Policy, free: FreeScores | None = None) -> Judged:
    """`free`: verdicts on answers in the model's own words; those that are stored, where none are given. BadInput where
    they are needed and not there."""
    questions = answered.questions()
    if answered.items.reading == "free" and free is None:
        free = stored_free(answered)
    if answered.items.reading == "free" and free is None:
        raise BadInput(
            f"{answered.folder}: answers in the model's own words, and nobody has judged them; use `florey score` with "
            "--graph or --judge-model"
        )
    samples = judged(
        questions,
        answered.predictions(),
        answered.folder / PREDICTIONS,
        reading=answered.items.reading,
        policy=policy,
        free=free,
        per_item=answered.asking.per_item,
    )
    return Judged(answered.items, questions, samples)


def check_policy(evaluation: Evaluation, policy: Policy) -> None:
    """BadInput where the policy needs answers that nobody asked for."""
    if policy == "force" and not evaluation.asking.forced_tokens:
        raise BadInput(
            f"{evaluation.folder}: policy 'force' counts answers that were asked for after a cut thought, and none "
            "were; predict with --force-after TOKENS"
        )


def read_verdicts(
    evaluation: Evaluation,
    policy: Policy = "wrong",
    *,
    free: Mapping[str, FreeScores] | None = None,
    progress: Callable[[str], None] = lambda name: None,
) -> dict[str, Judged]:
    """Of every benchmark, by name.

    BadInput for predictions that are not of the items, or where the policy needs answers that nobody asked for.
    """
    check_policy(evaluation, policy)
    made = {}
    with _no_cycles():
        for name, answered in evaluation.sets.items():
            progress(name)
            made[name] = verdicts_of(answered, policy, (free or {}).get(name))
    return made


@contextmanager
def _no_cycles() -> Iterator[None]:
    """Without the collector of cycles: records have none, and looking for them among very many takes a quarter of the
    time that it takes to make them."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def score_evaluation(
    evaluation: Evaluation,
    policy: Policy = "wrong",
    *,
    seed: int = 0,
    groups: Mapping[str, Groups] | None = None,
    verdicts: Mapping[str, Judged] | None = None,
) -> EvaluationScore:
    """`groups`: further subgroups by benchmark; `verdicts`: those of `read_verdicts`, if they are there already; `seed`
    drives the bootstrap alone."""
    verdicts = verdicts or read_verdicts(evaluation, policy)
    scores = [
        score_benchmark(each.source, each.questions, each.samples, policy, seed=seed, groups=(groups or {}).get(name))
        for name, each in verdicts.items()
    ]
    means = {name: resampled_accuracy(each.samples, seed) for name, each in verdicts.items()}
    return evaluation_score(evaluation, policy, scores, means, seed=seed)


def evaluation_score(
    evaluation: Evaluation,
    policy: Policy,
    scores: Sequence[BenchmarkScore],
    means: Mapping[str, npt.NDArray[np.float64]],
    *,
    seed: int,
) -> EvaluationScore:
    """`means`: resampled accuracies of every benchmark, see `resampled_accuracy`."""
    return EvaluationScore(
        model=evaluation.asking.model,
        policy=policy,
        seed=seed,
        benchmarks=tuple(scores),
        macro=macro(scores, means),
    )


def score_benchmark(
    source: ItemSet,
    questions: Sequence[Question],
    samples: Samples,
    policy: Policy,
    *,
    seed: int,
    groups: Groups | None = None,
) -> BenchmarkScore:
    every = [sample for item in samples for sample in item]
    counts = sorted({len(item) for item in samples})
    fewest, most = counts[0], counts[-1]
    effective = _share(samples)
    accuracy = _over_items(samples, measures.correct_share, seed).model_copy(update={"n": len(every)})
    letters = Counter(LETTERS[question.gold] for question in questions)
    return BenchmarkScore(
        **{
            **dict(summary(every, seed=seed, accuracy=accuracy)),
            "chance": sum(1 / len(question.options) for question in questions) / len(questions),
        },
        name=source.name,
        source=source,
        policy=policy,
        items=len(questions),
        samples=(fewest, most),
        wilson_lo=effective.lo if effective.lo is not None else 0.0,
        wilson_hi=effective.hi if effective.hi is not None else 1.0,
        failures=sum(sample.failed for sample in every),
        forced=sum(sample.forced for sample in every),
        always=max(letters.values()) / len(questions),
        majority=_over_items(samples, measures.majority, seed) if most > 1 and source.reading != "free" else None,
        passes={
            k: _over_items(samples, lambda item, k=k: measures.pass_at(item, k), seed)  # type: ignore[misc]
            for k in (measures.ks(fewest) if fewest > 1 else [])
        },
        subgroups=tuple(subgroups(questions, samples, groups or {})),
    )


def _over_items(samples: Samples, measure: Callable[[Sequence[Scored]], float], seed: int) -> Cell:
    """The mean over items of a measure in 0..1."""
    values = [measure(item) for item in samples]
    found = cluster_interval(values, [item[0].answer_id for item in samples], seed=seed)
    return Cell(
        n=found.n, clusters=found.clusters, accuracy=found.value, lo=found.lo, hi=found.hi, interval=found.method
    )


def subgroups(questions: Sequence[Question], samples: Samples, groups: Groups) -> list[Subgroup]:
    """By everything that the source files items under, by number of options and language, and by `groups`."""
    members: dict[tuple[str, str], list[int]] = defaultdict(list)
    for place, question in enumerate(questions):
        for axis, value in _filed(question):
            members[axis, value].append(place)
    found = {axis: sorted(value for each, value in members if each == axis) for axis in sorted({a for a, _ in members})}
    made = [
        _subgroup(axis, value, [samples[place] for place in members[axis, value]])
        for axis, values in found.items()
        if len(values) > 1
        for value in values
    ]
    for axis, named in groups.items():
        for value, ids in named.items():
            wanted = frozenset(ids)
            inside = [item for question, item in zip(questions, samples, strict=True) if question.id in wanted]
            made.append(_subgroup(axis, value, inside))
    return made


def _filed(question: Question) -> list[tuple[str, str]]:
    filed = [*question.facets.items(), ("options", str(len(question.options))), ("language", question.language)]
    if question.specialty and question.specialty not in question.facets.values():
        filed.append(("specialty", question.specialty))
    if question.tier:
        filed.append(("tier", question.tier))
    return filed


def _subgroup(axis: str, value: str, samples: Samples) -> Subgroup:
    if len(samples) < SMALLEST:
        return Subgroup(axis=axis, value=value, items=len(samples), accuracy=None)
    found = _share(samples)
    return Subgroup(axis=axis, value=value, items=len(samples), accuracy=found.value, lo=found.lo, hi=found.hi)


def _share(samples: Samples) -> Mean:
    """Accuracy over items with Wilson's interval at the effective sample size."""
    return share([measures.correct_share(item) for item in samples], [item[0].answer_id for item in samples])


def resampled_accuracy(samples: Samples, seed: int) -> npt.NDArray[np.float64]:
    """Accuracies of samples of whole clusters drawn with replacement: shape (resamples,)."""
    shares = [measures.correct_share(item) for item in samples]
    return bootstrap_means(shares, [item[0].answer_id for item in samples], seed=seed)


def macro(scores: Sequence[BenchmarkScore], means: Mapping[str, npt.NDArray[np.float64]]) -> Macro:
    """`means`: of each benchmark by name, resampled. The resamples of different benchmarks are independent."""
    names = tuple(score.name for score in scores)
    # one seed draws the same numbers in benchmarks of one size: shuffled, they are independent
    drawn = [np.random.default_rng(place).permutation(means[name]) for place, name in enumerate(names)]
    lo, hi = np.quantile(np.mean(drawn, axis=0), [0.025, 0.975])
    accuracy = float(np.mean([score.accuracy for score in scores]))
    if any(score.interval == "wilson" for score in scores):  # resampling says nothing of that one: square-and-add
        lo = accuracy - sqrt(sum((score.accuracy - score.lo) ** 2 for score in scores)) / len(scores)
        hi = accuracy + sqrt(sum((score.hi - score.accuracy) ** 2 for score in scores)) / len(scores)
    items = sum(score.items for score in scores)
    return Macro(
        over=names,
        accuracy=accuracy,
        lo=float(lo),
        hi=float(hi),
        micro=sum(score.accuracy * score.items for score in scores) / items,
        chance=float(np.mean([score.chance for score in scores])),
    )
