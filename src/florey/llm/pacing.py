"""How many calls run at a time, and how long to wait after one that failed."""

from __future__ import annotations

import asyncio
import math
import random
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from florey.llm.faults import Fault

STEPS = 16  # round trips from one call at a time to the maximum
REST_S = 1.0  # least time between two halvings: rates are limited by the second at the finest
FIRST_WAIT_S, LONGEST_WAIT_S = 0.5, 30.0


class Limiter:
    """Additive increase, multiplicative decrease: as many calls at a time as the server takes.

    Starts at the maximum. An overload halves the limit, but only once for all calls that were under way together, and
    at most once a second;
    every answer adds its share, so that a round trip of answers adds a sixteenth of the maximum.
    """

    def __init__(self, maximum: int) -> None:
        self.maximum = maximum
        self.limit = float(maximum)
        self.running = 0
        self._halved = -math.inf  # when, on the loop's clock
        self._queue: deque[asyncio.Future[None]] = deque()

    @asynccontextmanager
    async def slot(self) -> AsyncIterator[None]:
        """Waits for its turn; learns from whether the block ends well or in a Fault of overload."""
        await self._enter()
        clock = asyncio.get_running_loop().time
        started = clock()
        try:
            yield
        except Fault as fault:
            if fault.overload and started >= self._halved and clock() >= self._halved + REST_S:
                self.limit = max(1.0, self.limit / 2)
                self._halved = clock()
            raise
        else:
            self.limit = min(float(self.maximum), self.limit + max(1.0, self.maximum / STEPS) / self.limit)
        finally:
            self.running -= 1
            self._wake()

    async def _enter(self) -> None:
        if self.running < int(self.limit) and not self._queue:
            self.running += 1
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._queue.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.cancelled():
                self._queue.remove(turn)
            else:  # the turn was given and will not be used
                self.running -= 1
                self._wake()
            raise

    def _wake(self) -> None:
        while self._queue and self.running < int(self.limit):
            self.running += 1
            self._queue.popleft().set_result(None)


def wait_after(fault: Fault, attempt: int, draw: random.Random) -> float:
    """Seconds before the next attempt: exponential back-off with full jitter, on top of what the server asked for.

    `attempt`: 0 after the first. The jitter keeps calls that failed together from coming back together.
    """
    jitter = draw.uniform(0, min(LONGEST_WAIT_S, FIRST_WAIT_S * 2**attempt))
    return jitter if fault.retry_after is None else fault.retry_after + min(jitter, FIRST_WAIT_S)
