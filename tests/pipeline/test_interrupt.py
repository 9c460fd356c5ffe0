"""Ctrl-C is remembered wherever it lands, and raised at the next sign of progress; a second one acts at once."""

import os
import signal

import pytest
from rich.console import Console

from florey.pipeline.interrupt import raise_if_asked, remembered_interrupt
from florey.pipeline.progress import Reporter


class Swallows:
    def __del__(self) -> None:
        os.kill(os.getpid(), signal.SIGINT)


@pytest.mark.parametrize("terminal", [True, False])
def test_an_interrupt_in_a_finaliser_comes_back_with_the_next_progress(terminal: bool) -> None:
    reporter = Reporter(Console(force_terminal=terminal, quiet=True))
    with remembered_interrupt():
        update = reporter.bar("work")
        update(1, 10, "")
        doomed = Swallows()
        del doomed
        with pytest.raises(KeyboardInterrupt):
            update(2, 10, "")
        with pytest.raises(KeyboardInterrupt):
            reporter.stage(1, 2, "next", skipped=False, why="")
    reporter.close()
    raise_if_asked()  # forgotten once the run is over


def test_a_second_interrupt_acts_at_once() -> None:
    with remembered_interrupt():
        os.kill(os.getpid(), signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)


def test_the_handler_of_before_is_put_back() -> None:
    before = signal.getsignal(signal.SIGINT)
    with remembered_interrupt():
        assert signal.getsignal(signal.SIGINT) is not before
    assert signal.getsignal(signal.SIGINT) is before
