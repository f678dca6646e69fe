"""Two watchers on one database take turns: a daemon and a person's ``watcher sync`` never do the same thing twice.

Polling goes on side by side, but for one source; acting (the bus) and building are one at a time each. Whoever had to
wait reads the journal again: what the other one finished is not done a second time.
"""

from __future__ import annotations

import asyncio
import logging
import os
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime

from state.errors import StoreBusy
from state.store import Store

log = logging.getLogger(__name__)
_FIRST, _LONGEST = 0.02, 0.5
"""Seconds between two looks whether it is our turn: the first, and the longest that it grows to."""
_WORTH_A_WORD = 0.3
"""Seconds after which waiting is told."""

DOING = {"act": "acting", "build": "building"}
"""What the names of the locks stand for; ``poll-node`` is for polling Node."""


class Locks:
    """The turns of one process. The lock is given up by the kernel or the database server when the process ends.

    *patience* is in seconds. Not reentrant; only ``poll-…`` may be held while another one is asked for.
    """

    def __init__(self, store: Store, patience: float, now: Callable[[], datetime]) -> None:
        self._store, self._patience, self._now = store, patience, now
        self._own: dict[str, asyncio.Lock] = {}

    @asynccontextmanager
    async def hold(self, name: str, patience: float | None = None) -> AsyncIterator[None]:
        """Have the turn *name* for as long as the context lasts; tasks of this process queue for it in order.

        :param patience: seconds to wait for another process, where not those of the settings
        :raises StoreBusy: it is still another's when that is over
        """
        async with self._own.setdefault(name, asyncio.Lock()):
            turn = self._store.turn(name)
            try:
                await self._wait(name, turn.take, self._patience if patience is None else patience)
                yield
            finally:
                turn.give()

    async def _wait(self, name: str, take: Callable[[str], str | None], patience: float) -> None:
        who = f"pid {os.getpid()} on {socket.gethostname()[:20]}, since {self._now():%H:%M:%S}"
        clock = asyncio.get_running_loop().time
        begun, pause, told = clock(), _FIRST, False
        while (other := take(who)) is not None:
            sentence = f"another watcher ({other or 'unknown'}) is {DOING.get(name, f'busy with {name}')}"
            if clock() - begun >= patience:
                raise StoreBusy(f"{sentence}: waited {patience:g} s for it")
            if not told and clock() - begun >= _WORTH_A_WORD:
                told = True
                log.warning("%s; waiting", sentence)
            await asyncio.sleep(pause)
            pause = min(pause * 2, _LONGEST)
