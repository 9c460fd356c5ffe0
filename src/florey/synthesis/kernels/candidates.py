"""Which nodes can stand beside the answer: found, held against the stem, and left in the order in which they tempt.

For each draw of a pattern the clues are pushed along the metapath to the asked node, so that every node gets the
number of clues that it satisfies in the best case. Those with most tend to be tried first; one is taken where every way
through the hidden nodes definitely fails a condition.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from florey.graph.csr import Ints
from florey.graph.sampling.compiled import kernel
from florey.graph.sampling.rng import advance, below, stream
from florey.synthesis.kernels.judging import SATISFIED, judge
from florey.synthesis.kernels.kin import Kin, belongs, hints, related
from florey.synthesis.kernels.neighbours import GUMBEL, draw_similar, draw_unlike, keep
from florey.synthesis.kernels.pattern import Flags, Limits, Pattern, Scratch
from florey.synthesis.kernels.relations import Longs, Relations
from florey.synthesis.kernels.scoring import needed_of, score

FAILURES = (
    "",
    "no such instance found",
    "clues that are kin",
    "no neighbour that lacks it",
    "the answer is not proven",
    "the stem hints at the answer",
    "too few distractors",
    "no rival that fails the deciding condition only",
)
FOUND, NO_INSTANCE, KIN, NO_NEIGHBOUR, UNPROVEN, HINT, FEW, NO_RIVAL = range(len(FAILURES))
TRIED = 64
"""Candidates held against the stem for one question."""


@kernel
def _clashes(kin: Kin, pattern: Pattern, row: Ints, option: int, hinting: bool) -> bool:
    """Whether an option is too close to what the draw names (or, not `hinting`, to what it hides)."""
    for v in range(1, len(pattern.parent)):
        for i in range(pattern.times[v]):
            node = row[pattern.column[v] + i]
            if hinting:
                if pattern.told[v] and hints(kin, node, option):
                    return True
            elif belongs(kin, option, node):
                return True
    return False


@kernel
def _kin_clues(kin: Kin, pattern: Pattern, row: Ints) -> bool:
    for v in range(1, len(pattern.parent)):
        if pattern.told[v]:
            for i in range(pattern.times[v]):
                for j in range(i):
                    if related(kin, row[pattern.column[v] + i], row[pattern.column[v] + j]):
                        return True
    return False


@kernel
def shortlist(
    relations: Relations,
    kin: Kin,
    pattern: Pattern,
    limits: Limits,
    draws: Ints,  # shape (draws, columns); the negative leaf is filled in
    work: Scratch,
    seed: np.uint64,
    first: int,  # the number of the first draw in the whole run
    short: Ints,  # shape (draws, size): candidates in the order in which they tempt, -1 behind the last
    rivals: Flags,  # of the same shape
    failures: npt.NDArray[np.int8],  # why there are fewer than `fewest`
    fewest: int,
) -> None:
    """Fills `short`, `rivals` and `failures`."""
    keys, nodes = np.empty(TRIED, np.float64), np.empty(TRIED, np.int64)
    for d in range(len(draws)):
        row, epoch = draws[d], d + 1
        short[d] = -1
        if row[0] < 0:
            failures[d] = NO_INSTANCE
            continue
        rng = stream(seed, first + d)
        if _kin_clues(kin, pattern, row):
            failures[d] = KIN
            continue
        if pattern.unlike >= 0:
            if pattern.like >= 0:
                mark = -epoch  # apart from all stamps of `score`
                drawn = draw_similar(relations, pattern, limits, kin, row, work, mark, rng)
            else:
                drawn = draw_unlike(relations, pattern, limits, row, rng)
            rng = stream(seed ^ np.uint64(1), first + d)
            if not drawn:
                failures[d] = NO_NEIGHBOUR
                continue
        gold = row[0]
        verdict, rests, unknown, _ = judge(relations, pattern, row, gold, work)
        if verdict != SATISFIED or rests > limits.weakest:
            failures[d] = UNPROVEN
            continue
        if _clashes(kin, pattern, row, gold, True):
            failures[d] = HINT
            continue
        clues = score(relations, pattern, limits, row, work, epoch)
        needed = 0 if pattern.like >= 0 else needed_of(limits.min_shared, clues)
        kept = 0
        for i in range(work.sizes[0]):
            node = work.touched[0, i]
            points = work.counts[0, node]
            if points < needed or not limits.option[node] or node == gold:
                continue
            if limits.vocabulary[node] != limits.vocabulary[gold] or kin.types[node] != kin.types[gold]:
                continue
            rng = advance(rng)
            key = limits.temptation * points + limits.bonus[node] + GUMBEL[below(rng, len(GUMBEL))]
            if pattern.decisive >= 0 and points == clues:
                key += 1e6
            kept = keep(keys, nodes, kept, key, node)
        found, has_rival = 0, pattern.decisive < 0
        for i in np.argsort(-keys[:kept]):
            if found == short.shape[1]:
                break
            node = nodes[i]
            if related(kin, node, gold) or _clashes(kin, pattern, row, node, True):
                continue
            if _clashes(kin, pattern, row, node, False):
                continue
            verdict, rests, unknown, rival = judge(relations, pattern, row, node, work)
            if 0 <= verdict <= limits.weakest and (limits.allow_unknown or not unknown):
                short[d, found] = node
                rivals[d, found] = rival
                has_rival = has_rival or rival
                found += 1
        failures[d] = FEW if found < fewest else FOUND if has_rival else NO_RIVAL


@kernel
def choose(
    kin: Kin,
    golds: Longs,
    short: Ints,
    rivals: Flags,
    wants_rival: bool,
    balanced: bool,
    owed: Longs,  # by node: how often it should still stand as a distractor; changed
    chosen: Ints,  # shape (draws, distractors); -1 in the first place where too few go together
) -> None:
    """Draw by draw, distractors that are no kin of each other. Balanced: first those that are owed most, so that a node
    is as often right among the options as chance would have it."""
    wanted = chosen.shape[1]
    for d in range(len(short)):
        taken = 0
        barred = np.zeros(short.shape[1], np.bool_)
        while taken < wanted:
            best, best_key = -1, -1e18
            for i in range(short.shape[1]):
                node = short[d, i]
                if node < 0 or barred[i]:
                    continue
                key = -float(i)
                if balanced:
                    key += 100.0 * min(owed[node], 1)
                if wants_rival and taken == 0 and not rivals[d, i]:
                    key -= 1e9
                if key > best_key:
                    best, best_key = i, key
            if best < 0 or best_key < -1e8:
                break
            node = short[d, best]
            chosen[d, taken] = node
            taken += 1
            for i in range(short.shape[1]):
                if short[d, i] >= 0 and not barred[i] and related(kin, short[d, i], node):
                    barred[i] = True
        if taken < wanted:
            chosen[d, 0] = -1
        elif balanced:
            owed[golds[d]] += wanted
            for i in range(wanted):
                owed[chosen[d, i]] -= 1
