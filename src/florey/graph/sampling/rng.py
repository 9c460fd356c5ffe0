"""Counter-based random numbers for kernels: splitmix64 (Steele, Lea, Flood 2014; public-domain code of Vigna 2015).

A state is one uint64. Each path of a run has a stream of its own that starts at a hash of the seed and the path's
index, so no draw depends on how paths are shared out among threads. A state gives one number; `advance` it for another.
"""

from __future__ import annotations

import numpy as np

from florey.graph.sampling.compiled import kernel

GAMMA = np.uint64(0x9E3779B97F4A7C15)
_FIRST, _SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_30, _27, _31, _11, _32 = np.uint64(30), np.uint64(27), np.uint64(31), np.uint64(11), np.uint64(32)
_ULP = 2.0**-53


@kernel
def bits(state: np.uint64) -> np.uint64:
    """64 random bits of a state."""
    mixed = (state ^ (state >> _30)) * _FIRST
    mixed = (mixed ^ (mixed >> _27)) * _SECOND
    return mixed ^ (mixed >> _31)


@kernel
def stream(seed: np.uint64, index: int) -> np.uint64:
    """The first state of a path's stream: hashed, because streams that start GAMMA apart would be one stream."""
    return bits(bits(seed + GAMMA) ^ (np.uint64(index) * _FIRST + GAMMA))


@kernel
def advance(state: np.uint64) -> np.uint64:
    """The next state of a stream."""
    return state + GAMMA


@kernel
def uniform(state: np.uint64) -> np.float64:
    """A number in [0, 1), a multiple of 2^-53."""
    return np.float64(bits(state) >> _11) * _ULP


@kernel
def below(state: np.uint64, n: int | np.int64) -> np.int64:
    """A whole number in 0..n-1 from the upper half of the bits (Lemire 2019, without its correction of n / 2^32)."""
    return np.int64(((bits(state) >> _32) * np.uint64(n)) >> _32)
