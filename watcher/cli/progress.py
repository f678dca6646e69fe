"""Shows people how far long work is: bars on standard error while it goes on, gone when it ends.

Only on a terminal, and not with ``--json``. Drawn by the calls that tell of progress, not by a thread: what is told
often is drawn ten times a second at most.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from watcher.progress import Progress, unheard

if TYPE_CHECKING:
    from rich.progress import Progress as Bars
    from rich.progress import TaskID

_PAUSE = 0.1
"""Seconds between two drawings."""


@contextmanager
def shown() -> Iterator[Progress]:
    """Give what long work may tell its progress to."""
    if click.get_current_context().params.get("as_json") or not sys.stderr.isatty():
        yield unheard
        return
    shown = _Shown()
    try:
        yield shown
    finally:
        shown.end()


class _Shown:
    """A bar for each thing that is counted; rich is imported when the first is told of."""

    def __init__(self) -> None:
        self._bars: Bars | None = None
        self._tasks: dict[str, TaskID] = {}
        self._drawn = 0.0

    def __call__(self, what: str, done: int, total: int) -> None:
        bars = self._bars = self._bars or _bars()
        if what not in self._tasks:
            self._tasks[what] = bars.add_task(what, total=total)
        bars.update(self._tasks[what], completed=done, total=total)
        now = time.monotonic()
        if done in (0, total) or now - self._drawn >= _PAUSE:
            self._drawn = now
            bars.refresh()

    def end(self) -> None:
        """Take the bars away: what follows is the outcome."""
        if self._bars:
            self._bars.stop()


def _bars() -> Bars:
    """Start them; what is written to standard error meanwhile appears above."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bars

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    bars = Bars(*columns, console=Console(stderr=True), auto_refresh=False, transient=True, redirect_stdout=False)
    bars.start()
    return bars
