"""Compiling kernels, and sharing out their work among threads.

A kernel is compiled when it is first called and then read from a cache beside its module, or in the user's cache
folder where that cannot be written. numba compares the cache with the kernel's own module only: after a change to a
function that it calls in another module, delete `__pycache__`.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar, cast

import numba

Function = TypeVar("Function", bound=Callable[..., Any])
CHUNK = 1 << 15
"""Draws that a thread takes at a time: enough that sharing out costs nothing, few enough that all stay busy."""


def kernel(function: Function) -> Function:
    """Compile for what it is first called with; it runs without the interpreter's lock, so that threads run at once."""
    return _compiled(function)


def bare_kernel(function: Function) -> Function:
    """`kernel` for functions that neither make nor return an array, nor call one that does: spared the counting of
    references, which otherwise costs small functions with many arrays as much as their work."""
    return _compiled(function, _nrt=False)


def _compiled(function: Function, **more: bool) -> Function:
    jit: Any = numba.njit  # its types know no `_nrt`
    try:
        compiled = jit(nogil=True, cache=True, error_model="numpy", **more)(function)
    except RuntimeError:  # no folder for the cache can be written
        compiled = jit(nogil=True, error_model="numpy", **more)(function)
    return cast("Function", compiled)


def in_chunks(work: Callable[[int, int], object], count: int, threads: int, chunk: int = CHUNK) -> None:
    """Calls `work(start, stop)` for chunks of 0..count, `threads` at a time; the first error is raised."""
    bounds = [(start, min(start + chunk, count)) for start in range(0, count, chunk)]
    if threads <= 1 or len(bounds) == 1:
        for start, stop in bounds:
            work(start, stop)
        return
    with ThreadPoolExecutor(threads) as pool:
        for done in [pool.submit(work, *bound) for bound in bounds]:
            done.result()
