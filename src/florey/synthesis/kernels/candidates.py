"""Which nodes can stand beside the answer: found, held against the stem, and left in the order in which they tempt.

For each draw of a pattern the clues are pushed along the metapath to the asked node, so that every node gets the
number of clues that it satisfies in the best case. Those with most tend to be tried first; one is taken where every way
through the hidden nodes definitely fails a condition. Half of those found are less known than the answer, as far as
there are such: otherwise the least known option would be a good guess.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from florey.graph.csr import Ints
from florey.graph.sampling.compiled import bare_kernel, kernel
from florey.graph.sampling.rng import advance, below, stream
from florey.synthesis.kernels.judging import SATISFIED, judge
from florey.synthesis.kernels.kin import Kin, belongs, hints, related
from florey.synthesis.kernels.neighbours import GUMBEL, draw_similar, draw_unlike, keep
from florey.synthesis.kernels.pattern import Flags, Limits, Pattern, Scratch
from florey.synthesis.kernels.relations import Relations
from florey.synthesis.kernels.scoring import needed_of, score, score_star

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
REFUSED = 40
"""Candidates refused after which no more are looked at."""
FOUND, NO_INSTANCE, KIN, NO_NEIGHBOUR, UNPROVEN, HINT, FEW, NO_RIVAL = range(len(FAILURES))
TRIED = 48
"""Candidates, of those less known than the answer and of the others, that are held against the stem."""


@bare_kernel
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


@bare_kernel
def _kin_clues(kin: Kin, pattern: Pattern, row: Ints) -> bool:
    for v in range(1, len(pattern.parent)):
        if pattern.told[v]:
            for i in range(pattern.times[v]):
                for j in range(i):
                    if related(kin, row[pattern.column[v] + i], row[pattern.column[v] + j]):
                        return True
    return False


@bare_kernel
def _next(keys: npt.NDArray[np.float64], kept: int) -> int:
    """Where the highest key is: cheaper than a sort where only some are asked for."""
    best = 0
    for i in range(1, kept):
        if keys[i] > keys[best]:
            best = i
    return best


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
    tried = min(TRIED, 4 + 4 * short.shape[1])
    keys, nodes = np.empty((2, tried), np.float64), np.empty((2, tried), np.int64)
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
        if pattern.star:
            rng = advance(rng)
            clues = score_star(relations, pattern, limits, row, work, epoch, rng)
            rng = stream(seed ^ np.uint64(2), first + d)
        else:
            clues = score(relations, pattern, limits, row, work, epoch)
        needed = 0 if pattern.like >= 0 else needed_of(limits.min_shared, clues)
        kept_rarer, kept_commoner = 0, 0
        for i in range(work.sizes[0]):
            node = work.touched[0, i]
            points = work.counts[0, node]
            if points < needed or not limits.option[node] or node == gold:
                continue
            if limits.vocabulary[node] != limits.vocabulary[gold] or kin.types[node] != kin.types[gold]:
                continue
            rng = advance(rng)
            away = limits.renown[node] - limits.renown[gold]
            key = limits.temptation * points + GUMBEL[below(rng, len(GUMBEL))] - limits.closeness * abs(away)
            if pattern.decisive >= 0 and points == clues:
                key += 1e6
            rng = advance(rng)
            if not limits.closeness or away < 0 or (away == 0 and below(rng, 2)):
                kept_rarer = keep(keys[0], nodes[0], kept_rarer, key, node)
            else:
                kept_commoner = keep(keys[1], nodes[1], kept_commoner, key, node)
        found, has_rival = 0, pattern.decisive < 0
        left_rarer, left_commoner, taken_rarer, taken_commoner = kept_rarer, kept_commoner, 0, 0
        while found < short.shape[1] and kept_rarer + kept_commoner - left_rarer - left_commoner - found < REFUSED:
            side = 0 if left_rarer and (taken_rarer <= taken_commoner or not left_commoner) else 1
            if not (left_commoner if side else left_rarer):
                break
            best = _next(keys[side], kept_commoner if side else kept_rarer)
            keys[side, best] = -np.inf
            node = nodes[side, best]
            if side:
                left_commoner -= 1
            else:
                left_rarer -= 1
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
                if side:
                    taken_commoner += 1
                else:
                    taken_rarer += 1
        failures[d] = FEW if found < fewest else FOUND if has_rival else NO_RIVAL
