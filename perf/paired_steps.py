"""Two trainings in one process, step by step in turns, so that both meet the same machine.

Each runs in a thread of its own and stops at a gate after every step. Only one is ever let through; the random
generators, which all threads share, are put back as that training left them.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np


class Arm:
    """`train(gate)` runs a training that calls `gate()` after every step."""

    def __init__(self, train: Callable[[Callable[[], None]], Any]) -> None:
        self._go, self._at_gate = threading.Semaphore(0), threading.Semaphore(0)
        self._thread = threading.Thread(target=self._run, args=(train,), daemon=True)
        self._began: tuple[float, float] | None = None
        self._state: Any = None
        self.wall: list[float] = []
        self.cpu: list[float] = []
        self.result: Any = None
        self.error: BaseException | None = None

    def _run(self, train: Callable[[Callable[[], None]], Any]) -> None:
        try:
            self.result = train(self._gate)
        except BaseException as error:  # told to the thread that waits
            self.error = error
        finally:
            self._at_gate.release()

    def _gate(self) -> None:
        now = time.perf_counter(), time.thread_time()
        if self._began:
            self.wall.append(now[0] - self._began[0])
            self.cpu.append(now[1] - self._began[1])
        self._state = _generators()
        self._at_gate.release()
        self._go.acquire()
        _put_back(self._state)
        self._began = time.perf_counter(), time.thread_time()

    def start(self) -> None:
        """Loads, and makes the first step, which is not timed."""
        self._thread.start()
        self._wait()

    def step(self) -> None:
        self._go.release()
        self._wait()

    def finish(self) -> None:
        """After the last step: whatever it does then."""
        self.step()
        self._thread.join()

    def _wait(self) -> None:
        self._at_gate.acquire()
        if self.error:
            raise self.error


def in_turns(arms: Sequence[Arm], steps: int) -> None:
    """`steps` timed steps of each, behind one that is not; who begins alternates."""
    for arm in arms:
        arm.start()
    for number in range(steps):
        for arm in arms if number % 2 else reversed(arms):
            arm.step()
    for arm in arms:
        arm.finish()


def _generators() -> Any:
    import torch

    return random.getstate(), np.random.get_state(), torch.get_rng_state()


def _put_back(state: Any) -> None:
    import torch

    random.setstate(state[0])
    np.random.set_state(state[1])
    torch.set_rng_state(state[2])
