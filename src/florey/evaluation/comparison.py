"""Models against each other on the same items: paired intervals and tests, by benchmark and for the macro average.

Two numbers of one table are never compared by whether their intervals overlap: what counts is the difference on each
item. p values are adjusted by Holm within two families: all benchmarks of all pairs, and the macro averages of all
pairs.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from itertools import combinations, pairwise
from math import sqrt
from typing import Literal

import numpy as np
import numpy.typing as npt

from florey.errors import BadInput
from florey.evaluation.benchmarks import Judged, check_policy, verdicts_of
from florey.evaluation.free_verdicts import has_verdicts
from florey.evaluation.measures import correct_share, majority
from florey.evaluation.statistics import Method, bootstrap_means, holm, mcnemar, paired_interval
from florey.evaluation.stored import Evaluation
from florey.evaluation.verdicts import Policy, Scored
from florey.records import LETTERS, Question, Record

Pairs = Literal["first", "successive", "all"]
"""Which models are compared: each with the first, each with the one before it, or each with each."""
FLIPS = 10_000
"""Draws of signs for the macro average's test."""
EXCERPT = 80


class Flip(Record):
    """An item that one model had right and the other had not, by majority where there are several samples."""

    benchmark: str
    question_id: str
    stem: str  # how it begins
    gold: str
    before: str  # letter, or the verdict where there is none
    after: str
    gained: bool


class Difference(Record):
    """`after` minus `before`, in accuracy over all items and samples."""

    before: str
    after: str
    benchmark: str  # or "macro"
    items: int
    accuracy_before: float
    accuracy_after: float
    difference: float
    lo: float  # 95%, paired, items resampled by cluster
    hi: float
    gained: int
    lost: int
    p: float
    test: Literal["mcnemar", "sign flip"]  # exact McNemar over items; signs of the clusters' differences drawn
    p_holm: float = 1.0


class Compared(Record):
    """Everything that `florey compare` tells."""

    models: tuple[str, ...]
    policy: Policy
    pairs: Pairs
    accuracies: dict[str, dict[str, float]]  # model -> benchmark or "macro" -> accuracy
    differences: tuple[Difference, ...]
    flips: tuple[Flip, ...]
    left_out: dict[str, tuple[str, ...]]  # benchmark without verdicts in all -> models that have some


def compare_evaluations(
    evaluations: Mapping[str, Evaluation], *, policy: Policy = "wrong", pairs: Pairs = "first", seed: int = 0
) -> Compared:
    """`evaluations`: by the name that the model goes by; at least two.

    BadInput where a benchmark's items differ, where no benchmark is in all of them, or where the policy needs answers
    that one was not asked for.
    """
    if len(evaluations) < 2:
        raise BadInput("comparison: expected at least two evaluations")
    for each in evaluations.values():
        check_policy(each, policy)
    names = list(evaluations)
    judged = {
        model: [name for name, answered in each.sets.items() if has_verdicts(answered)]
        for model, each in evaluations.items()
    }
    common = [name for name in judged[names[0]] if all(name in found for found in judged.values())]
    if not common:
        there = "; ".join(f"{model}: {', '.join(found) or 'none'}" for model, found in judged.items())
        raise BadInput(f"comparison: no benchmark has verdicts in all of them ({there})")
    everywhere = sorted({name for each in evaluations.values() for name in each.sets})
    read = {model: {name: verdicts_of(each[name], policy) for name in common} for model, each in evaluations.items()}
    for name in common:
        _same_items(name, {model: found[name].questions for model, found in read.items()})
    differences, flips = [], []
    for before, after in _paired(names, pairs):
        found, turned = _compare_two(before, after, read[before], read[after], seed)
        differences += found
        flips += turned
    accuracies = {
        model: {name: float(np.mean([correct_share(item) for item in found[name].samples])) for name in common}
        for model, found in read.items()
    }
    return Compared(
        models=tuple(names),
        policy=policy,
        pairs=pairs,
        accuracies={
            model: {**values, "macro": float(np.mean(list(values.values())))} for model, values in accuracies.items()
        },
        differences=tuple(_adjusted(differences)),
        flips=tuple(flips),
        left_out={
            name: tuple(model for model in names if name in judged[model]) for name in everywhere if name not in common
        },
    )


def _paired(names: Sequence[str], pairs: Pairs) -> list[tuple[str, str]]:
    if pairs == "first":
        return [(names[0], name) for name in names[1:]]
    return list(pairwise(names) if pairs == "successive" else combinations(names, 2))


def _same_items(name: str, questions: Mapping[str, Sequence[Question]]) -> None:
    """BadInput unless all answered the same items in the same order, by what they ask and not by their ids alone."""
    (first, expected), *others = questions.items()
    ids = [question.id for question in expected]
    for model, found in others:
        other = [question.id for question in found]
        if other == ids:
            for one, another in zip(expected, found, strict=True):
                if _asked(one) != _asked(another):
                    raise BadInput(
                        f"comparison: item {one.id} of {name} has another text or right answer in {model} than in "
                        f"{first}; a questions.jsonl was changed"
                    )
            continue
        missing, more = sorted(set(ids) - set(other)), sorted(set(other) - set(ids))
        if missing or more:
            odd, owner = (missing[0], first) if missing else (more[0], model)
            raise BadInput(
                f"comparison: {first} and {model} must have the same items of {name}; {len(missing) + len(more)} are "
                f"in one of them only, the first is {odd} of {owner}"
            )
        raise BadInput(f"comparison: {first} and {model} have the items of {name} in another order or number")


