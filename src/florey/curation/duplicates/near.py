"""Near duplicates: MinHash clears the many questions that resemble no other, an exact join decides on the rest.

rensa computes MinHash values and says which questions share an LSH band with any other. Only those are compared: two
sets whose Jaccard similarity is at least t share one of the rarest |x| - ceil(t |x|) + 1 tokens of either (prefix
filter: Chaudhuri et al. 2006, Bayardo et al. 2007), so that each is held against few others, by the true similarity.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence

import numpy as np
import numpy.typing as npt
from rensa import RMinHash, RMinHashLSH

from florey.curation.duplicates.definition import NearConfig, reasons
from florey.curation.duplicates.fingerprints import CHUNK, Fingerprints, Hashes, Offsets, fingerprints
from florey.graph.sampling.compiled import in_chunks, kernel
from florey.records import Question

RECALL = 0.999
_CLASS = np.uint64(58)
_ROUNDING = 1e-9  # so that no pair at the very threshold is lost


def bands(threshold: float, permutations: int) -> int:
    """The fewest LSH bands that propose a pair at the threshold with a probability of at least 0.999.

    A band has `permutations // bands` values; the few that are left over are not computed.
    """
    for count in range(1, permutations + 1):
        if 1 - (1 - threshold ** (permutations // count)) ** count >= RECALL:
            return count
    return permutations


def near_duplicates(questions: Sequence[Question], config: NearConfig) -> dict[int, str]:
    """Position -> reason, for every question to drop; compared with the kept ones before it."""
    prints = fingerprints(questions, config.shingle)
    twins = near_twins(prints, shares_a_band(prints, config), config)
    return reasons("near_duplicate", questions, twins)


def near_twins(
    prints: Fingerprints, candidates: npt.NDArray[np.bool_], config: NearConfig, without: Collection[int] = ()
) -> dict[int, int]:
    """Position of each question to drop -> position of the first kept one, by precedence, that it resembles.

    `candidates`: which questions are compared at all (see `shares_a_band`). `without`: positions that are dropped
    already and are compared with none.
    """
    asked = candidates.copy()
    asked[list(without)] = False
    rows = prints.order[asked[prints.order]]
    found = _first_twins(*_rarest_first(prints, rows), config.threshold)
    places = np.flatnonzero(found >= 0)
    return dict(zip(rows[places].tolist(), rows[found[places]].tolist(), strict=True))


def shares_a_band(prints: Fingerprints, config: NearConfig) -> npt.NDArray[np.bool_]:
    """Of n questions, which share an LSH band with any other. The others resemble none."""
    count = bands(config.threshold, config.permutations)
    used = config.permutations // count * count
    offsets = prints.starts.astype(np.uint64)
    values = RMinHash.digest_matrix_from_flat_token_hashes(prints.tokens, offsets, used, config.seed)
    index = RMinHashLSH(config.threshold, used, count)
    return np.array(index.query_duplicate_flags_matrix_one_shot(values), np.bool_)


def _rarest_first(prints: Fingerprints, rows: Offsets) -> tuple[Hashes, Offsets, Offsets]:
    """The token sets of these rows, each sorted with the rare tokens first; where each begins; how long each is.

    A token becomes a number: above `_CLASS` the bits that its count takes, 1 where no other row has it, below that its
    hash. Tokens that fall together in the counting are taken for more frequent than they are, which costs time only.
    """
    lengths = np.diff(prints.starts)[rows]
    begins = np.cumsum(lengths) - lengths
    counts = _counted(prints.tokens, prints.starts, rows, 1 << min(24, int(lengths.sum()).bit_length()))
    sets, sizes = np.empty(lengths.sum(), np.uint64), np.empty_like(lengths)

    def work(start: int, stop: int) -> None:
        _sorted(prints.tokens, prints.starts, rows, counts, start, stop, sets, begins, sizes)

    in_chunks(work, len(rows), os.cpu_count() or 1, CHUNK)
    return sets, begins, sizes


@kernel
def _counted(tokens: Hashes, starts: Offsets, rows: Offsets, slots: int) -> npt.NDArray[np.uint32]:
    counts = np.zeros(slots, np.uint32)
    mask = np.uint64(slots - 1)
    for row in rows:
        for place in range(starts[row], starts[row + 1]):
            counts[tokens[place] & mask] += np.uint32(1)
    return counts


@kernel
def _sorted(
    tokens: Hashes,
    starts: Offsets,
    rows: Offsets,
    counts: npt.NDArray[np.uint32],
    start: int,
    stop: int,
    sets: Hashes,
    begins: Offsets,
    sizes: Offsets,
) -> None:
    mask = np.uint64(len(counts) - 1)
    for row in range(start, stop):
        begin = at = begins[row]
        for place in range(starts[rows[row]], starts[rows[row] + 1]):
            count, bits = counts[tokens[place] & mask], np.uint64(0)
            while count > 0:
                count, bits = count >> np.uint32(1), bits + np.uint64(1)
            sets[at] = bits << _CLASS | tokens[place] >> (np.uint64(64) - _CLASS)
            at += 1
        sets[begin:at].sort()
        kept = begin
        for place in range(begin, at):
            if kept == begin or sets[kept - 1] != sets[place]:
                sets[kept] = sets[place]
                kept += 1
        sizes[row] = kept - begin


@kernel
def _first_twins(sets: Hashes, begins: Offsets, sizes: Offsets, threshold: float) -> Offsets:
    """For each row the first earlier row that has no twin itself and is similar enough; -1: none."""
    rows, share = len(begins), threshold / (1 + threshold)  # of their tokens together, that are shared by two at it
    twins, compared = np.full(rows, -1, np.int64), np.full(rows, -1, np.int64)
    prefixes = np.minimum(sizes, sizes - np.ceil(threshold * sizes - _ROUNDING).astype(np.int64) + 1)
    ends = _slots(
        sets, begins, prefixes
    )  # of the list of each slot, as far as it is filled; lists read faster than chains
    mask = np.uint64(len(ends) - 2)
    lists = np.empty((ends[-1], 3), np.int32)  # row, its size, place of the token in it
    starts = ends.copy()
    for row in range(rows):
        size = sizes[row]
        for mine in range(prefixes[row]):
            token = sets[begins[row] + mine]
            slot = token & mask
            for entry in range(starts[slot], ends[slot]):
                other, other_size, theirs = lists[entry]
                if 0 <= twins[row] <= other:
                    break  # they ascend
                needed = share * (size + other_size) - _ROUNDING
                if size - mine < needed or other_size - theirs < needed or compared[other] == row:
                    continue  # what they share may begin before
                left, right = begins[row] + mine, begins[other] + theirs
                if sets[right] != token:  # another token of this slot
                    continue
                compared[other] = row  # this is the first token that both have
                shared = _shared(sets, left, right, size - mine, other_size - theirs, needed)
                if shared >= needed and shared / (size + other_size - shared) >= threshold:
                    twins[row] = other
        if twins[row] < 0:
            for mine in range(prefixes[row]):
                token = sets[begins[row] + mine]
                slot = token & mask
                if token >> _CLASS != 1:
                    lists[ends[slot]] = (row, size, mine)
                    ends[slot] += 1
    return twins


@kernel
def _slots(sets: Hashes, begins: Offsets, prefixes: Offsets) -> Offsets:
    """Where the list of each slot begins, and where the last ends: room for all tokens that rows begin with."""
    slots = 1
    while slots < 2 * prefixes.sum():
        slots *= 2
    mask, starts = np.uint64(slots - 1), np.zeros(slots + 1, np.int64)
    for row in range(len(begins)):
        for place in range(begins[row], begins[row] + prefixes[row]):
            if sets[place] >> _CLASS != 1:
                starts[(sets[place] & mask) + np.uint64(1)] += 1
    return np.cumsum(starts)


@kernel
def _shared(sets: Hashes, left: int, right: int, lefts: int, rights: int, needed: float) -> int:
    """How many of the `lefts` tokens from `left` on stand among the `rights` from `right` on; fewer than that as soon
    as they cannot be as many as are needed."""
    shared = 0
    while lefts > 0 and rights > 0 and shared + min(lefts, rights) >= needed:
        one, other = sets[left], sets[right]
        if one == other:
            shared += 1
        if one <= other:
            left, lefts = left + 1, lefts - 1
        if other <= one:
            right, rights = right + 1, rights - 1
    return shared
