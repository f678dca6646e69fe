"""When the daemon does what: each source at the time that its last poll asked for, the rest at intervals.

Built on APScheduler. A job that came late runs once, however often it was missed, and none runs beside itself.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Iterable
from datetime import UTC, datetime, timedelta

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.date import DateTrigger
from apscheduler.triggers.interval import IntervalTrigger

from sources import DISTROS
from state.errors import WatcherError
from watcher.conductor import Conductor

log = logging.getLogger(__name__)

_AGAIN = timedelta(minutes=5)
"""When a source is polled again whose poll could not even be noted, or that pauses."""
_RETRY, _TELL, _TIDY = timedelta(seconds=30), timedelta(seconds=20), timedelta(hours=6)
_SHARE, _MOST = 0.05, 60.0


class Schedule:
    """The jobs of the role ``poll``; ``async with`` runs them."""

    def __init__(self, conductor: Conductor, names: Iterable[str]) -> None:
        """Plan for the sources *names*."""
        self._conductor, self._app = conductor, conductor.app
        self._names = tuple(names)
        self._dice = random.Random()  # noqa: S311  (spreads requests, guards nothing)
        self._running, self._again = set[str](), set[str]()
        self._unsettled, self._following = set[str](), set[str]()
        self._settling: asyncio.Task[None] | None = None
        self._ended = False
        defaults = {"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
        self._scheduler = AsyncIOScheduler(timezone=UTC, job_defaults=defaults)

    def start(self) -> None:
        """Begin: sources whose time has passed at once, but not all in the same instant."""
        settings = self._app.config.settings.daemon
        for name in self._names:
            self._plan(name, self._app.store.source_state(name).next_check)
        self._every(timedelta(seconds=settings.look_every_seconds), "look", self._conductor.look)
        self._every(_RETRY, "retry", self._conductor.retry)
        self._every(_TIDY, "tidy", self._tidy)
        self._every(_TELL, "tell", self._conductor.tell)
        self._every(settings.bases_every, "bases", self._bases)
        self._scheduler.start()

    def stop(self) -> None:
        """Start nothing any more, and break off what is only looking; steps are the conductor's."""
        self._ended = True
        if self._settling:
            self._settling.cancel()
        if self._scheduler.running:
            self._scheduler.remove_all_jobs()
            self._scheduler.shutdown(wait=False)

    def now(self, name: str) -> None:
        """Poll a source at once; if it is being polled, again right after that."""
        if name not in self._names:
            log.warning("%s: no source of that name is polled here", name)
        elif name in self._running:
            self._again.add(name)
        else:
            self._plan(name, None)

    def _plan(self, name: str, at: datetime | None) -> None:
        """Poll a source once at *at*, a little later than that: upstreams are not all asked in the same second."""
        if self._ended:
            return
        now = self._app.now()
        wait = max(0.0, (at - now).total_seconds()) if at else 0.0
        spread = self._dice.uniform(0, min(_MOST, wait * _SHARE)) if at else 0.0
        due = now + timedelta(seconds=wait + spread)
        # APScheduler counts the run that plans this one as running still: it is this class that lets none overlap.
        self._scheduler.add_job(
            self._broken_off,
            DateTrigger(due, UTC),
            [self._poll, name],
            id=f"poll {name}",
            replace_existing=True,
            max_instances=3,
        )

    def _every(self, interval: timedelta, name: str, job: Callable[[], Awaitable[None]]) -> None:
        seconds = interval.total_seconds()
        jitter = min(_MOST, seconds * _SHARE)
        trigger = IntervalTrigger(seconds=max(1, round(seconds)), timezone=UTC, jitter=jitter)
        self._scheduler.add_job(self._broken_off, trigger, [guarded, name, job], id=name)

    async def _broken_off(self, job: Callable[..., Awaitable[None]], *arguments: object) -> None:
        """Run a job that the end breaks off: that is no failure, as APScheduler would say in the log."""
        try:
            await job(*arguments)
        except asyncio.CancelledError:
            if not self._ended:
                raise

    async def _poll(self, name: str) -> None:
        """Poll a source now, and plan its next poll by what that found out; never beside itself."""
        if name in self._running:
            self._again.add(name)
            return
        self._running.add(name)
        try:
            if name not in self._app.store.desk.paused():
                await guarded(f"poll {name}", lambda: self._conductor.poll(name))
        finally:
            self._running.discard(name)
            if not self._ended:
                self._plan(name, self._next(name))
        self._follow(name)

    def _follow(self, name: str) -> None:
        """See to it that a source is polled once more when its files were compared; not again because of that poll."""
        if name in self._following:
            self._following.discard(name)
            return
        self._unsettled.add(name)
        if self._settling is None or self._settling.done():
            self._settling = asyncio.create_task(guarded("settle", self._settle))

    def _next(self, name: str) -> datetime | None:
        if name in self._again:
            self._again.discard(name)
            return None
        at, now = self._app.store.source_state(name).next_check, self._app.now()
        return at if at and at > now else now + _AGAIN

    async def _settle(self) -> None:
        """Poll those once more of which files were compared in the background."""
        while self._unsettled:
            waiting, self._unsettled = self._unsettled, set()
            for name in await self._conductor.settle() & waiting:
                self._following.add(name)
                self.now(name)

    async def _bases(self) -> None:
        """Ask the registries of those distros that were not polled for so long: bases move without their feeds."""
        before = self._app.now() - self._app.config.settings.daemon.bases_every
        for name in DISTROS:
            last = self._app.store.source_state(name).last_success
            if name in self._names and last and last < before:
                self.now(name)

    async def _tidy(self) -> None:
        self._conductor.tidy()


async def guarded(name: str, job: Callable[[], Awaitable[object]]) -> None:
    """Run a job; what goes wrong is told, and the daemon goes on."""
    try:
        await job()
    except WatcherError as error:
        log.error("%s: %s", name, error, extra={"job": name})  # noqa: TRY400  (expected: the message says it all)
    except Exception:
        log.exception("%s: a bug of the watcher", name, extra={"job": name})
