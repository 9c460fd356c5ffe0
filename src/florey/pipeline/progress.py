"""What a person sees while a run works: one line a stage, and a bar with the time left on anything long."""

from __future__ import annotations

import time
from collections.abc import Callable

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from florey.pipeline.interrupt import raise_if_asked

LINE_EVERY = 15.0  # seconds between lines where there is no terminal


class Reporter:
    """Prints to a terminal with live bars, to a file or pipe with a line now and then."""

    def __init__(self, console: Console | None = None) -> None:
        self.console = console or Console(highlight=False)
        self._bars: list[Progress] = []

    def say(self, text: str) -> None:
        self.console.print(text, markup=False, soft_wrap=True)  # in a pipe, a line stays one line

    def stage(self, number: int, total: int, title: str, *, skipped: bool, why: str) -> None:
        raise_if_asked()
        note = "done already, skipped" if skipped else ("" if why == "not run yet" else f"again: {why}")
        self.say(f"[{number:>2}/{total}] {title}" + (f"  ({note})" if note else ""))

    def finished(self, seconds: float) -> None:
        self.console.print(f"        {seconds:.1f} s", markup=False, style="dim")

    def close(self) -> None:
        """Takes down the bars of a stage that ended before its bars were full."""
        while self._bars:
            self._bars.pop().stop()

    def bar(self, what: str) -> Callable[[int, int, str], None]:
        """A function to call with (done, total, short text) as the work goes on."""
        if self.console.is_terminal:
            return self._live(what)
        return self._lines(what)

    def _live(self, what: str) -> Callable[[int, int, str], None]:
        bar = Progress(
            TextColumn("        {task.description}"),
            BarColumn(bar_width=28),
            MofNCompleteColumn(),
            TimeRemainingColumn(compact=True),
            TextColumn("[dim]{task.fields[note]}"),
            console=self.console,
            transient=True,
        )
        self._bars.append(bar)
        task: TaskID = bar.add_task(what, total=None, note="")

        def update(done: int, total: int, note: str = "") -> None:
            raise_if_asked()
            if not bar.live.is_started and done < total:
                bar.start()
            bar.update(task, completed=done, total=total, note=note)
            if done >= total:
                bar.stop()

        return update

    def _lines(self, what: str) -> Callable[[int, int, str], None]:
        started = last = time.monotonic()

        def update(done: int, total: int, note: str = "") -> None:
            nonlocal last
            raise_if_asked()
            now = time.monotonic()
            if now - last >= LINE_EVERY and 0 < done < total:
                left = (now - started) / done * (total - done)
                self.say(f"        {what}: {done}/{total}, about {left:.0f} s left  {note}".rstrip())
                last = now

        return update
