"""Two halves of a question set that have nothing in common: a guesser learns on one and is scored on the other."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Sequence

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.sparse import csgraph

from florey.files import digest
from florey.records import Question

Ints = npt.NDArray[np.int64]


def halves(questions: Sequence[Question], keys: Callable[[Question], Sequence[Hashable]]) -> Ints | None:
    """0 or 1 for each question; None where all hang together.

    Questions that share a key, directly or through others, are in one half. The parts are dealt out by size, then by
    the content of their questions, so that the order of the file does not matter.
    """
    parts: dict[int, list[int]] = defaultdict(list)
    for i, part in enumerate(_parts([keys(question) for question in questions])):
        parts[part].append(i)
    if len(parts) < 2:
        return None
    names = [digest([question.stem, sorted(question.options)]) for question in questions]
    dealt = sorted(parts.values(), key=lambda rows: (-len(rows), min(names[row] for row in rows)))
    half, sizes = np.zeros(len(questions), dtype=np.int64), [0, 0]
    for rows in dealt:
        side = int(sizes[1] < sizes[0])
        half[rows] = side
        sizes[side] += len(rows)
    return half


def _parts(keys: Sequence[Sequence[Hashable]]) -> list[int]:
    """The number of the connected component that each item belongs to; equal keys at one place connect."""
    numbers: dict[Hashable, int] = {}
    pairs = [
        (i, numbers.setdefault((place, value), len(numbers)))
        for i, found in enumerate(keys)
        for place, value in enumerate(found)
    ]
    rows, columns = np.array(pairs, dtype=np.int64).T
    shape = (len(keys) + len(numbers),) * 2
    linked = sparse.coo_array((np.ones(len(pairs)), (rows, columns + len(keys))), shape)
    _, part = csgraph.connected_components(linked, directed=False)
    return [int(number) for number in part[: len(keys)]]
