"""One poll of one source: what is new, what waits, what is refused. Records it; changes nothing else.

A poll never fails for one line's sake: a bad signature or a missing file is that release's own trouble.
A document that cannot be had or read is the source's: FeedFailed, and the last good state stays.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from generator.rows import Catalogue
from sources import DISTROS
from state.errors import SourceError
from state.events import Event, FeedFailed
from state.model import Held, Release, Skipped
from state.store import Failures, Pace, Pacing, Recorded, SourceState
from watcher import distro_news, distros, documents, lines, news
from watcher.app import App
from watcher.cadence import Facts, next_check
from watcher.documents import Asked
from watcher.line import Line
from watcher.looks import Look

Parts = Mapping[str, Sequence[FeedFailed]]
"""What besides a source's documents could not be had: ``bases``, ``packages``, ``archives`` or ``releases``."""


@dataclass(frozen=True, slots=True)
class Polled:
    """What a poll found."""

    source: str
    recorded: Sequence[Recorded] = ()
    skipped: Sequence[Skipped] = ()
    failed: Sequence[FeedFailed] = ()
    unchanged: bool = False


async def poll(app: App, name: str, head: str) -> Polled:
    """Poll source *name* once and record what was seen, together with the documents it was seen in.

    :param head: commit of the default branch: the catalogue that it is polled for
    :raises StoreBusy: another process has been polling this source for too long
    """
    async with app.lock(f"poll-{name}"):  # who comes second finds it unchanged, and records nothing twice
        return await _poll(app, name, head)


async def _poll(app: App, name: str, head: str) -> Polled:
    async with documents.asking(app, name) as asked:
        return await _found(app, asked, head)


async def _found(app: App, asked: Asked, head: str) -> Polled:
    """Gather what upstream answers, and see what of it is new."""
    name = asked.source
    try:
        await documents.ask(app, asked)
        stamp, state = _stamp(app, name, head), app.store.source_state(name)
        settled = json.loads(state.settled or "{}")
        same = settled.get("stamp") == stamp and not asked.changed and not asked.failed
        if same and name in DISTROS:
            return await _glance(app, asked, head, settled)
        if same:
            await _noted(
                app,
                name,
                now=app.now(),
                documents=asked.to_keep,
                forget=asked.unneeded,
                settled=state.settled,
            )
            return Polled(name, skipped=[Skipped(name, *s) for s in settled["skipped"]], unchanged=True)
        releases = await documents.read(app, asked)
    except SourceError as error:
        return _dead(app, name, error)
    if len(asked.failed) == len(asked.urls):
        # A whole outage: what is kept was looked at before, and asking for its files would fail the same way.
        return _away(app, asked)
    catalogue = await app.images.catalogue(head)
    if name in DISTROS:
        seen = await distros.look(app, asked, catalogue, releases)
        found, told = ([seen.found], distro_news.events(seen)) if seen else ([], [])
        return await _keep(app, asked, _Found(releases, found, told, seen.failed if seen else {}), stamp)
    looks = await _look_at_all(app, asked, catalogue, releases)
    failed = [each for look in looks for each in look.failed]
    told = news.events(app, name, catalogue, looks)
    return await _keep(app, asked, _Found(releases, looks, told, {"releases": failed} if failed else {}), stamp)


async def _glance(app: App, asked: Asked, head: str, settled: Mapping[str, Any]) -> Polled:
    """Look at a distro whose documents say nothing new: its base images and packages move without them."""
    seen = await distros.look(app, asked, await app.images.catalogue(head), None)
    events, parts = (distro_news.events(seen), seen.failed) if seen else ([], {})
    recorded = await _noted(
        app,
        asked.source,
        now=app.now(),
        documents=asked.to_keep,
        forget=() if parts else asked.unneeded,
        events=[*events, *_news(app, asked.source, [], parts)],
        settled=None if parts else json.dumps(settled),
        outages=_outages(parts),
    )
    skipped = [Skipped(asked.source, *s) for s in settled["skipped"]]
    return Polled(asked.source, recorded, skipped, _all(parts), unchanged=not recorded)


def _dead(app: App, name: str, error: SourceError) -> Polled:
    """Note that the source cannot be polled: its age is in the status, and one event tells that it began."""
    failed = FeedFailed(name, error.url, error.field, error.problem)
    app.store.record(_news(app, name, [failed], {}), app.now())
    app.store.poll_failed(name, str(error), error.url, app.now(), _pacing(app, name))
    return Polled(name, failed=[failed])


