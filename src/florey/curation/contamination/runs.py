"""Which of many texts share runs of words with another one: an inverted index over hashes.

Texts are hashed by the kernel that serves duplicates too; the index is a table of sorted hashes with, for each, the
texts that have it. A question is held against all of them at once, whatever their number.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np

from florey.curation.duplicates.fingerprints import Hashes, Offsets, fingerprints
from florey.graph.sampling.compiled import kernel
from florey.records import Question

_SIEVE = 1 << 24
"""Places of a table of booleans that tells most runs that no text has from those that one may have."""


@dataclass(frozen=True, slots=True)
class _Text:
    """All that `fingerprints` reads of a question which is nothing but its text; a record costs ten times as much."""

    stem: str
    id: str = ""
    split: None = None
    context: None = None
    options: tuple[str, ...] = ()
    option_ids: tuple[str, ...] = ()
    conditions: tuple[str, ...] = ()
    gold: int = 0


def hashed_runs(texts: Sequence[str], width: int) -> tuple[Hashes, Offsets]:
    """Hashes of all runs of `width` words, of the whole text where it is shorter; those of text i from starts[i] on."""
    prints = fingerprints(cast("list[Question]", [_Text(text) for text in texts]), width)
    return prints.tokens, prints.starts


class RunIndex:
    """Texts by their runs of words. Runs that more than `common` of the texts have are a way of speaking and left out.

    `sizes[i]`: number of different runs of text i that are left.
    """

    def __init__(self, texts: Sequence[str], width: int, common: int) -> None:
        self._width = width
        hashes, starts = hashed_runs(texts, width)
        self._lengths = np.diff(starts)
        places = np.repeat(np.arange(len(texts)), np.diff(starts))
        order = np.lexsort((places, hashes))
        hashes, places = hashes[order], places[order]
        differs = np.ones(len(hashes), np.bool_)
        differs[1:] = (hashes[1:] != hashes[:-1]) | (places[1:] != places[:-1])
        hashes, places = hashes[differs], places[differs]
        runs, counts = np.unique(hashes, return_counts=True)
        telling = counts <= common
        self._runs = runs[telling]
        self._places = places[np.repeat(telling, counts)]
        self._bounds = np.concatenate([[0], np.cumsum(counts[telling])]).astype(np.int64)
        self.sizes = np.bincount(self._places, minlength=len(texts))
        self._sieve = np.zeros(_SIEVE, np.bool_)
        self._sieve[self._runs % np.uint64(_SIEVE)] = True

    def sharing(self, texts: Sequence[str], share: float, balance: float = 0.0) -> Offsets:
        """Rows (place in `texts`, text of the index, runs in common), sorted, where at least `share` of its runs are.

        `balance`: how near in length the two must be: twice the shorter over the sum.
        """
        hashes, starts = hashed_runs(texts, self._width)
        numbers = np.full(len(hashes), -1, np.int64)
        if len(self._runs):
            maybe = np.flatnonzero(self._sieve[hashes % np.uint64(_SIEVE)])
            nearest = np.minimum(np.searchsorted(self._runs, hashes[maybe]), len(self._runs) - 1)
            found = self._runs[nearest] == hashes[maybe]
            numbers[maybe[found]] = nearest[found]
        least = np.maximum(1, np.ceil(share * self.sizes - 1e-9)).astype(np.int64)
        others = self._width - 1  # a text has so many words more than runs
        found = _shared(numbers, starts, self._places, self._bounds, least, self._lengths, others, balance)
        return found[np.lexsort((found[:, 1], found[:, 0]))]


@kernel
def _shared(
    numbers: Offsets,
    starts: Offsets,
    places: Offsets,
    bounds: Offsets,
    least: Offsets,
    lengths: Offsets,
    others: int,
    balance: float,
) -> Offsets:
    """A row for every text that has at least `least` of the runs `numbers[starts[i]:starts[i + 1]]`; -1 is no run."""
    counts, touched = np.zeros(len(least), np.int64), np.empty(len(least), np.int64)
    seen = np.full(len(bounds) - 1, -1, np.int64)  # by run: the last row that had it
    found, made = np.empty((1024, 3), np.int64), 0
    for row in range(len(starts) - 1):
        mine, many = starts[row + 1] - starts[row] + others, 0
        for at in range(starts[row], starts[row + 1]):
            number = numbers[at]
            if number < 0 or seen[number] == row:
                continue
            seen[number] = row
            for entry in range(bounds[number], bounds[number + 1]):
                place = places[entry]
                if counts[place] == 0:
                    touched[many] = place
                    many += 1
                counts[place] += 1
        for place in touched[:many]:
            theirs = lengths[place] + others
            if counts[place] >= least[place] and 2 * min(mine, theirs) >= balance * (mine + theirs):
                if made == len(found):
                    found = np.concatenate((found, np.empty_like(found)))
                found[made, 0], found[made, 1], found[made, 2] = row, place, counts[place]
                made += 1
            counts[place] = 0
    return found[:made]
