"""Functions that workers find by their names."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

from florey.errors import BadInput


def squared(part: int) -> tuple[int, int]:
    time.sleep(0.05)
    return part**2, os.getpid()


def killed_once(part: tuple[int, Path]) -> int:
    """The worker of part 3 kills itself, as a machine that is lost, the first time."""
    number, folder = part
    mark = folder / "killed"
    if number == 3 and not mark.exists():
        mark.write_text("")
        os.kill(os.getpid(), signal.SIGKILL)
    return number * 10


def failing(part: int) -> int:
    if part == 2:
        raise ValueError("two is too many\nand more")
    if part == 5:
        raise BadInput("FILE, line 5: expected a number")
    return part
