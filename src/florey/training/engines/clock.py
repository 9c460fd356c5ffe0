"""Where a round's seconds go: rollouts, rewards, snapshots; the rest of the training loop is updates."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

ROLLOUT, REWARD, SNAPSHOT, UPDATE = "rollout", "reward", "snapshot", "update"


class Clock:
    """Wall time by part, in seconds, of this process. They go to timing.json and never into the log: the log's bytes
    are the same in every run."""

    def __init__(self) -> None:
        self.seconds = dict.fromkeys((ROLLOUT, REWARD, SNAPSHOT, UPDATE), 0.0)

    @contextmanager
    def of(self, part: str) -> Iterator[None]:
        started = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[part] += time.perf_counter() - started

    @contextmanager
    def whole(self) -> Iterator[None]:
        """Around the training loop."""
        started = time.perf_counter()
        yield
        others = sum(seconds for part, seconds in self.seconds.items() if part != UPDATE)
        self.seconds[UPDATE] = time.perf_counter() - started - others
