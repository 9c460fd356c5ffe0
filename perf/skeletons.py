"""Certified skeletons and finished questions per second: measures for `python -m perf.sampling`.

A skeleton is a disease drawn by rarity, four of its findings, three diseases of the same vocabulary that share at least
two of them and definitely lack another, and the certificate as an array: the state of every condition for every
option, with what an absence rests on. A finished question has all of it as records, its words, and is unlike any other.
"""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import numpy.typing as npt

from florey.graph.csr import Csr
from florey.graph.presence import Presence
from florey.graph.sampling.compiled import in_chunks
from florey.graph.sampling.tree import Branch, TreeSampler
from florey.graph.store import Graph
from florey.synthesis.answers import PATIENCE
from florey.synthesis.config import SynthesisConfig
from florey.synthesis.drawing import CHUNK, Drawing
from florey.synthesis.kernels.candidates import shortlist
from florey.synthesis.kernels.judging import certify
from florey.synthesis.kernels.kin import Kin
from florey.synthesis.kernels.options import choose, ledger
from florey.synthesis.kernels.pattern import Limits, Pattern, scratch
from florey.synthesis.kernels.relations import Relations
from florey.synthesis.material import Material
from florey.synthesis.metapaths import kinds
from florey.synthesis.synthesizer import Synthesizer

FINDINGS, DISTRACTORS, SHARED = 4, 3, 2
BREADTH = 16
"""Candidates looked at for each finding: enough for three distractors."""
SKELETONS = 200_000
QUESTIONS = 20_000
Parts = tuple[TreeSampler, Relations, Kin, Pattern, Limits, npt.NDArray[np.float64]]


def plain_parts(findings: Csr, weights: npt.NDArray[np.float64]) -> Parts:
    """Of a graph that is only arrays: no names, no is_a, no denials. `findings`: disease -> finding."""
    n, holders = findings.n, findings.transposed()
    none, nowhere = np.zeros(n + 1, np.int64), np.zeros(0, np.int32)
    relations = Relations(
        *(n, findings.indptr, findings.indices, holders.indptr, holders.indices, findings.indptr, findings.indices),
        *(none, nowhere, np.zeros(0, np.int8), findings.lengths() > 0, none, nowhere),
    )
    types = (findings.lengths() > 0).astype(np.int16)
    kin = Kin(np.zeros(n, np.int8), types, *((none, nowhere) * 6))
    is_disease = findings.lengths() > 0
    limits = Limits(
        *(is_disease, is_disease, np.zeros(n, np.int64), np.zeros(n, np.float32), 0.0),
        *(BREADTH, SHARED, 2.0, 4, True),
    )
    common = holders.lengths().astype(np.float64)  # at random few share two findings unless these are common
    sampler = TreeSampler(n, [Branch(0, findings, common, FINDINGS)])
    return sampler, relations, kin, _star(), limits, weights


def _star() -> Pattern:
    yes, no = np.array([True, True]), np.array([False, False])
    clue = np.array([False, True])
    return Pattern(
        *(np.array([-1, 0]), np.zeros(2, np.int64), clue, yes, clue, clue, no, clue),
        *(np.array([0, 1]), np.array([1, FINDINGS]), -1, -1, -1, 0, True),
    )


def graph_parts(folder: Path) -> Parts:
    """Of a built graph: presence over is_a, denials, completeness, kinship by name and gene."""
    config = SynthesisConfig(balanced=False, min_shared=SHARED)
    material = Material(Presence(Graph.open(folder)), config, None)
    drawing = Drawing(material, kinds()["findings_to_disease"], FINDINGS)
    weights = np.maximum(material.degrees, 1) ** -0.5
    limits = drawing.limits._replace(breadth=BREADTH)
    return drawing.sampler, drawing.stacked, material.kinship.arrays, drawing.pattern, limits, weights


def going(parts: Parts, threads: int = 2) -> Parts:
    """The same, but for answers that gave nothing in so many draws: they have retired, as they do in a synthesis."""
    sampler, relations, kin, pattern, limits, weights = parts
    members = np.flatnonzero(weights * (sampler.completions > 0))
    gave = _states(parts, np.repeat(members, PATIENCE // 4), threads)[:, 0, 0].reshape(len(members), -1) == 0
    alive = np.zeros(len(weights))
    alive[members[gave.any(axis=1)]] = 1
    return sampler, relations, kin, pattern, limits, weights * alive


def skeletons_per_s(parts: Parts, threads: int = 2) -> float:
    """Certified skeletons a second; those drawn that came to nothing cost time and do not count."""
    begun = time.perf_counter()
    sampler, *_, weights = parts
    chances = weights * (sampler.completions > 0)
    roots = np.random.default_rng(1).choice(len(weights), SKELETONS, p=chances / chances.sum())
    states = _states(parts, np.sort(roots), threads)  # sorted, neighbours in memory are asked for together
    return float((states[:, 0, 0] == 0).sum()) / (time.perf_counter() - begun)


def _states(parts: Parts, roots: npt.NDArray[np.int64], threads: int) -> npt.NDArray[np.int8]:
    """Certificates, shape (roots, options, conditions); -1 where there is none."""
    sampler, relations, kin, pattern, limits, weights = parts
    draws = sampler.complete(roots, 1, threads)
    short = np.full((len(roots), DISTRACTORS), -1, np.int32)
    rivals, failures = np.zeros(short.shape, np.bool_), np.zeros(len(roots), np.int8)
    chosen = np.full(short.shape, -1, np.int32)
    states = np.full((len(roots), DISTRACTORS + 1, FINDINGS), -1, np.int8)
    features, unused = np.zeros((1, len(weights)), np.float32), ledger(2, DISTRACTORS + 1, 0, 0)

    def work(start: int, stop: int) -> None:
        part = slice(start, stop)
        room = scratch(2, len(weights))
        given = relations, kin, pattern, limits, draws[part], room, np.uint64(1), start
        shortlist(*given, short[part], rivals[part], failures[part], DISTRACTORS)
        short[part][failures[part] > 0] = -1
        picking = draws[part], short[part], rivals[part], False, False, 1.0, unused, np.uint64(2), start
        choose(kin, pattern, features, *picking, chosen[part])
        good = chosen[part][:, 0] >= 0
        found = states[part][good]
        certify(relations, pattern, draws[part][good], chosen[part][good], found)
        states[part][good] = found

    in_chunks(work, len(roots), threads, 16 * CHUNK)
    return states


def questions_s(folder: Path) -> tuple[float, int]:
    """Seconds for 20,000 finished, certified and different questions of all kinds there are, from opening the graph,
    and how many there were."""
    begun = time.perf_counter()
    maker = Synthesizer(Graph.open(folder), SynthesisConfig(), 2)
    maker.make_in_all(maker.available(), QUESTIONS)
    return time.perf_counter() - begun, len(maker.result().questions)
