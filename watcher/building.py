"""The builds that are due: each image after what it stands on, dated at once, and moving names repository by repository.

The queue is in the database and every step is safe to repeat: whatever a crash cut off is finished by the next run.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from heapq import heappop, heappush

from builder.publish import Tagged
from builder.smoke import size_note
from generator.rows import Catalogue
from state.errors import NotOffered, RegistryError, Unavailable, WatcherError
from state.events import BuildFailed, ImageBuilt
from state.model import Build
from watcher import gathering, making, naming
from watcher.app import App
from watcher.build_graph import Graph
from watcher.build_report import Report
from watcher.dating import Gate
from watcher.drawings import Drawings
from watcher.due import due, take_up
from watcher.footing import footing
from watcher.works import Works

log = logging.getLogger(__name__)

_ENOUGH = 3
"""Tries in a row that the registry refuses, or whose engine or farm cannot be reached: then the rest waits."""

_LATER = timedelta(minutes=1)
"""How long images wait whose platform no worker of the farm builds, before the farm is asked for it again."""


async def work(app: App) -> Report:
    """Run all builds that are due, until none is, and let names lead to what was made.

    :raises SettingsError: there is something to build, and no registry to push to
    :raises StoreBusy: another watcher is building
    """
    report = Report()
    async with app.lock("build"):
        seen: set[tuple[int, int]] = set()
        while fresh := {(b.id, b.attempts) for b in due(app)} - seen:
            seen |= fresh
            await app.repository.fetch()
            catalogue = await app.images.catalogue(await app.images.head())
            async with app.works(catalogue.family.namespace) as works:
                try:
                    await _pass(app, works, catalogue, report)
                except RegistryError as error:
                    report.stopped = str(error)
            if report.stopped:
                break
            seen |= {(b.id, b.attempts) for b in app.store.builds.open()}
        if not report.stopped:
            await gathering.go_on(app, report)
    return report


async def _pass(app: App, works: Works, catalogue: Catalogue, report: Report) -> None:
    take_up(app)
    head = await Drawings.at(app, await app.images.head())
    drawings = {head.commit: head}
    gate = Gate(app, works, catalogue.family.namespace)
    found = await footing(app, works, gate, drawings)
    graph = Graph(found.builds, found.needs, found.known, app.now())
    await Crew(app, works, gate, drawings, head, graph, report).run()


class Crew:
    """One pass over the queue: so many builds (of each platform, where machines of its own build it) and so many relabels at once."""

    def __init__(
        self,
        app: App,
        works: Works,
        gate: Gate,
        drawings: dict[str, Drawings],
        head: Drawings,
        graph: Graph,
        report: Report,
    ) -> None:
        self._app, self._works, self._gate, self._graph, self._report = app, works, gate, graph, report
        self._drawings, self._head = drawings, head
        self._ready: dict[str, list[tuple[float, int, Build]]] = {}
        lately = app.store.builds.spent({each.dockerfile for each in graph.builds if each.kind == "build"})
        self._left, self._queued = graph.left_after(lately), itertools.count()
        self._busy: dict[asyncio.Task[None], str] = {}
        self._members: list[Build] = []
        self._refused = 0
        self._told = {first.cause for first, *_ in app.store.builds.failing() if first.failures >= making.ENOUGH}

    async def run(self) -> None:
        """Make what can be made; name what can be named."""
        ready, blocked = self._graph.start()
        self._blocked(blocked)
        self._queue(ready)
        self._count()
        for repository in self._graph.repositories:
            await self._name(repository)
        try:
            while self._start():
                finished, _ = await asyncio.wait(self._busy, return_when=asyncio.FIRST_COMPLETED)
                for task in finished:
                    del self._busy[task]
                    task.result()
                self._count()
        finally:
            await _ended(list(self._busy))
        await gathering.gather(self._app, self._works, self._head, self._members, self._report)

    def _count(self) -> None:
        """Tell how many images of the plan were made; passes before this one count."""
        done, left = self._report.settled, self._graph.left
        if left or done:
            self._app.progress("images made of those planned", done, done + left)

    def _queue(self, builds: Iterable[Build]) -> None:
        for build in builds:
            line = build.platform if self._works.apart and build.kind == "build" else build.kind
            heappush(self._ready.setdefault(line, []), (-self._left.get(build.id, 0.0), next(self._queued), build))

    def _start(self) -> bool:
        """Start what there is room for; whether anything is going on."""
        for line, ready in self._ready.items():
            limit = self._works.relabels if line == "relabel" else self._works.jobs
            while ready and list(self._busy.values()).count(line) < limit and not self._report.stopped:
                self._busy[asyncio.create_task(self._one(heappop(ready)[2]))] = line
        return bool(self._busy)

    async def _one(self, build: Build) -> None:
        """Make one image, and say what came of it."""
        now = self._app.store.builds.find(build.id)
        if now is None or now.state == "superseded":
            self._graph.failed(replace(build, state="superseded"))
            return
        attempts = build.attempts + 1
        started = replace(
            build,
            state="running",
            attempts=attempts,
            started_at=self._app.now(),
            log=_log(build, attempts),
            step="",
            error="",
        )
        if build.kind == "build":
            self._app.store.builds.save([started])
        try:
            drawings = self._drawings[build.commit]
            done, tags = await making.make(self._app, self._works, self._gate, drawings, started, self._graph.known)
        except NotOffered as error:
            touched = self._postponed(build, error)
        except Unavailable as error:
            self._unavailable(build, error)
            return
        except WatcherError as error:
            touched = self._failed(started, error)
        else:
            self._refused = 0
            self._made(done, tags)
            touched = {build.repository}
        for repository in sorted(touched):
            await self._name(repository)

    def _made(self, build: Build, tags: Sequence[Tagged]) -> None:
        if build.kind == "build":
            event = ImageBuilt(
                build.source, build.plan, build.name, build.platform, build.digest, build.inputs,
                round(build.seconds, 3), build.cached,
            )  # fmt: skip
            self._app.store.builds.built(build, event, self._app.now())
        else:
            self._app.store.builds.save([build])
        self._report.made(build, tags)
        if build.kind == "build" and (note := size_note(build.size, self._app.store.builds.size_before(build))):
            self._report.sizes[build.name] = note
        self._queue(self._graph.made(build))

    def _failed(self, build: Build, error: WatcherError) -> set[str]:
        """Note a failure; return the repositories of which perhaps nothing is left to be made now."""
        row = making.failed(self._app, build, error)
        log.error("%s: %s", build.name, row.said)
        if isinstance(error, RegistryError):
            self._refuse(error)
        again = row.next_try is not None and row.next_try <= self._app.now()
        blocked = [] if again else self._graph.failed(row)
        self._app.store.builds.save([row, *blocked])
        if again:
            self._queue([row])
            return set()
        self._report.failed(row)
        self._report.blocked += blocked
        self._tell(row, len(blocked))
        return {row.repository, *(each.repository for each in blocked)}

    def _refuse(self, error: WatcherError) -> None:
        """Stop the run where one thing after the other is refused."""
        self._refused += 1
        if self._refused >= _ENOUGH:
            self._report.stopped = str(error)

    def _unavailable(self, build: Build, error: Unavailable) -> None:
        """Nothing was found out about the image: it waits on as it was, and is tried again while the run goes on."""
        self._refuse(error)
        row = build if build.state == "failed" else replace(build, state="waiting", error=str(error))
        self._app.store.builds.save([row])
        self._queue([row])

    def _postponed(self, build: Build, error: NotOffered) -> set[str]:
        """No worker builds the platform: the image waits, and what stands on it, while others are made."""
        wait = self._app.now() + _LATER
        row = build if build.state == "failed" else replace(build, state="waiting", error=str(error), next_try=wait)
        above = [replace(each, next_try=wait) for each in self._graph.postponed(row)]
        self._app.store.builds.save([row, *above])
        self._report.waiting.append(replace(row, error=str(error)))
        if str(error) != build.error:  # told once, and not each minute
            log.error("%s: %s", build.name, error)
        return {row.repository, *(each.repository for each in above)}

    def _tell(self, row: Build, blocked: int) -> None:
        """Record what failed three times in a row, once for all images that fail of the same thing."""
        if row.failures != making.ENOUGH or row.cause in self._told:
            return
        self._told.add(row.cause)
        told = BuildFailed(row.source, row.plan, row.name, row.step, row.error, row.log, blocked, row.next_try is None)
        self._app.store.record([told], self._app.now())

    def _blocked(self, builds: Sequence[Build]) -> None:
        self._app.store.builds.save(builds)
        self._report.blocked += builds

    async def _name(self, repository: str) -> None:
        """Write the moving names of a repository of which nothing is being made any more, once they may be."""
        soaked = self._app.now() - self._app.config.settings.publish.soak
        builds = [b for b in self._graph.settled(repository) if b.finished_at is None or b.finished_at <= soaked]
        if not builds:
            return
        self._graph.named(builds)
        try:
            tags = await naming.name_all(self._app, self._works, self._gate, builds, self._drawings, self._head)
        except RegistryError as error:
            log.error("%s: %s", repository, error)  # noqa: TRY400  (expected: the message says it all)
            self._report.unnamed(repository, error)
            return
        self._report.tags += tags
        members = [build for build in builds if self._is_member(build)]
        self._members += members  # done once their indexes are, so that a crash in between is made good
        self._app.store.builds.save(replace(build, state="tagged") for build in builds if build not in members)

    def _is_member(self, build: Build) -> bool:
        return self._drawings[build.commit].images[build.place].kind in ("os-arch", "stack-arch")


def _log(build: Build, attempts: int) -> str:
    return f"{build.id}-{attempts}.log" if build.kind == "build" else ""


async def _ended(tasks: Sequence[asyncio.Task[None]]) -> None:
    """End what is still going on, where the pass itself is ended."""
    for task in tasks:
        task.cancel()
    for task in tasks:
        with suppress(asyncio.CancelledError, WatcherError):
            await task
