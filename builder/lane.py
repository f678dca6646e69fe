"""One lane for all that is written to GitHub: one write at a time, a second apart, 80 a minute, 500 an hour.

The limits count what an account writes, not what a process does: all processes that share a lane's file keep to them
together. Both windows are held to exactly: a bucket that refills would let twice as many through at its edge.
https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api#about-secondary-rate-limits
"""

from __future__ import annotations

import fcntl
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from io import TextIOWrapper
from pathlib import Path

from state.errors import ForgeError

_MINUTE, _HOUR = 60.0, 3600.0


@dataclass(slots=True)
class Turn:
    """What was written lately, in seconds since 1970, and until when nobody may write."""

    writes: list[float] = field(default_factory=list)
    until: float = 0.0


@dataclass(frozen=True, slots=True)
class Allowance:
    """So many writes a minute and an hour, so many seconds apart; more than ``longest`` seconds nobody waits."""

    apart: float = 1.0
    minute: int = 80
    hour: int = 500
    longest: float = 900.0

    def ready(self, turn: Turn, now: float) -> float:
        """When the next write may go."""
        found = [turn.until]
        if turn.writes:
            found.append(turn.writes[-1] + self.apart)
        for count, span in ((self.minute, _MINUTE), (self.hour, _HOUR)):
            if len(turn.writes) >= count and turn.writes[-count] > now - span:
                found.append(turn.writes[-count] + span)
        return max(found)


class WriteLane:
    """Lets writes through one by one. ``file`` is shared with other processes; without one the lane is its own."""

    def __init__(
        self,
        file: Path | None = None,
        allowance: Allowance = Allowance(),
        *,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._file, self._allowance, self._clock, self._sleep = file, allowance, clock, sleep
        self._alone = threading.Lock()
        self._own = Turn()

    @contextmanager
    def turn(self) -> Iterator[Callable[[float], None]]:
        """Wait for one's turn and keep the others out until the write is over; ForgeError if that is too far off.

        What it gives is called with seconds where GitHub asked to wait: nobody writes until then.
        """
        with self._alone, self._kept() as turn:
            self._wait(turn)

            def hold(seconds: float) -> None:
                turn.until = max(turn.until, self._clock() + seconds)

            try:
                yield hold
            finally:
                turn.writes.append(self._clock())

    def _wait(self, turn: Turn) -> None:
        now = self._clock()
        # What lies in the future was written before the clock was set back: it tells nothing any more.
        turn.writes = sorted(at for at in turn.writes if now - _HOUR < at <= now)
        turn.until = min(turn.until, now + _HOUR)
        ready = self._allowance.ready(turn, now)
        if ready - now > self._allowance.longest:
            at = datetime.fromtimestamp(ready, UTC)
            raise ForgeError(
                f"GitHub takes no more writes until {at:%H:%M} UTC: its limits are used up; the rest waits"
            )
        while (left := ready - self._clock()) > 0:
            self._sleep(left)

    @contextmanager
    def _kept(self) -> Iterator[Turn]:
        """The turn of this lane, read and written back with nobody else at it."""
        if self._file is None:
            yield self._own
            return
        self._file.parent.mkdir(parents=True, exist_ok=True)
        with self._file.open("a+") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            turn = _read(file)
            try:
                yield turn
            finally:
                file.seek(0)
                file.truncate()
                json.dump({"writes": turn.writes, "until": turn.until}, file)
                file.flush()


def _read(file: TextIOWrapper) -> Turn:
    """What the file says; nothing where a crash left half of it."""
    file.seek(0)
    try:
        document = json.load(file)
        return Turn([float(at) for at in document["writes"]], float(document["until"]))
    except (ValueError, TypeError, KeyError):
        return Turn()
