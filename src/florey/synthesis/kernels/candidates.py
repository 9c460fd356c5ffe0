"""Which nodes can stand beside the answer: found, held against the stem, and left in the order in which they tempt.

For each draw of a pattern the clues are pushed along the metapath to the asked node, so that every node gets the
number of clues that it satisfies in the best case. Those with most tend to be tried first; one is taken where every way
through the hidden nodes definitely fails a condition.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from florey.graph.csr import Ints
from florey.graph.sampling.compiled import kernel
from florey.graph.sampling.rng import advance, below, stream
from florey.synthesis.kernels.kin import Kin, belongs, hints, related
from florey.synthesis.kernels.relations import CLOSED_WORLD, PRESENT, UNKNOWN, Longs, Relations, state

SATISFIED, UNDECIDED, NOTHING, TOO_MANY = -1, -2, -3, -4
"""What an option may be beside excluded, which is told by the rank (0 to 4) of the weakest exclusion."""
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
CONTEXT = 24
"""Neighbours of a dropped branch that look for candidates: more cost time and find the same."""
MAX_BINDINGS = 64
NEIGHBOURS = 40
GUMBEL = -np.log(-np.log((np.arange(4096) + 0.5) / 4096))
Flags = npt.NDArray[np.bool_]


class Pattern(NamedTuple):
    """A kind's tree by variable, the asked node first; `column`, `times`: where a draw has its nodes (0 times: not)."""

    parent: Longs
    relation: Longs  # to the parent, by its number in Relations
    is_object: Flags  # of that relation; else its subject
    holds: Flags
    leaf: Flags
    told: Flags
    hidden: Flags
    required: Flags
    column: Longs
    times: Longs
    decisive: int  # a variable, or -1
    like: int  # of two similar ones the first, or -1
    unlike: int  # the leaf that a negative condition joins, drawn by the kernel; -1: none
    like_relation: int


class Limits(NamedTuple):
    """What may stand in a question."""

    option: Flags  # nodes that may be an option
    neighbour: Flags  # nodes that may be named as a neighbour
    vocabulary: Longs  # by node; options are of one
    bonus: npt.NDArray[np.float32]  # added to what tempts
    min_shared: int
    temptation: float
    weakest: int  # rank of the weakest strength allowed
    allow_unknown: bool


class Scratch(NamedTuple):
    """Counts by variable and node, valid where the stamp is that of the draw at hand."""

    stamp: npt.NDArray[np.int32]
    counts: npt.NDArray[np.int16]
    touched: Ints
    sizes: Longs
    one: Ints  # ways through the hidden nodes, one row each
    other: Ints


def scratch(variables: int, n: int) -> Scratch:
    shape = variables + 1, n  # the last row: the best of one branch before it is added
    ways = np.empty((MAX_BINDINGS, variables), np.int32)
    return Scratch(
        np.zeros(shape, np.int32),
        np.empty(shape, np.int16),
        np.empty(shape, np.int32),
        np.empty(variables + 1, np.int64),
        ways,
        ways.copy(),
    )


@kernel
def _upwards(relations: Relations, pattern: Pattern, variable: int, node: int) -> Ints:
    """Nodes of the parent variable to which a node of this one is joined."""
    row = pattern.relation[variable] * relations.n + node
    if pattern.is_object[variable]:
        return relations.holders[relations.holders_at[row] : relations.holders_at[row + 1]]
    return relations.objects[relations.objects_at[row] : relations.objects_at[row + 1]]


@kernel
def _downwards(relations: Relations, pattern: Pattern, variable: int, node: int) -> Ints:
    """Candidates of this variable for a node of the parent: as certificates take them."""
    row = pattern.relation[variable] * relations.n + node
    if pattern.is_object[variable]:
        return relations.closure[relations.closure_at[row] : relations.closure_at[row + 1]]
    return relations.holders[relations.holders_at[row] : relations.holders_at[row + 1]]


@kernel
def _add(work: Scratch, variable: int, nodes: Ints, epoch: int, points: int) -> None:
    stamp, count, touched = work.stamp[variable], work.counts[variable], work.touched[variable]
    size = work.sizes[variable]
    for node in nodes:
        if stamp[node] != epoch:
            stamp[node] = epoch
            count[node] = points
            touched[size] = node
            size += 1
        else:
            count[node] += points
    work.sizes[variable] = size


@kernel
def _raise(work: Scratch, variable: int, nodes: Ints, epoch: int, points: int) -> None:
    """Like `_add`, but the highest counts."""
    stamp, count, touched = work.stamp[variable], work.counts[variable], work.touched[variable]
    size = work.sizes[variable]
    for node in nodes:
        if stamp[node] != epoch:
            stamp[node] = epoch
            count[node] = points
            touched[size] = node
            size += 1
        elif count[node] < points:
            count[node] = points
    work.sizes[variable] = size


