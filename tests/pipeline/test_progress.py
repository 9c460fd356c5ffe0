"""What a person sees: lines in a file, bars on a terminal, and no bar left behind."""

from __future__ import annotations

import io
import re

import pytest
from rich.console import Console

from florey.pipeline import progress
from florey.pipeline.progress import Reporter


def plain(written: io.StringIO) -> str:
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", written.getvalue())


def test_a_pipe_gets_a_line_now_and_then_with_the_time_left(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter([0.0, 5.0, 20.0, 21.0, 40.0])
    monkeypatch.setattr(progress.time, "monotonic", lambda: next(clock))
    written = io.StringIO()
    update = Reporter(Console(file=written, width=100)).bar("mining")
    for done in (10, 40, 42, 80):
        update(done, 100, "")
    lines = written.getvalue().splitlines()
    assert lines == ["        mining: 40/100, about 30 s left", "        mining: 80/100, about 10 s left"]


def test_stage_lines_say_what_is_skipped_and_why_something_runs_again() -> None:
    written = io.StringIO()
    reporter = Reporter(Console(file=written, width=40))  # narrower than the lines: they are not broken
    reporter.stage(1, 12, "Build [the] graph", skipped=True, why="")
    reporter.stage(2, 12, "Curate", skipped=False, why="not run yet")
    reporter.stage(3, 12, "Distill", skipped=False, why="traces.jsonl is damaged or missing")
    assert written.getvalue().splitlines() == [
        "[ 1/12] Build [the] graph  (done already, skipped)",
        "[ 2/12] Curate",
        "[ 3/12] Distill  (again: traces.jsonl is damaged or missing)",
    ]


def test_a_terminal_gets_a_bar_and_a_bar_that_never_fills_is_taken_down() -> None:
    written = io.StringIO()
    console = Console(file=written, force_terminal=True, width=100)
    reporter = Reporter(console)
    first, second = reporter.bar("findings_to_disease"), reporter.bar("findings_to_gene")
    first(3, 100, "")  # a metapath that is given up, or a stage that its plateau ends early
    second(2, 2, "")
    reporter.close()
    assert "findings_to_disease" in plain(written) and "3/100" in plain(written)
    assert not console._live_stack and "\x1b[?25h" in written.getvalue()  # the cursor is shown again
    reporter.close()
    reporter.bar("mining")(1, 2, "")
    assert "mining" in plain(written)
    reporter.close()
