"""Near duplicates: MinHash clears the many questions that resemble no other, an exact join decides on the rest.

rensa computes MinHash values and says which questions share an LSH band with any other. Only those are compared: two
sets whose Jaccard similarity is at least t share one of the rarest |x| - ceil(t |x|) + 1 tokens of either (prefix
filter: Chaudhuri et al. 2006, Bayardo et al. 2007), so that each is held against few others, by the true similarity.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np
import numpy.typing as npt
from rensa import RMinHash, RMinHashLSH

from florey.curation.duplicates.definition import NearConfig, by_precedence, reasons
from florey.curation.duplicates.fingerprints import Fingerprints, Offsets, fingerprints
from florey.graph.sampling.compiled import kernel
from florey.records import Question

RECALL = 0.999
Ranks = npt.NDArray[np.int32]


def bands(threshold: float, permutations: int) -> int:
    """The fewest LSH bands that propose a pair at the threshold with a probability of at least 0.999."""
    for count in range(1, permutations + 1):
        if permutations % count == 0 and 1 - (1 - threshold ** (permutations // count)) ** count >= RECALL:
            return count
    return permutations


def near_duplicates(questions: Sequence[Question], config: NearConfig) -> dict[int, str]:
    """Position -> reason, for every question to drop; compared with the kept ones before it."""
    twins = near_twins(fingerprints(questions, config.shingle), by_precedence(questions), config)
    return reasons("near_duplicate", questions, twins)


def near_twins(
    prints: Fingerprints, order: Offsets, config: NearConfig, without: Collection[int] = ()
) -> dict[int, int]:
    """Position of each question to drop -> position of the first kept one, by `order`, that it resembles.

    `without`: positions that are dropped already and are compared with none.
    """
    asked = _shares_a_band(prints, config)
    asked[list(without)] = False
    rows = order[asked[order]]
    tokens, starts, kinds = _rarest_first(prints, rows)
    found = _first_twins(tokens, starts, kinds, config.threshold)
    places = np.flatnonzero(found >= 0)
    return dict(zip(rows[places].tolist(), rows[found[places]].tolist(), strict=True))


def _shares_a_band(prints: Fingerprints, config: NearConfig) -> npt.NDArray[np.bool_]:
    offsets = prints.starts.astype(np.uint64)
    values = RMinHash.digest_matrix_from_flat_token_hashes(prints.tokens, offsets, config.permutations, config.seed)
    index = RMinHashLSH(config.threshold, config.permutations, bands(config.threshold, config.permutations))
    return np.array(index.query_duplicate_flags_matrix_one_shot(values), np.bool_)


def _rarest_first(prints: Fingerprints, rows: Offsets) -> tuple[Ranks, Offsets, int]:
    """The token sets of these rows as numbers, 0 the rarest, ascending; where each begins; how many numbers."""
    lengths = np.diff(prints.starts)[rows]
    starts = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    places = np.arange(starts[-1]) + np.repeat(prints.starts[rows] - starts[:-1], lengths)
    hashes, numbers, counts = np.unique(prints.tokens[places], return_inverse=True, return_counts=True)
    rank = np.empty(len(hashes), np.int32)
    rank[np.argsort(counts, kind="stable")] = np.arange(len(hashes), dtype=np.int32)
    tokens = rank[numbers]
    return tokens, _as_sets(tokens, starts), len(hashes)


@kernel
def _as_sets(tokens: Ranks, starts: Offsets) -> Offsets:
    """Sorts each row in place and moves it up over what was there twice; returns where each begins then."""
    made = np.zeros_like(starts)
    for row in range(len(starts) - 1):
        tokens[starts[row] : starts[row + 1]].sort()
        at = made[row]
        for place in range(starts[row], starts[row + 1]):
            if at == made[row] or tokens[at - 1] != tokens[place]:
                tokens[at] = tokens[place]
                at += 1
        made[row + 1] = at
    return made


@kernel
def _first_twins(tokens: Ranks, starts: Offsets, kinds: int, threshold: float) -> Offsets:
    """For each row the first earlier row that has no twin itself and is similar enough; -1: none."""
    rows = len(starts) - 1
    twins = np.full(rows, -1, np.int64)
    newest = np.full(kinds, -1, np.int64)  # by token: the last entry of an earlier row that begins with it
    entries, before, owner = 0, np.empty(len(tokens), np.int64), np.empty(len(tokens), np.int64)
    compared = np.full(rows, -1, np.int64)
    for row in range(rows):
        size = starts[row + 1] - starts[row]
        least = int(np.ceil(threshold * size - 1e-9))  # tokens that a twin shares; a rounding error loses no pair
        prefix = min(size, size - least + 1)
        for place in range(starts[row], starts[row] + prefix):
            entry = newest[tokens[place]]
            while entry >= 0:
                other = owner[entry]
                entry = before[entry]
                if compared[other] != row and (twins[row] < 0 or other < twins[row]):
                    compared[other] = row
                    if _alike(tokens, starts, row, other, threshold):
                        twins[row] = other
        if twins[row] < 0:
            for place in range(starts[row], starts[row] + prefix):
                owner[entries], before[entries] = row, newest[tokens[place]]
                newest[tokens[place]] = entries
                entries += 1
    return twins


@kernel
def _alike(tokens: Ranks, starts: Offsets, one: int, other: int, threshold: float) -> bool:
    """Whether the Jaccard similarity of two rows is at or above the threshold."""
    left, right = starts[one], starts[other]
    sizes = starts[one + 1] - left + starts[other + 1] - right
    shared, spare = 0, int(sizes - 2 * (threshold * sizes / (1 + threshold)) + 1e-6)  # tokens that may have no partner
    while left < starts[one + 1] and right < starts[other + 1] and spare >= 0:
        if tokens[left] == tokens[right]:
            shared, left, right = shared + 1, left + 1, right + 1
        elif tokens[left] < tokens[right]:
            left, spare = left + 1, spare - 1
        else:
            right, spare = right + 1, spare - 1
    return spare >= 0 and shared / (sizes - shared) >= threshold