@kernel
def _needed(min_shared: int, clues: int) -> int:
    return min(min_shared, max(1, clues - 1))


@kernel
def score(relations: Relations, pattern: Pattern, limits: Limits, row: Ints, work: Scratch, epoch: int) -> int:
    """Counts, for nodes in the asked place, the clues they satisfy; returns how many clues there are."""
    variables = len(pattern.parent)
    work.sizes[:] = 0
    clues = np.zeros(variables, np.int64)
    for v in range(variables - 1, 0, -1):
        p = pattern.parent[v]
        if v == pattern.decisive or (v == pattern.unlike and pattern.like < 0):
            continue
        if pattern.leaf[v] and pattern.times[v]:
            for i in range(pattern.times[v]):
                node = row[pattern.column[v] + i]
                if pattern.holds[v]:
                    _add(work, p, _upwards(relations, pattern, v, node), epoch, 1)
                    clues[p] += 1
                else:
                    _add(work, p, _upwards(relations, pattern, v, node), epoch, 0)
        elif pattern.leaf[v]:
            around = _downwards(relations, pattern, v, row[pattern.column[p]])
            step = 1 + len(around) // CONTEXT
            for i in range(0, len(around), step):
                if around[i] != row[0]:
                    _add(work, p, _upwards(relations, pattern, v, around[i]), epoch, 1)
                    clues[p] += 1
        elif clues[v]:
            needed = _needed(limits.min_shared, clues[v])
            spare = variables
            work.sizes[spare] = 0
            mark = epoch * variables + v  # a stamp of its own for each branch of each draw
            for i in range(work.sizes[v]):
                node = work.touched[v, i]
                points = work.counts[v, node]
                if points >= needed and node != row[pattern.column[v]]:
                    _raise(work, spare, _upwards(relations, pattern, v, node), mark, points)
            for i in range(work.sizes[spare]):
                node = work.touched[spare, i]
                _add(work, p, work.touched[spare, i : i + 1], epoch, work.counts[spare, node])
            clues[p] += clues[v]
    return int(clues[0])


@kernel
def _ways(relations: Relations, pattern: Pattern, option: int, work: Scratch) -> int:
    """Fills `work.one` with the ways through the hidden nodes; how many there are, or TOO_MANY."""
    one, other = work.one, work.other
    one[0, 0] = option
    size = 1
    for v in range(1, len(pattern.parent)):
        if pattern.hidden[v]:
            new = 0
            for i in range(size):
                for node in _downwards(relations, pattern, v, one[i, pattern.parent[v]]):
                    if new == MAX_BINDINGS:
                        return TOO_MANY
                    other[new] = one[i]
                    other[new, v] = node
                    new += 1
            size = new
            one[:size] = other[:size]
    return size


@kernel
def judge(relations: Relations, pattern: Pattern, row: Ints, option: int, work: Scratch) -> tuple[int, int, bool, bool]:
    """(verdict, strength, anything unknown, fails the deciding condition only).

    The verdict is SATISFIED (with the rank of what it rests on), the rank of the weakest exclusion, or why neither.
    """
    ways = _ways(relations, pattern, option, work)
    if ways <= 0:
        return (TOO_MANY if ways < 0 else NOTHING), 0, False, False
    weakest, satisfied_by, undecided, unknown, rival = 0, UNKNOWN, False, False, False
    for way in range(ways):
        filled = work.one[way]
        fails, rests, other_fails, decisive_fails = UNKNOWN, 0, False, False
        fits = True
        for v in range(1, len(pattern.parent)):
            if not pattern.required[v]:
                continue
            p = pattern.parent[v]
            above = filled[p] if p == 0 or pattern.hidden[p] else row[pattern.column[p]]
            for i in range(max(1, pattern.times[v])):
                node = filled[v] if pattern.hidden[v] else row[pattern.column[v] + i]
                if pattern.is_object[v]:
                    found = state(relations, pattern.relation[v], above, node)
                else:
                    found = state(relations, pattern.relation[v], node, above)
                if found == UNKNOWN:
                    unknown, fits, other_fails = True, False, True
                elif (found == PRESENT) == pattern.holds[v]:
                    rests = max(rests, found)
                else:
                    fits = False
                    fails = min(fails, found)
                    if v == pattern.decisive:
                        decisive_fails = True
                    else:
                        other_fails = True
        if fits:
            satisfied_by = min(satisfied_by, rests)
        elif fails == UNKNOWN:
            undecided = True
        else:
            weakest = max(weakest, fails)
            rival = rival or (decisive_fails and not other_fails)
    if satisfied_by < UNKNOWN:
        return SATISFIED, satisfied_by, unknown, False
    if undecided:
        return UNDECIDED, 0, unknown, rival
    return weakest, weakest, unknown, rival


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
def _draw_similar(
    relations: Relations,
    pattern: Pattern,
    limits: Limits,
    kin: Kin,
    row: Ints,
    work: Scratch,
    epoch: int,
    rng: np.uint64,
) -> bool:
    """Puts a neighbour of the first of two similar nodes, one that definitely lacks the answer, in its place."""
    first = row[pattern.column[pattern.like]]
    at = pattern.like_relation * relations.n
    spare = len(pattern.parent)
    work.sizes[spare] = 0
    for i in range(relations.objects_at[at + first], relations.objects_at[at + first + 1]):
        node = at + relations.objects[i]
        _add(work, spare, relations.holders[relations.holders_at[node] : relations.holders_at[node + 1]], epoch, 1)
    v = pattern.unlike
    keys, nodes = np.empty(NEIGHBOURS, np.float64), np.empty(NEIGHBOURS, np.int64)
    kept = 0
    needed = max(2, limits.min_shared)
    for i in range(work.sizes[spare]):
        node = work.touched[spare, i]
        common = work.counts[spare, node]
        if common < needed or node == first or not limits.neighbour[node] or kin.types[node] != kin.types[first]:
            continue
        if limits.vocabulary[node] != limits.vocabulary[first]:
            continue
        rng = advance(rng)
        kept = _keep(keys, nodes, kept, 0.5 * limits.temptation * common + GUMBEL[below(rng, len(GUMBEL))], node)
    for i in np.argsort(-keys[:kept]):
        node = nodes[i]
        if pattern.is_object[v]:
            found = state(relations, pattern.relation[v], row[0], node)
        else:
            found = state(relations, pattern.relation[v], node, row[0])
        if PRESENT < found <= limits.weakest and not related(kin, node, first):
            row[pattern.column[v]] = node
            return True
    return False


