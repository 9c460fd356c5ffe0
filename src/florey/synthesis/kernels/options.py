"""Which candidates become the distractors, so that the options alone give nothing away.

Minimisation (Taves 1974; Pocock and Simon 1975, there of treatments to patients): of some dozen sets of distractors
that go together, the one is taken that best evens out a ledger over all questions of the kind: how often the answer had
each rank among the options by renown, length and words shared with the stem, how far it stood from the others and from
their middle, and which words were right more often than chance would have it. What a linear guesser could learn are
just such sums, so where they are zero it is at chance.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from florey.graph.csr import Ints
from florey.graph.sampling.compiled import bare_kernel, kernel
from florey.graph.sampling.rng import advance, below, stream, uniform
from florey.synthesis.kernels.kin import Kin, related, shared
from florey.synthesis.kernels.pattern import Flags, Pattern
from florey.synthesis.kernels.relations import Longs

Floats = npt.NDArray[np.float64]
MARKS = 4
SETS = 48
"""Sets of distractors looked at for one question."""
LARGEST = 6
"""So much of what a word is owed counts."""
OFTEN = 1
"""So many questions more than chance would have it, in units of a question's distractors, a node may be the answer; and
so many fewer."""
SLACK, SLACK_SHARE = 2.0, 0.01
"""How far above its fair share a rank may be taken, and a sum from zero: so much, and that share of all questions."""
LEFT, UNEVEN, TOGETHER = -1, -2, -3  # in the first place of a draw without options: not tried, uneven, too few


class Ledger(NamedTuple):
    """What all questions of a kind with so many options add up to. F features, the last the words of the stem."""

    ranks: Longs  # shape (F, options): how often the answer had that rank
    sums: Floats  # shape (F, MARKS): see `_measure`
    words: Longs  # by number of a word: how often it should still stand in a distractor
    nodes: Longs  # the same by node


def ledger(features: int, options: int, words: int, nodes: int) -> Ledger:
    ranks, sums = np.zeros((features, options), np.int64), np.zeros((features, MARKS))
    return Ledger(ranks, sums, np.zeros(words, np.int64), np.zeros(nodes, np.int64))


@bare_kernel
def _words_shared(kin: Kin, pattern: Pattern, row: Ints, node: int) -> int:
    """Words that the name has in common with those told."""
    found = 0
    start, stop = kin.words_at[node], kin.words_at[node + 1]
    for v in range(1, len(pattern.parent)):
        if pattern.told[v]:
            for i in range(pattern.times[v]):
                other = row[pattern.column[v] + i]
                found += shared(kin.words, start, stop, kin.words_at[other], kin.words_at[other + 1])
    return found


@bare_kernel
def _owed(kin: Kin, words: Longs, node: int) -> float:
    """How much the words of a name are owed, none for more than LARGEST."""
    total = 0.0
    for i in range(kin.words_at[node], kin.words_at[node + 1]):
        total += max(-LARGEST, min(LARGEST, words[kin.words[i]]))
    return total


@bare_kernel
def _measure(values: Floats, picked: Longs, feature: int, lots: Floats, marks: Floats) -> int:
    """The rank of the answer, which is value 0; fills `marks`, each against the mean of all options: its value, its
    distance from their middle, its share in being the smallest, and in being the largest."""
    gold, total = values[feature, 0], values[feature, 0]
    least, most, as_least, as_most = gold, gold, 1, 1
    rank = 0
    for i in picked:
        value = values[feature, i]
        total += value
        if value < gold or (value == gold and lots[i] < lots[0]):
            rank += 1
        if value <= least:
            as_least = as_least + 1 if value == least else 1
            least = value
        if value >= most:
            as_most = as_most + 1 if value == most else 1
            most = value
    options = len(picked) + 1
    middle = total / options
    spread = abs(gold - middle)
    for i in picked:
        spread += abs(values[feature, i] - middle)
    marks[0] = gold - middle
    marks[1] = abs(gold - middle) - spread / options
    marks[2] = (1 / as_least if gold == least else 0.0) - 1 / options
    marks[3] = (1 / as_most if gold == most else 0.0) - 1 / options
    return rank


@kernel
def _pick(
    allowed: Flags, clash: Flags, wanted: int, first: int, bias: float, rng: np.uint64, picked: Longs
) -> tuple[bool, np.uint64]:
    """Candidates that go together, the tempting ones rather than the others; whether there are enough."""
    count = len(allowed)
    free = allowed.copy()
    for taken in range(wanted):
        if taken == 0 and first >= 0:
            choice = first
        else:
            left = 0
            for i in range(count):
                left += free[i]
            if not left:
                return False, rng
            rng = advance(rng)
            nth = int(left * uniform(rng) ** bias)
            choice = -1
            for i in range(count):  # the tempting come first
                if free[i]:
                    if nth == 0:
                        choice = i
                        break
                    nth -= 1
        picked[taken] = choice + 1  # value 0 is the answer's
        for i in range(count):
            if clash[choice, i]:
                free[i] = False
    return True, rng


@kernel
def choose(
    kin: Kin,
    pattern: Pattern,
    features: npt.NDArray[np.float32],  # shape (features of a node alone, nodes)
    draws: Ints,
    short: Ints,  # shape (draws, size): candidates, the tempting first; -1 behind the last
    rivals: Flags,
    wants_rival: bool,
    balanced: bool,
    bias: float,  # 1: all candidates alike; more: the first rather than the last
    books: Ledger,  # changed
    seed: np.uint64,
    first: int,
    chosen: Ints,  # shape (draws, distractors)
) -> None:
    """Fills `chosen`, draw by draw; its first place says why where there are no options."""
    wanted, size = chosen.shape[1], short.shape[1]
    many = len(features) + 1
    values, lots = np.zeros((many, size + 1)), np.zeros(size + 1)
    clash = np.zeros((size, size), np.bool_)
    picked, best_picked = np.zeros(wanted, np.int64), np.zeros(wanted, np.int64)
    marks, best_marks = np.zeros((many, MARKS)), np.zeros((many, MARKS))
    ranks, best_ranks = np.zeros(many, np.int64), np.zeros(many, np.int64)
    for d in range(len(draws)):
        count = 0
        while count < size and short[d, count] >= 0:
            count += 1
        if count < wanted:
            chosen[d, 0] = LEFT
            continue
        rng = stream(seed, first + d)
        for i in range(count + 1 if balanced else 0):
            node = short[d, i - 1] if i else draws[d, 0]
            for f in range(many - 1):
                values[f, i] = features[f, node]
            values[many - 1, i] = _words_shared(kin, pattern, draws[d], node)
            rng = advance(rng)
            lots[i] = uniform(rng)
        for i in range(count):
            for j in range(i):
                clash[i, j] = clash[j, i] = related(kin, short[d, i], short[d, j])
            clash[i, i] = True
        allowed = np.ones(count, np.bool_)
        if balanced:
            if books.nodes[draws[d, 0]] >= OFTEN * wanted:
                chosen[d, 0] = UNEVEN
                continue
            for i in range(count):
                allowed[i] = books.nodes[short[d, i]] > -OFTEN * wanted
        options = wanted + 1
        total = float(books.ranks[0].sum())
        fair = total / options
        best, even, together = 1e18, False, False
        for _ in range(SETS if balanced else 8):
            must = -1
            if wants_rival:
                rng = advance(rng)
                start = int(below(rng, count))
                for i in range(count):
                    if rivals[d, (start + i) % count]:
                        must = (start + i) % count
                        break
                if must < 0:
                    break
            enough, rng = _pick(allowed, clash[:count, :count], wanted, must, bias, rng, picked)
            if not enough:
                continue
            together = True
            cost = 0.0
            if not balanced:
                best_picked[:] = picked
                even = True
                break
            excess = -1e18
            for f in range(many):
                rank = int(_measure(values, picked, f, lots, marks[f]))
                ranks[f] = rank
                over = float(books.ranks[f, rank]) - fair
                excess = max(excess, over)
                cost += over
                for i in range(MARKS):
                    before, after = books.sums[f, i], books.sums[f, i] + marks[f, i]
                    if abs(after) > abs(before):
                        excess = max(excess, abs(after))
                    cost += 2 * (after * after - before * before)
            for place in picked:
                cost -= _owed(kin, books.words, short[d, place - 1])
            fits = excess <= SLACK + SLACK_SHARE * total
            if (fits and not even) or (fits == even and cost < best):
                best, even = cost, fits
                best_picked[:] = picked
                best_marks[:] = marks
                best_ranks[:] = ranks
        if not even:
            chosen[d, 0] = UNEVEN if together else TOGETHER
            continue
        for i in range(wanted):
            chosen[d, i] = short[d, best_picked[i] - 1]
        if balanced:
            for f in range(many):
                books.ranks[f, best_ranks[f]] += 1
                books.sums[f] += best_marks[f]
            for i in range(kin.words_at[draws[d, 0]], kin.words_at[draws[d, 0] + 1]):
                books.words[kin.words[i]] += wanted
            books.nodes[draws[d, 0]] += wanted
            for node in chosen[d]:
                books.nodes[node] -= 1
                for i in range(kin.words_at[node], kin.words_at[node + 1]):
                    books.words[kin.words[i]] -= 1
