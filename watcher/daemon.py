"""``watcher run``: one process that watches, from its first line to its last.

SIGTERM and SIGINT: the step that is running ends, within the grace period; everything else is in the journal. A second
one ends the process at once. SIGHUP: the settings are read again; if they are wrong, the old ones stay.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import signal
from collections.abc import Collection
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path

from state.errors import SettingsError, StoreError, WatcherError
from watcher.conductor import Conductor
from watcher.config import Configured, load, supervisor
from watcher.daemon_settings import Role
from watcher.live import Live
from watcher.logs import set_up
from watcher.schedule import Schedule, guarded
from watcher.systemd import READY, STOPPING
from watcher.web.app import application, health
from watcher.web.server import Listener
from watcher.wiring import notifier, wired

log = logging.getLogger(__name__)

_LONGEST_PAUSE = 600.0
_PRUNE = timedelta(hours=6)
_BREATH = 0.5
"""Seconds between two rounds of the inbox: what a hundred webhooks want meanwhile is one look."""
_STOPS = (signal.SIGTERM, signal.SIGINT)


class Daemon:
    """The process: its roles, its socket, and the signals it was sent."""

    def __init__(self, file: Path | None, roles: Collection[Role]) -> None:
        self._file, self._roles = file, frozenset(roles)
        self._listener, self._health = Listener("[web] listen"), Listener("[daemon] health_listen")
        self._signals = asyncio.Queue[signal.Signals]()
        self._wake = asyncio.Event()
        self._supervisor = supervisor()
        self.clean = True
        """Whether everything ended within its grace period."""

    async def run(self) -> None:
        """Work until a signal ends it.

        :raises SettingsError: the settings cannot be used, or pretend another time
        """
        self._catch()  # first: a reload that is asked for while this starts would end it
        config = checked(load(self._file))
        set_up(config.settings.log)
        async with self._supervisor.watched():
            await self._lives(config)
        self._listener.close()
        self._health.close()
        log.info("stopped")

    async def _lives(self, config: Configured) -> None:
        """Work by these settings, then by others after each reload; by the former where the new cannot be worked by."""
        good: Configured | None = None
        while True:
            try:
                got = await self._life(config)
            except SettingsError as error:
                if good is None or good is config:
                    raise
                log.error("the settings stay as they were: %s", error)  # noqa: TRY400  (expected)
                config = good
                continue
            if got != signal.SIGHUP:
                return
            good = config
            self._supervisor.reloading()
            config = self._reloaded(good)

    def _catch(self) -> None:
        """Hear signals; the second that stops is the process's end, as if nobody listened."""
        loop = asyncio.get_running_loop()

        def heard(number: signal.Signals) -> None:
            self._signals.put_nowait(number)
            if number in _STOPS:
                for each in _STOPS:
                    loop.remove_signal_handler(each)
                    signal.signal(each, signal.SIG_DFL)

        for each in (*_STOPS, signal.SIGHUP):
            loop.add_signal_handler(each, heard, each)

    def _reloaded(self, old: Configured) -> Configured:
        """The settings as they are now; the old ones where the new cannot be used."""
        try:
            config = checked(load(self._file))
        except SettingsError as error:
            log.error("the settings stay as they were: %s", error)  # noqa: TRY400  (expected: the message says it all)
            return old
        set_up(config.settings.log)
        log.info("settings read again from %s", config.file)
        return config

    async def _life(self, config: Configured) -> signal.Signals:
        """Work by these settings until a signal comes; return it."""
        async with AsyncExitStack() as stack:
            app = await stack.enter_async_context(wired(config, deciding="poll" in self._roles))
            conductor = Conductor(app, notifier(config) if "poll" in self._roles else None)
            await self._serve(stack, Live(app, self._roles, app.now(), self._wake.set))
            works = {"poll": self._poll, "publish": publish}
            tasks = [asyncio.create_task(work(conductor)) for role, work in works.items() if role in self._roles]
            if tasks:
                tasks.append(asyncio.create_task(pulse(conductor, self._wake)))
            self._supervisor.tell(READY)
            return await self._until(conductor, tasks)

    async def _serve(self, stack: AsyncExitStack, live: Live) -> None:
        """Listen, until *stack* ends, where the settings say: with pages in the role ``web``, and with how it is in any."""
        settings = live.app.config.settings
        grace, health_listen = settings.daemon.grace_seconds, settings.daemon.health_listen
        if "web" in self._roles:
            self._listener.bind(settings.web.listen)
            await stack.enter_async_context(self._listener.serving(application(live), grace))
            gc.freeze()  # modules live as long as we do: a full collection walked them for a tenth of a second
            log.info("listening on %s", self._listener.url)
        if health_listen is None:
            self._health.close()
            return
        self._health.bind(health_listen)
        await stack.enter_async_context(self._health.serving(health(live), grace))
        log.info("health on %s", self._health.url)

    async def _until(self, conductor: Conductor, tasks: list[asyncio.Task[None]]) -> signal.Signals:
        """Wait for a signal, or for a task that should never end; then end all within the grace period."""
        waiting = asyncio.create_task(self._signals.get())
        await asyncio.wait([waiting, *tasks], return_when=asyncio.FIRST_COMPLETED)
        broken = next((task for task in tasks if task.done()), None)
        got = waiting.result() if waiting.done() else signal.SIGTERM
        waiting.cancel()
        log.info("%s: ending what is being done", got.name)
        if got != signal.SIGHUP:
            self._supervisor.tell(STOPPING)
        grace = conductor.app.config.settings.daemon.grace_seconds
        try:
            async with asyncio.timeout(grace):
                await conductor.close()
        except TimeoutError:
            self.clean = False
            log.warning("still at it after %g s: the next start goes on from the journal", grace)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if broken:
            broken.result()
        return got

    async def _poll(self, conductor: Conductor) -> None:
        """The role ``poll``: go on with what was left, then work by schedule, and whenever something is wished."""
        settings = conductor.app.config
        schedule = Schedule(conductor, [name for name in conductor.app.sources if settings.enabled(name)])
        await guarded("resume", conductor.resume)
        schedule.start()
        try:
            while True:
                await guarded("inbox", lambda: self._inbox(conductor, schedule))
                await asyncio.sleep(_BREATH)
                await self._wake.wait()
        finally:
            schedule.stop()

    async def _inbox(self, conductor: Conductor, schedule: Schedule) -> None:
        """Carry out what is wished."""
        self._wake.clear()
        wishes = conductor.app.store.desk.inbox.open()
        for name in await conductor.carry_out(wishes) if wishes else ():
            schedule.now(name)