@kernel
def _draw_unlike(relations: Relations, pattern: Pattern, limits: Limits, row: Ints, rng: np.uint64) -> bool:
    """Puts a node that the answer definitely lacks, but one that shares a clue with it has, in the negative leaf."""
    v = pattern.unlike
    clue = 0
    for each in range(1, len(pattern.parent)):
        if each != v and pattern.parent[each] == 0 and pattern.times[each] and pattern.holds[each]:
            clue = each
    if not clue or pattern.parent[v] != 0:
        return False
    fellows = _upwards(relations, pattern, clue, row[pattern.column[clue]])
    for _ in range(NEIGHBOURS):
        rng = advance(rng)
        fellow = fellows[below(rng, len(fellows))]
        theirs = _downwards(relations, pattern, v, fellow)
        rng = advance(rng)
        if not len(theirs):
            continue
        node = theirs[below(rng, len(theirs))]
        if pattern.is_object[v]:
            found = state(relations, pattern.relation[v], row[0], node)
        else:
            found = state(relations, pattern.relation[v], node, row[0])
        if PRESENT < found <= limits.weakest and limits.neighbour[node]:
            row[pattern.column[v]] = node
            return True
    return False


@kernel
def _keep(keys: npt.NDArray[np.float64], nodes: Longs, kept: int, key: float, node: int) -> int:
    """Keeps the nodes with the highest keys in a heap with the lowest at its top; how many it holds now."""
    if kept < len(keys):
        at = kept
        while at and keys[(at - 1) >> 1] > key:
            keys[at], nodes[at] = keys[(at - 1) >> 1], nodes[(at - 1) >> 1]
            at = (at - 1) >> 1
        keys[at], nodes[at] = key, node
        return kept + 1
    if key > keys[0]:
        at = 0
        while 2 * at + 1 < kept:
            child = 2 * at + 1
            if child + 1 < kept and keys[child + 1] < keys[child]:
                child += 1
            if keys[child] >= key:
                break
            keys[at], nodes[at] = keys[child], nodes[child]
            at = child
        keys[at], nodes[at] = key, node
    return kept


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
                drawn = _draw_similar(relations, pattern, limits, kin, row, work, mark, rng)
            else:
                drawn = _draw_unlike(relations, pattern, limits, row, rng)
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
        needed = 0 if pattern.like >= 0 else _needed(limits.min_shared, clues)
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
            kept = _keep(keys, nodes, kept, key, node)
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


@kernel
def certify(relations: Relations, pattern: Pattern, draws: Ints, chosen: Ints, states: npt.NDArray[np.int8]) -> None:
    """Fills `states`, shape (draws, options, conditions), for patterns without hidden nodes: the answer is option 0."""
    for d in range(len(draws)):
        for option in range(chosen.shape[1] + 1):
            node = chosen[d, option - 1] if option else draws[d, 0]
            at = 0
            for v in range(1, len(pattern.parent)):
                for i in range(pattern.times[v]):
                    clue = draws[d, pattern.column[v] + i]
                    if pattern.is_object[v]:
                        states[d, option, at] = state(relations, pattern.relation[v], node, clue)
                    else:
                        states[d, option, at] = state(relations, pattern.relation[v], clue, node)
                    at += 1


assert CLOSED_WORLD < UNKNOWN
