"""One function over many parts: one after another here, or on the machines of a Ray cluster, with the same result.

A part is a value that can be sent, and the function stands in a module, so that a worker finds it by its name. What a
part gives depends on the part alone; so it does not matter where it was worked on, in which order, or how often.
"""

from __future__ import annotations

import importlib.util
import logging
import os
import socket
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from florey.errors import BadInput, FloreyError

P = TypeVar("P")
R = TypeVar("R")
PATIENCE = 5.0
"""Seconds for a cluster's address to answer."""
AHEAD = 2
"""Parts that are given out for each processor of the cluster: enough that none waits, and no more in memory."""


def mapped(
    function: Callable[[P], R],
    parts: Sequence[P],
    ray: str | None = None,
    progress: Callable[[int, int], None] | None = None,
    named: Callable[[P], str] = str,
) -> Iterator[R]:
    """What `function` makes of every part, in the order of the parts.

    `ray`: address of a cluster ("HOST:PORT", or "auto" for the one that this machine is of); None: here. `progress` is
    told (parts done, parts). `named`: how a message calls a part.

    Raises BadInput where Ray is not installed or the address does not answer; what a part raises, if it is an error
    for people; else FloreyError with the part's name. A part whose worker is lost is done again.
    """
    made = _on_ray(function, parts, ray, named) if ray else map(function, parts)
    for done, each in enumerate(made, 1):
        yield each
        if progress:
            progress(done, len(parts))


def chunks(items: Sequence[P], size: int) -> list[Sequence[P]]:
    """Parts of so many items; the last may have fewer. `size` must not depend on how many workers there are.

    >>> chunks([1, 2, 3], 2)
    [[1, 2], [3]]
    """
    return [items[start : start + size] for start in range(0, len(items), size)]


def check_ray(address: str) -> None:
    """BadInput where Ray is not installed or nobody answers there: said before anything is begun."""
    if importlib.util.find_spec("ray") is None:
        raise BadInput("--ray: Ray is not installed: pip install 'florey[ray]', here and on every node")
    if address == "auto":
        return
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if not host or not port.isdigit():
        raise BadInput(f"--ray {address}: expected HOST:PORT, as `ray start --head` says it, or auto")
    try:
        socket.create_connection((host, int(port)), PATIENCE).close()
    except (OSError, OverflowError) as error:
        raise BadInput(f"--ray {address}: nobody answers there ({error}); is the cluster started?") from None


@contextmanager
def joined(address: str) -> Iterator[Any]:
    """The module `ray`, joined to the cluster for the block, unless it is already. BadInput where it cannot be."""
    check_ray(address)
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    import ray

    begun = not ray.is_initialized()
    if begun:
        try:
            ray.init(address=address, logging_level=logging.ERROR, log_to_driver=False)
        except (ConnectionError, RuntimeError, ValueError) as error:
            raise BadInput(f"--ray {address}: cannot join the cluster: {_first(error)}") from None
    try:
        yield ray
    finally:
        if begun:
            ray.shutdown()


def _on_ray(function: Callable[[P], R], parts: Sequence[P], address: str, named: Callable[[P], str]) -> Iterator[R]:
    with joined(address) as ray:
        work = ray.remote(max_retries=-1)(_there)  # of lost workers; what a part raises is raised
        limit = max(1, AHEAD * int(ray.cluster_resources().get("CPU", 1)))
        waiting: deque[tuple[P, Any]] = deque()
        left = iter(parts)
        for part in left:
            waiting.append((part, work.remote(function, part, Path.cwd())))
            if len(waiting) >= limit:
                yield _taken(*waiting.popleft(), named)
        while waiting:
            yield _taken(*waiting.popleft(), named)


def _there(function: Callable[[P], R], part: P, folder: Path) -> R:
    """On a worker. Relative paths mean what they mean where the command was given, where that folder is there too."""
    if folder.is_dir():
        os.chdir(folder)
    return function(part)


def _taken(part: P, given: Any, named: Callable[[P], str]) -> Any:
    import ray

    try:
        return ray.get(given)
    except ray.exceptions.RayTaskError as error:
        cause = error.cause
        if isinstance(cause, FloreyError):
            raise cause from None
        raise FloreyError(f"{named(part)}: failed on the cluster: {type(cause).__name__}: {_first(cause)}") from error
    except ray.exceptions.RayError as error:
        raise FloreyError(f"{named(part)}: lost on the cluster: {_first(error)}") from error


def _first(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:300]
