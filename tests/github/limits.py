"""GitHub's limits: so many calls an hour, and so many writes a minute and an hour.

https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.github.routes import Refusal

_HOUR, _MINUTE = 3600.0, 60.0


@dataclass
class Limits:
    """Counts calls; the figures are GitHub's. ``clock`` gives seconds since 1970, ``status`` is 403 or 429.

    ``retry_after`` is what a refused write is told to wait, in seconds.
    """

    hourly: int = 5_000
    anonymous: int = 60
    writes_a_minute: int = 80
    writes_an_hour: int = 500
    retry_after: int = 60
    status: int = 403
    clock: Callable[[], float] = time.time
    refusals: int = field(default=0, init=False)
    writes: deque[float] = field(default_factory=deque, init=False)

    def __post_init__(self) -> None:
        self._used: dict[str, int] = {}
        self._reset = self.clock() + _HOUR

    def used(self, who: str) -> int:
        """The calls of *who* in this hour."""
        if self.clock() >= self._reset:
            self._used.clear()
            self._reset = self.clock() + _HOUR
        return self._used.get(who, 0)

    def limit(self, who: str) -> int:
        """How many calls *who* has in an hour; ``""`` is nobody."""
        return self.hourly if who else self.anonymous

    def check(self, who: str, verb: str) -> None:
        """Refuse a call that is one too many."""
        if self.used(who) >= self.limit(who):
            self.refusals += 1
            message = f"API rate limit exceeded for {f'user {who}' if who else '127.0.0.1'}."
            raise Refusal(self.status, message, headers=self.headers(who))
        if verb in ("GET", "HEAD"):
            return
        now = self.clock()
        while self.writes and self.writes[0] <= now - _HOUR:
            self.writes.popleft()
        in_minute = sum(at > now - _MINUTE for at in self.writes)
        if in_minute >= self.writes_a_minute or len(self.writes) >= self.writes_an_hour:
            self.refusals += 1
            message = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."
            raise Refusal(self.status, message, headers={"Retry-After": str(self.retry_after)})
        self.writes.append(now)

    def count(self, who: str) -> None:
        """Note a call that was answered; a 304 is free."""
        self._used[who] = self.used(who) + 1

    def resource(self, who: str) -> dict[str, int]:
        """The figures as the API tells them."""
        used, limit = self.used(who), self.limit(who)
        return {"limit": limit, "used": used, "remaining": max(0, limit - used), "reset": int(self._reset)}

    def headers(self, who: str) -> dict[str, str]:
        """The figures as every answer carries them."""
        return {f"X-RateLimit-{key.title()}": str(value) for key, value in self.resource(who).items()} | {
            "X-RateLimit-Resource": "core"
        }
