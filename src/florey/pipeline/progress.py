"""What a person sees while a run works: one line a stage, and a bar with the time left on anything long."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from rich.console import Console, RenderableType
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)
from rich.table import Table

from florey.pipeline.interrupt import raise_if_asked

LINE_EVERY = 15.0  # seconds between lines where there is no terminal


class TierTable:
    """The newest step of training by tier, as it is shown below the bar."""

    row: Mapping[str, Any] | None = None

    def __rich__(self) -> RenderableType:
        tiers = (self.row or {}).get("tiers", {})
        if not tiers:
            return ""
        table = Table(box=None, padding=(0, 2), header_style="dim")
        for heading in (
            "        tier",
            "rollouts",
            "right",
            "groups: all right",
            "mixed",
            "all wrong",
            "tokens",
            "cut off",
        ):
            table.add_column(heading, justify="right")
        for tier, seen in tiers.items():
            shares = (seen[name] for name in ("accuracy", "all_right", "mixed", "all_wrong"))
            tokens = [seen[name] for name in ("tokens_right", "tokens_wrong")]
            lengths = " / ".join("-" if each is None else f"{each:.0f}" for each in tokens)
            cells = [f"{100 * share:.0f}%" for share in shares]
            table.add_row(f"        {tier}", str(seen["n"]), *cells, lengths, f"{100 * seen['truncated']:.0f}%")
        return table


class _BarWithTable(Progress):
    def __init__(self, table: TierTable, *columns: ProgressColumn, **settings: Any) -> None:
        self._below = table
        super().__init__(*columns, **settings)

    def get_renderables(self) -> Iterable[RenderableType]:
        yield from super().get_renderables()
        if self._below.row:
            yield self._below


class Reporter:
    """Prints to a terminal with live bars, to a file or pipe with a line now and then."""

    def __init__(self, console: Console | None = None) -> None:
        self.console = console or Console(highlight=False)
        self._bars: list[Progress] = []
        self._table = TierTable()

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

    def training(self) -> Callable[[Mapping[str, Any], int], None]:
        """A function to call with (row of the log, steps in all): a bar, and in a terminal a table by tier."""
        update = self.bar("rollouts and updates")

        def watch(row: Mapping[str, Any], total: int) -> None:
            self._table.row = row
            note = f"reward {row['reward']:.2f}  right {100 * row['accuracy']:.0f}%"
            note += f"  groups with a gradient {100 * (1 - row['zero_variance']):.0f}%"
            update(row["step"], total, note)

        self._table.row = None
        return watch

    def _live(self, what: str) -> Callable[[int, int, str], None]:
        bar = _BarWithTable(
            self._table,
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
