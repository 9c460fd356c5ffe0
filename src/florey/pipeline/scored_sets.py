"""One benchmark scored whole; and many side by side, each in a process of its own where there is much to read."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from florey.distributed import mapped
from florey.evaluation.benchmarks import (
    BenchmarkScore,
    Groups,
    Judged,
    check_policy,
    resampled_accuracy,
    score_benchmark,
    verdicts_of,
)
from florey.evaluation.calibration import Calibration, calibration
from florey.evaluation.compat import CompatScore, compat
from florey.evaluation.harm import Harm, HarmfulOptions, harm
from florey.evaluation.orders import Orders, orders
from florey.evaluation.stored import PREDICTIONS, Answered, Evaluation, open_evaluation
from florey.evaluation.verdicts import FreeScores, Policy
from florey.records import Record

LARGE = 30_000_000
"""Bytes of predictions from which on processes are worth their start, about half a second."""


class Details(Record):
    """Of one benchmark, what goes beyond its score."""

    orders: Orders | None
    calibration: Calibration | None
    harm: Harm | None
    compat: tuple[CompatScore, ...]
    outcomes: dict[str, int]  # of free answers judged by a graph


@dataclass(frozen=True)
class SetScore:
    """Everything about one benchmark. `means`: its accuracy over resampled items, for the macro average."""

    score: BenchmarkScore
    details: Details
    means: npt.NDArray[np.float64]


@dataclass(frozen=True)
class Known:
    """What something else than the predictions tells of the items, by benchmark."""

    groups: Mapping[str, Groups] = field(default_factory=dict)
    free: Mapping[str, FreeScores] = field(default_factory=dict)
    linked: HarmfulOptions | None = None


def score_set(answered: Answered, policy: Policy, seed: int, compatible: Sequence[str], known: Known) -> SetScore:
    """`compatible`: scripts of others."""
    name = answered.items.name
    each = verdicts_of(answered, policy, known.free.get(name))
    score = score_benchmark(each.source, each.questions, each.samples, policy, seed=seed, groups=known.groups.get(name))
    details = details_of(answered, each, known.linked, compatible, seed)
    return SetScore(score, details, resampled_accuracy(each.samples, seed))


def score_sets(
    evaluation: Evaluation,
    policy: Policy,
    seed: int,
    compatible: Sequence[str],
    known: Known,
    progress: Callable[[int, str], None],
    ray: str | None = None,
) -> dict[str, SetScore]:
    """By name, the same however many processes there are. `progress(sets done, name)`; `ray`: address of a cluster
    whose nodes all see the evaluation's folder."""
    check_policy(evaluation, policy)
    names, alone = list(evaluation.sets), known != Known()  # what is known would have to be known in every process
    if ray and not alone:
        parts = [_Part(evaluation.folder.resolve(), name, policy, seed, tuple(compatible)) for name in names]
        told = lambda done, _: progress(done, names[min(done, len(names) - 1)])  # noqa: E731
        return dict(zip(names, mapped(_scored_part, parts, ray, told, _Part.__str__), strict=True))
    workers = 1 if alone or _bytes(evaluation) < LARGE else min(os.cpu_count() or 1, len(names))
    if workers == 1:
        made = {}
        for done, name in enumerate(names):
            progress(done, name)
            made[name] = score_set(evaluation[name], policy, seed, compatible, known)
        return made
    with ProcessPoolExecutor(workers, multiprocessing.get_context("spawn")) as pool:
        largest_first = sorted(names, key=lambda name: -evaluation[name].items.items)
        given: dict[str, Future[SetScore]] = {
            name: pool.submit(_in_a_process, evaluation.folder, name, policy, seed, tuple(compatible))
            for name in largest_first
        }
        found = {}
        for done, name in enumerate(names):
            progress(done, name)
            found[name] = given[name].result()
        return found


@dataclass(frozen=True)
class _Part:
    folder: Path
    name: str
    policy: Policy
    seed: int
    compatible: tuple[str, ...]

    def __str__(self) -> str:
        return f"benchmark {self.name}"


def _scored_part(part: _Part) -> SetScore:
    return _in_a_process(part.folder, part.name, part.policy, part.seed, part.compatible)


def _in_a_process(folder: Path, name: str, policy: Policy, seed: int, compatible: Sequence[str]) -> SetScore:
    return score_set(open_evaluation(folder)[name], policy, seed, compatible, Known())


def _bytes(evaluation: Evaluation) -> int:
    return sum((answered.folder / PREDICTIONS).stat().st_size for answered in evaluation.sets.values())


def details_of(
    answered: Answered, each: Judged, linked: HarmfulOptions | None, compatible: Sequence[str], seed: int
) -> Details:
    """`linked`: finds harmful options of items without a certificate; `compatible`: scripts of others."""
    if answered.items.reading == "free":
        return Details(orders=None, calibration=None, harm=None, compat=(), outcomes={})
    harmful = harm(each.questions, each.samples, linked)
    predictions = list(answered.predictions()) if compatible else []
    return Details(
        orders=orders(each.samples),
        calibration=calibration(each.samples, seed=seed),
        harm=harmful if harmful.items else None,
        compat=tuple(compat(name, each.questions, predictions, answered.items.reading) for name in compatible),
        outcomes={},
    )