async def publish(conductor: Conductor) -> None:
    """The role ``publish``: make what is due; where that cannot be, say so once, and wait for longer.

    Now and then, after the builds, the registry is rid of what nobody needs any more.
    """
    told, pause, prune_at = "", 0.0, conductor.app.now()
    while True:
        conductor.planned.clear()  # first: what is recorded meanwhile is a reason to look again
        try:
            await conductor.build()
            told, pause = "", 0.0
        except WatcherError as error:
            if str(error) != told:
                log.error("builds: %s", error)  # noqa: TRY400  (expected: the message says it all)
            told, pause = str(error), min(2 * pause + 10, _LONGEST_PAUSE)
        except Exception:
            log.exception("builds: a bug of the watcher")
            pause = _LONGEST_PAUSE
        if conductor.app.now() >= prune_at:
            await guarded("prune", conductor.prune)
            prune_at = conductor.app.now() + _PRUNE
        await asyncio.sleep(pause)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(conductor.app.config.settings.daemon.builds_every_seconds):
                await conductor.planned.wait()


async def pulse(conductor: Conductor, wake: asyncio.Event) -> None:
    """Wake who waits for what other processes wish (*wake*) or record: one small look for all, since it is a second's."""
    store, every = conductor.app.store, conductor.app.config.settings.daemon.inbox_every_seconds
    seen: int | None = None
    while True:
        with contextlib.suppress(StoreError):  # whoever works with the memory next says so
            news = store.news()
            if news.wished:
                wake.set()
            if seen not in (None, news.last_event):
                conductor.planned.set()
            seen = news.last_event
        await asyncio.sleep(every)


def checked(config: Configured) -> Configured:
    """Refuse to work by a clock that stands still: *now* is for demonstrations."""
    if config.settings.now is not None:
        raise SettingsError(f"{config.file}: now: a daemon works by the real time; take the setting (WATCHER_NOW) away")
    return config