def _asked(question: Question) -> tuple[object, ...]:
    return question.context, question.stem, question.options, question.gold


def _compare_two(
    before: str, after: str, first: Mapping[str, Judged], second: Mapping[str, Judged], seed: int
) -> tuple[list[Difference], list[Flip]]:
    made: list[Difference] = []
    flips: list[Flip] = []
    resampled: list[npt.NDArray[np.float64]] = []
    clustered: list[npt.NDArray[np.float64]] = []
    methods: set[Method] = set()
    for name, each in first.items():
        questions, old, new = each.questions, each.samples, second[name].samples
        clusters = [item[0].answer_id for item in old]
        was, now = ([correct_share(item) for item in samples] for samples in (old, new))
        found = paired_interval(was, now, clusters, seed=seed)
        methods.add(found.method)
        turned = [flip for item in zip(questions, old, new, strict=True) if (flip := _flip(name, *item))]
        gained = sum(flip.gained for flip in turned)
        flips += turned
        made.append(
            Difference(
                before=before,
                after=after,
                benchmark=name,
                items=len(questions),
                accuracy_before=float(np.mean(was)),
                accuracy_after=float(np.mean(now)),
                difference=found.value,
                lo=found.lo,
                hi=found.hi,
                gained=gained,
                lost=len(turned) - gained,
                p=_mcnemar(turned),
                test="mcnemar",
            )
        )
        change = np.subtract(now, was)
        drawn = bootstrap_means(change, clusters, seed=seed)
        resampled.append(np.random.default_rng(len(resampled)).permutation(drawn))  # apart from other benchmarks
        clustered.append(_cluster_sums(change, clusters) / len(questions))
    return [*made, _macro(before, after, made, resampled, clustered, methods, seed)], flips


def _mcnemar(turned: Sequence[Flip]) -> float:
    """Over distinct items: copies of one turn together."""
    gained = [flip.gained for flip in {flip.question_id: flip for flip in turned}.values()]
    return mcnemar(sum(gained), len(gained) - sum(gained))


def _macro(
    before: str,
    after: str,
    made: Sequence[Difference],
    resampled: Sequence[npt.NDArray[np.float64]],
    clustered: Sequence[npt.NDArray[np.float64]],
    methods: Collection[Method],
    seed: int,
) -> Difference:
    """The unweighted mean of the benchmarks' differences."""
    lo, hi = np.quantile(np.mean(resampled, axis=0), [0.025, 0.975])
    difference = float(np.mean([each.difference for each in made]))
    if "wilson" in methods:  # resampling says nothing of one of them, as where no item differs: square-and-add
        lo = difference - sqrt(sum((each.difference - each.lo) ** 2 for each in made)) / len(made)
        hi = difference + sqrt(sum((each.hi - each.difference) ** 2 for each in made)) / len(made)
    return Difference(
        before=before,
        after=after,
        benchmark="macro",
        items=sum(each.items for each in made),
        accuracy_before=float(np.mean([each.accuracy_before for each in made])),
        accuracy_after=float(np.mean([each.accuracy_after for each in made])),
        difference=difference,
        lo=float(lo),
        hi=float(hi),
        gained=sum(each.gained for each in made),
        lost=sum(each.lost for each in made),
        p=sign_flip(np.concatenate(clustered), seed),
        test="sign flip",
    )


def sign_flip(contributions: npt.NDArray[np.float64], seed: int) -> float:
    """Two-sided p of a sum of contributions whose signs are drawn, as they may be if neither model is better.

    Exchangeability under the null: within a cluster of items, which model is called the first says nothing.
    """
    moved = contributions[contributions != 0]
    if not len(moved):
        return 1.0
    rng, whole, beyond = np.random.default_rng(seed), abs(float(moved.sum())), 0
    rows = max(1, 4_000_000 // len(moved))
    for start in range(0, FLIPS, rows):
        signs = rng.integers(0, 2, size=(min(rows, FLIPS - start), len(moved)), dtype=np.int8) * 2.0 - 1.0
        beyond += int((np.abs(signs @ moved) >= whole - 1e-12).sum())
    return (1 + beyond) / (1 + FLIPS)


def _cluster_sums(values: npt.NDArray[np.float64], clusters: Sequence[str]) -> npt.NDArray[np.float64]:
    _, owner = np.unique(np.asarray(clusters, dtype=str), return_inverse=True)
    return np.bincount(owner, weights=values).astype(np.float64)


def _flip(benchmark: str, question: Question, old: Sequence[Scored], new: Sequence[Scored]) -> Flip | None:
    was, now = (majority(samples) > 0.5 for samples in (old, new))
    if was == now:
        return None
    return Flip(
        benchmark=benchmark,
        question_id=question.id,
        stem=" ".join(question.stem.split())[:EXCERPT],
        gold=question.letter,
        before=_said(old),
        after=_said(new),
        gained=now,
    )


def _said(samples: Sequence[Scored]) -> str:
    """The letters that were chosen, most often first; verdicts where none was."""
    said = [sample.verdict.value if sample.choice is None else LETTERS[sample.choice] for sample in samples]
    return "/".join(sorted(set(said), key=lambda each: (-said.count(each), each)))


def _adjusted(differences: Sequence[Difference]) -> list[Difference]:
    """Holm within the benchmarks of all pairs, and within the macro averages of all pairs."""
    made = list(differences)
    for family in (True, False):
        places = [place for place, each in enumerate(made) if (each.benchmark == "macro") is family]
        for place, p in zip(places, holm([made[place].p for place in places]), strict=True):
            made[place] = made[place].model_copy(update={"p_holm": p})
    return made
