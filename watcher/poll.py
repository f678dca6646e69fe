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
from typing import Any

from generator.rows import Catalogue
from sources import DISTROS
from sources.source import Source
from state.errors import SourceError
from state.events import Event, FeedFailed
from state.model import Held, Release, Skipped
from state.store import Pace, Pacing, Recorded, SourceState
from watcher import distro_news, distros, documents, news
from watcher.app import App
from watcher.cadence import Facts, next_check
from watcher.documents import Asked
from watcher.lines import Line, Look


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
    try:
        asked = await documents.ask(app, name)
        stamp, state = _stamp(app, name, head), app.store.source_state(name)
        settled = json.loads(state.settled or "{}")
        same = settled.get("stamp") == stamp and not asked.changed and not asked.failed
        if same and name in DISTROS:
            return await _glance(app, asked, head, settled)
        if same:
            app.store.poll_finished(
                name, now=app.now(), documents=asked.to_keep, settled=state.settled, pacing=_pacing(app, name)
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
        return _keep(
            app, asked, releases, [seen.found] if seen else [], distro_news.events(seen) if seen else [], stamp
        )
    found = await _look_at_all(app, app.sources[name], catalogue, releases, fresh=asked.changed)
    return _keep(app, asked, releases, found, news.events(app, name, catalogue, found), stamp)


async def _glance(app: App, asked: Asked, head: str, settled: Mapping[str, Any]) -> Polled:
    """Look at a distro whose documents say nothing new: its base images and packages move without them."""
    seen = await distros.look(app, asked, await app.images.catalogue(head), None)
    events, failed = (distro_news.events(seen), seen.found.failed) if seen else ([], [])
    recorded = app.store.poll_finished(
        asked.source,
        now=app.now(),
        pacing=_pacing(app, asked.source),
        documents=asked.to_keep,
        events=[*events, *_news(app, failed)],
        settled=None if failed else json.dumps(settled),
        failed=(_sentence(failed[0]), failed[0].url) if failed else None,
    )
    skipped = [Skipped(asked.source, *s) for s in settled["skipped"]]
    return Polled(asked.source, recorded, skipped, failed, unchanged=not recorded)


def _dead(app: App, name: str, error: SourceError) -> Polled:
    """Note that the source cannot be polled: its age is in the status, and one event tells that it began."""
    failed = FeedFailed(name, error.url, error.field, error.problem)
    app.store.record(_news(app, [failed]), app.now())
    app.store.poll_failed(name, str(error), error.url, app.now(), _pacing(app, name))
    return Polled(name, failed=[failed])


def _away(app: App, asked: Asked) -> Polled:
    """Note that no document could be had."""
    first = asked.failed[0]
    app.store.record(_news(app, asked.failed), app.now())
    app.store.poll_failed(asked.source, _sentence(first), first.url, app.now(), _pacing(app, asked.source))
    return Polled(asked.source, failed=asked.failed)


def _news(app: App, failed: Sequence[FeedFailed]) -> Sequence[FeedFailed]:
    """The failures, unless the source has been failing like that since before: its age is in the status."""
    return [] if failed and app.store.source_state(failed[0].source).error == _sentence(failed[0]) else failed


def _sentence(failed: FeedFailed) -> str:
    """What the status says of a failure: the same words as the error's."""
    return str(SourceError(failed.source, failed.url, failed.field, failed.error))


def _keep(
    app: App, asked: Asked, releases: Sequence[Release], found: Sequence[Look], events: Sequence[Event], stamp: str
) -> Polled:
    """Keep all that the poll found, in one transaction: a crash leaves all of it or nothing."""
    held = [h for each in found for h in each.held]
    skipped = [s for each in found for s in each.skipped]
    failed = [*asked.failed, *(f for each in found for f in each.failed)]
    done = {"stamp": stamp, "skipped": [[s.line, s.version, s.reason] for s in skipped]}
    made = {(r.line, r.version): r for each in found for r in each.made}
    recorded = app.store.poll_finished(
        asked.source,
        now=app.now(),
        pacing=_pacing(app, asked.source),
        documents=asked.to_keep,
        listed=[made.get((r.line, r.version), r) for r in releases],
        waiting=held,
        changed=[c for each in found for c in each.changed],
        events=[*events, *_news(app, failed)],
        # Something waits or failed: look again at the next poll, whatever the documents say.
        settled=None if held or failed or any(each.away for each in found) else json.dumps(done),
        failed=(_sentence(failed[0]), failed[0].url) if failed else None,
    )
    return Polled(asked.source, recorded, skipped, failed)


async def _look_at_all(
    app: App, source: Source, catalogue: Catalogue, releases: Sequence[Release], *, fresh: bool
) -> Sequence[Look]:
    """Look at every line that is supported or recorded, all at once; at none where no stack is made of the source."""
    if not any(stack.source == source.NAME for stack in catalogue.stacks.values()):
        return []
    today = app.now().date()
    names = {r.line for r in releases if r.supported(today)}
    names |= {line for (name, line) in catalogue.releases if name == source.NAME}
    of = {name: [r for r in releases if r.line == name] for name in sorted(names)}
    lines = [Line.of(app, source, catalogue, name, found, fresh=fresh) for name, found in of.items()]
    return await asyncio.gather(*(line.look() for line in lines))


def _pacing(app: App, name: str) -> Pacing:
    """What says when to poll the source again."""
    rhythm, now = app.config.source(name).rhythm(name), app.now()

    def pacing(state: SourceState, pace: Pace, waiting: Sequence[Held]) -> tuple[datetime, str]:
        return next_check(rhythm, Facts(now, pace.days, pace.sighted, waiting, state.failing_since))

    return pacing


def _stamp(app: App, name: str, head: str) -> str:
    """What the outcome of a poll depends on besides the documents: nothing that this run changes itself."""
    day = app.now().date().isoformat()  # support windows open and close with the day
    own = app.config.source(name).model_dump(mode="json")
    facts = [head, day, sorted(app.store.ignored(name)), own, app.config.mode(name)]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()
