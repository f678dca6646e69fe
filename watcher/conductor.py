"""What the daemon does, one method each: poll, look at the forge, try again, carry out wishes.

Polls run side by side. Acting has one lane: an event's step has it to itself, and gives it back before the next event,
so that a merge that a webhook tells of waits for one step and not for all that a poll led to.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from state.errors import BuildError, WatcherError
from state.events import BuildPlanned
from state.store import Entry, Recorded, Wish, summary_of
from watcher import building, bus, gathering, notices, pruning, registry_access
from watcher.app import App
from watcher.due import due
from watcher.family import main
from watcher.notices import Sender
from watcher.poll import Polled, poll

log = logging.getLogger(__name__)

_LEFT = timedelta(minutes=2)
"""An event that nobody tried for so long was left: what recorded it stopped before its step ran."""
_LONGEST = timedelta(hours=1)
_HOUR = timedelta(hours=1)


class Conductor:
    """Conducts one :class:`App`."""

    def __init__(self, app: App, sender: Sender | None = None) -> None:
        """People are told by *sender*; None: nobody is."""
        self.app, self._sender = app, sender
        self._lane = asyncio.Lock()
        self._closing = self._looked = False
        self._gathered = datetime.min.replace(tzinfo=UTC)
        self.planned = asyncio.Event()
        """Set when a build was planned here."""

    async def close(self) -> None:
        """Let the step that is running end, and start no other; what did not run is in the journal."""
        self._closing = True
        await self._lane.acquire()

    # The jobs.

    async def poll(self, name: str) -> Polled:
        """Poll a source, and act on what is new."""
        if not self._looked:
            await self.look()  # a clone that was never fetched is none
        polled = await poll(self.app, name, await self.app.images.head())
        for failed in polled.failed:
            log.warning("%s: %s %s", failed.source, failed.url, failed.error, extra={"source": name})
        if any(not recorded.done for recorded in polled.recorded):
            await self.look()  # a maintainer's decision goes before what we want
            await self._act(polled.recorded)
        return polled

    async def look(self) -> None:
        """See what maintainers did on the forge, and act on it."""
        async with self._lane:
            if not self._closing:
                before = self.app.store.last_event()
                await bus.hear(self.app, left=False)
                self._looked = True
                self._tell(before)

    async def resume(self) -> None:
        """Go on with what an earlier process left, whatever became of it there."""
        await self._act(self.app.store.unfinished())

    async def retry(self) -> None:
        """Try again what failed: after a minute, two, four … and then hourly."""
        left = self.app.store.unfinished()
        entries = {entry.id: entry for entry in self.app.store.pages.entries(left)}
        await self._act(each for each in left if self._due(entries[each.id]))

    async def settle(self) -> set[str]:
        """Wait for the files that are being compared; return the sources that have to be polled again because of it."""
        return await self.app.comparer.rest()

    async def build(self) -> None:
        """Make what is due, and let names lead to it.

        :raises BuildError: why it stopped before all was made
        """
        if self._closing or not (due(self.app) or await self._overdue()):
            return
        report = await building.work(self.app)
        done = {"built": report.built, "there already": report.cached, "relabelled": report.relabelled}
        told = [
            f"{len(builds)} {what}"
            for what, builds in {**done, "failed": report.broken, "waiting": report.waiting}.items()
            if builds
        ]
        log.info("builds: %s, %d tags", ", ".join(told) or "nothing made", len(report.tags))
        if report.stopped:
            raise BuildError(report.stopped)

    async def _overdue(self) -> bool:
        """Whether an index goes on without an architecture now; looked at once an hour, since that reads the catalogue."""
        now = self.app.now()
        if now < self._gathered + _HOUR:
            return False
        self._gathered = now
        return bool(await gathering.overdue(self.app))

    async def prune(self) -> None:
        """Delete from the registry what ``[retention]`` says; nothing where no registry is named.

        :raises RegistryError: the registry cannot be reached
        :raises StoreBusy: another watcher is building
        """
        app = self.app
        if self._closing or not app.config.settings.registry.url:
            return
        async with registry_access.opened(app.config) as registry, app.lock("build"):
            done = await pruning.prune(app, registry, (await main(app)).family.namespace)
        if done.staged or done.dated or done.logs:
            told = (len(done.staged), len(done.dated), len(done.logs))
            log.info("deleted %d staged images, %d dated names and %d logs of builds", *told)

    async def tell(self) -> None:
        """Tell people what happened, and what lasts for too long."""
        if self._sender and (told := await notices.tell(self.app, self._sender)):
            log.info("told of %d things", told)

    def tidy(self) -> None:
        """Forget what is of no interest any more."""
        self.app.store.desk.forget(self.app.now() - self.app.config.settings.daemon.forget_after)

    # What others wish.

    async def carry_out(self, wishes: Iterable[Wish]) -> set[str]:
        """Do what is wished; return the sources that are to be polled now.

        A look and a poll are noted as done before they begin, so that what happens meanwhile is wished anew. A
        decision is noted once it stands; made again after a crash it changes nothing.
        """
        found = list(wishes)
        inbox = self.app.store.desk.inbox
        glances = [wish for wish in found if wish.wanted.kind in ("look", "poll")]
        inbox.done([wish.id for wish in glances], self.app.now())
        for wish in found:
            if wish not in glances:
                inbox.done([wish.id], self.app.now(), await self._decide(wish))
        if any(wish.wanted.kind != "poll" for wish in found):
            await self.look()
        return {wish.wanted.argument for wish in glances if wish.wanted.kind == "poll"}

    async def _decide(self, wish: Wish) -> str:
        """Decide on a pull request as a person wished; return why that could not be, or ""."""
        forge, wanted = self.app.forge, wish.wanted
        decisions = {"merge": forge.merge, "close": forge.close, "reopen": forge.reopen}
        if wanted.kind not in decisions or not wanted.argument.isdecimal():
            return f"nobody knows how to {wanted.kind} {wanted.argument!r}"
        number = int(wanted.argument)
        if self.app.store.pull(number) is None:
            return f"no pull request #{number} of ours"
        try:
            async with self._lane:
                await decisions[wanted.kind](number)
        except WatcherError as error:
            log.warning("#%d: %s, as %s wished: %s", number, wanted.kind, wanted.who, error)
            return str(error)
        log.info("#%d: %s, as %s wished", number, wanted.kind, wanted.who)
        return ""

    # Acting.

    async def _act(self, recorded: Iterable[Recorded]) -> None:
        """Run each event's step and all that follows; a bug in one is told and tried again, and stops no other."""
        for each in recorded:
            async with self._lane:
                if self._closing:
                    return
                before = self.app.store.last_event()
                try:
                    await bus.run(self.app, [each])
                except WatcherError:
                    raise  # the memory itself: nothing can be noted there
                except Exception as error:
                    log.exception("event %d", each.id)
                    self.app.store.fail(each, f"a bug of the watcher: {error!r}", self.app.now())
                self._tell(before, each)

    def _tell(self, before: int, *ran: Recorded) -> None:
        """Log events whose steps ran, and what followed them."""
        for each in (*ran, *self.app.store.events_after(before)):
            extra = {"event": each.id, "kind": type(each.event).__name__}
            log.info("%s %s", extra["kind"], summary_of(each.event), extra=extra)
            if isinstance(each.event, BuildPlanned):
                self.planned.set()

    def _due(self, entry: Entry) -> bool:
        """Whether an unfinished event is to be tried now."""
        if entry.tried_at is None:
            return entry.at + _LEFT <= self.app.now()
        return entry.tried_at + min(timedelta(minutes=2 ** min(entry.attempts - 1, 10)), _LONGEST) <= self.app.now()
