"""What long work tells of how far it is: who shows that, and whether anybody does, is not its business."""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[str, int, int], None]
"""Hears what is counted ("sources polled"), how many of them are done, and of how many."""


def unheard(_what: str, _done: int, _total: int) -> None:
    """Show nothing: the daemon, tests and pipes."""


class Count:
    """Counts to *total* and tells of each step; of nothing where there is nothing to do."""

    def __init__(self, progress: Progress, what: str, total: int) -> None:
        self._progress, self._what, self._total, self._done = progress, what, total, 0
        self._tell()

    def add(self) -> None:
        """One more is done."""
        self._done += 1
        self._tell()

    def _tell(self) -> None:
        if self._total:
            self._progress(self._what, self._done, self._total)
