"""Compiling the kernels before they are needed, so that the time it takes can be told."""

from __future__ import annotations

from time import perf_counter

import numpy as np

from florey.graph.sampling import tree
from florey.synthesis.kernels.candidates import shortlist
from florey.synthesis.kernels.kin import Kin
from florey.synthesis.kernels.options import choose, ledger
from florey.synthesis.kernels.pattern import Limits, Pattern, scratch
from florey.synthesis.kernels.relations import Relations


def warm_up() -> float:
    """Seconds until everything is compiled, or read from the cache of compiled code: done once for a process."""
    begun = perf_counter()
    tree.warm_up()
    none, nowhere, one = np.zeros(2, np.int64), np.zeros(0, np.int32), np.zeros(1, np.int64)
    no, yes = np.zeros(1, np.bool_), np.ones(1, np.bool_)
    rows = none, nowhere
    relations = Relations(1, *rows, *rows, *rows, *rows, np.zeros(0, np.int8), no, *rows)
    kin = Kin(np.zeros(1, np.int8), np.zeros(1, np.int16), *rows, *rows, *rows, *rows, *rows, *rows)
    pattern = Pattern(one - 1, one, no, yes, no, no, no, no, one, one + 1, -1, -1, -1, 0, False)
    limits = Limits(yes, yes, one, np.zeros(1, np.float32), 0.0, 1, 1, 1.0, 4, True)
    draws, short, rivals = np.full((1, 1), -1, np.int32), np.full((1, 1), -1, np.int32), np.zeros((1, 1), np.bool_)
    seed = np.uint64(0)
    given = relations, kin, pattern, limits, draws, scratch(1, 1), seed, 0
    shortlist(*given, short, rivals, np.zeros(1, np.int8), 1)
    features = np.zeros((1, 1), np.float32)
    choose(kin, pattern, features, draws, short, rivals, False, True, 1.0, ledger(2, 2, 1, 1), seed, 0, short.copy())
    return perf_counter() - begun
