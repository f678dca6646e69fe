"""How fast a registry may be asked: so many writes a minute, and not at all for as long as it says that it is too much."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from email.utils import parsedate_to_datetime
from time import monotonic

_LONGEST = 300.0
"""Seconds: who asks for more is asked again all the same."""


class Pace:
    """Lets one through at a time so that no minute sees more than *per_minute* (0: any), a burst of a tenth apart.

    What the registry asks to wait holds for all: who goes on meanwhile is told the same, and counted against us.
    """

    def __init__(self, per_minute: int, sleep: Callable[[float], Awaitable[None]]) -> None:
        self._gap, self._burst, self._sleep = 60.0 / per_minute if per_minute else 0.0, max(1, per_minute // 10), sleep
        self._free = self._held = 0.0

    async def turn(self, *, write: bool) -> None:
        """Wait for the next turn; what changes nothing waits only while all are held."""
        now = monotonic()
        if write:
            self._free = max(self._free, now - self._gap * self._burst) + self._gap
        wait = max(self._free if write else 0.0, self._held) - now
        if wait > 0:
            await self._sleep(wait)

    def hold(self, seconds: float) -> None:
        """Let nobody through for so long."""
        self._held = max(self._held, monotonic() + seconds)


def asked(headers: Mapping[str, str]) -> float:
    """How long the registry asks to wait, at most five minutes: in seconds, or until a date by its own clock.

    https://www.rfc-editor.org/rfc/rfc9110#field.retry-after
    """
    text = headers.get("retry-after", "")
    if text.isascii() and text.isdigit():
        return min(float(text[:9]), _LONGEST)
    try:
        until = parsedate_to_datetime(text)
        now = parsedate_to_datetime(headers.get("date", ""))
        return min(max((until - now).total_seconds(), 0.0), _LONGEST)
    except (ValueError, TypeError):  # no date, or one without a time zone
        return 0.0
