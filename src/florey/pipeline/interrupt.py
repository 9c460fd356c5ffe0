"""Ctrl-C that is neither lost nor untidy.

Python swallows a KeyboardInterrupt that is raised inside a `__del__` or a callback of C code, and libraries have many
of both. So the first Ctrl-C is only remembered, and the next sign of progress raises it; a second one acts at once.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_asked = threading.Event()


def raise_if_asked() -> None:
    """Raises KeyboardInterrupt if Ctrl-C was pressed since the run began."""
    if _asked.is_set():
        raise KeyboardInterrupt


@contextmanager
def remembered_interrupt() -> Iterator[None]:
    """While the block runs, Ctrl-C is remembered for `raise_if_asked`. In the main thread only; elsewhere nothing."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def ask(number: int, frame: FrameType | None) -> None:
        if _asked.is_set():
            raise KeyboardInterrupt
        _asked.set()
        os.write(2, b"\nstopping at the next step; press Ctrl-C again to stop at once\n")  # print is not safe here

    _asked.clear()
    before = signal.signal(signal.SIGINT, ask)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
        _asked.clear()
