"""Single keys from a terminal, or first letters of lines where there is none."""

from __future__ import annotations

import os
import select
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click


@contextmanager
def keyboard() -> Iterator[Callable[[], str]]:
    """A function that waits for a key, or for the first letter of a line where there is no terminal; "q" at the end.

    The terminal is switched once for the whole sitting: keys that are typed ahead stay, and Ctrl-C works as ever.
    """
    if not sys.stdin.isatty():
        yield _first_letter
        return
    try:
        import termios
        import tty
    except ImportError:  # Windows
        yield lambda: click.getchar().lower()
        return
    terminal = sys.stdin.fileno()

    def key() -> str:
        # a library's handler of Ctrl-C lets a read go on; it cannot keep select from ending
        select.select([terminal], [], [])
        pressed = os.read(terminal, 1)
        if pressed == b"\x1b" and select.select([terminal], [], [], 0)[0]:
            os.read(terminal, 8)  # the rest of an arrow: the one that points down ends in a B, which is not "back"
        return (pressed.replace(b"\x04", b"") or b"q").decode(errors="replace").lower()

    before = termios.tcgetattr(terminal)
    tty.setcbreak(terminal, termios.TCSANOW)
    try:
        yield key
    finally:
        termios.tcsetattr(terminal, termios.TCSADRAIN, before)


def _first_letter() -> str:
    line = sys.stdin.readline()
    return line.strip()[:1].lower() if line else "q"