def _away(app: App, asked: Asked) -> Polled:
    """Note that no document could be had."""
    first = asked.failed[0]
    app.store.record(_news(app, asked.source, asked.failed, {}), app.now())
    app.store.poll_failed(asked.source, _sentence(first), first.url, app.now(), _pacing(app, asked.source))
    return Polled(asked.source, failed=asked.failed)


def _news(app: App, name: str, failed: Sequence[FeedFailed], parts: Parts) -> list[FeedFailed]:
    """The failures of documents and of *parts*, but for those that were there at the last poll: their age is in the status."""
    state = app.store.source_state(name)
    told = list(failed) if failed and state.error != _sentence(failed[0]) else []
    for part, some in parts.items():
        outage = state.outages.get(part)
        told += some if outage is None or outage.error != _sentence(some[0]) else []
    return told


def _all(parts: Parts) -> list[FeedFailed]:
    return [each for some in parts.values() for each in some]


def _outages(parts: Parts) -> Failures:
    """What the memory keeps of them: the first failure of each part."""
    return {part: (_sentence(some[0]), some[0].url) for part, some in parts.items()}


def _sentence(failed: FeedFailed) -> str:
    """What the status says of a failure: the same words as the error's."""
    return str(SourceError(failed.source, failed.url, failed.field, failed.error))


@dataclass(frozen=True, slots=True)
class _Found:
    """What a poll read and saw; ``parts`` are failures of what is no document of the source."""

    releases: Sequence[Release]
    looks: Sequence[Look]
    events: Sequence[Event]
    parts: Parts


async def _keep(app: App, asked: Asked, found: _Found, stamp: str) -> Polled:
    """Keep all that the poll found, in one transaction: a crash leaves all of it or nothing."""
    held = [h for each in found.looks for h in each.held]
    skipped = [s for each in found.looks for s in each.skipped]
    failed, name = [*asked.failed, *_all(found.parts)], asked.source
    done = {"stamp": stamp, "skipped": [[s.line, s.version, s.reason] for s in skipped]}
    made = {(r.line, r.version): r for each in found.looks for r in each.made}
    recorded = await _noted(
        app,
        name,
        now=app.now(),
        documents=asked.to_keep,
        forget=() if failed else asked.unneeded,
        listed=[made.get((r.line, r.version), r) for r in found.releases],
        waiting=held,
        changed=[c for each in found.looks for c in each.changed],
        events=[*found.events, *_news(app, name, asked.failed, found.parts)],
        # Something waits or failed: look again at the next poll, whatever the documents say.
        settled=None if held or failed or any(each.away for each in found.looks) else json.dumps(done),
        failed=(_sentence(asked.failed[0]), asked.failed[0].url) if asked.failed else None,
        outages=_outages(found.parts),
    )
    return Polled(name, recorded, skipped, failed)


async def _look_at_all(app: App, asked: Asked, catalogue: Catalogue, releases: Sequence[Release]) -> Sequence[Look]:
    """Look at every line that is supported or recorded, all at once; at none where no stack is made of the source.

    Documents that a line needed of which something waits are kept: it needs them at the next poll.
    """
    if not any(stack.source == asked.source for stack in catalogue.stacks.values()):
        return []
    today = app.now().date()
    names = {r.line for r in releases if r.supported(today)}
    names |= {line for (name, line) in catalogue.releases if name == asked.source}
    of = {name: [r for r in releases if r.line == name] for name in sorted(names)}
    each = [Line.of(app, asked, catalogue, name, found) for name, found in of.items()]
    looks = await asyncio.gather(*map(lines.look, each))
    for url in {url for line, look in zip(each, looks, strict=True) if look.held for url in line.network.asked}:
        asked.keep(url)
    return looks


async def _noted(app: App, name: str, **found: Any) -> list[Recorded]:
    """Keep what :meth:`Store.poll_finished` keeps, with polls of other sources that end in the same moment."""
    return await app.grouped.write(partial(app.store.poll_finished, name, pacing=_pacing(app, name), **found))


def _pacing(app: App, name: str) -> Pacing:
    """What says when to poll the source again."""
    rhythm, now = app.config.source(name).rhythm(name), app.now()

    def pacing(state: SourceState, pace: Pace, waiting: Sequence[Held]) -> tuple[datetime, str]:
        outages = {part: outage.since for part, outage in state.outages.items()}
        return next_check(rhythm, Facts(now, pace.days, pace.sighted, waiting, state.failing_since, outages))

    return pacing


def _stamp(app: App, name: str, head: str) -> str:
    """What the outcome of a poll depends on besides the documents: nothing that this run changes itself."""
    day = app.now().date().isoformat()  # support windows open and close with the day
    own = app.config.source(name).model_dump(mode="json")
    facts = [head, day, sorted(app.store.ignored(name)), own, app.config.mode(name)]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()
