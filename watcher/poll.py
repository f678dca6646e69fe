"""One poll of one source: what is new, what waits, what is refused. Records it; changes nothing else.

A poll never fails for one line's sake: a bad signature or a missing file is that release's own trouble.
A document that cannot be had or read is the source's: FeedFailed, and the last good state stays.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass

from generator.rows import Catalogue
from sources.source import Source
from state.errors import SourceError
from state.events import Event, FeedFailed, ReleaseHeld, ReleaseSeen, SupportEnded
from state.model import Release, Skipped
from state.store import Recorded
from watcher import documents
from watcher.app import App
from watcher.documents import Asked
from watcher.lines import Line, Look
from watcher.offers import told


@dataclass(frozen=True, slots=True)
class Polled:
    """What a poll found."""

    source: str
    recorded: Sequence[Recorded] = ()
    skipped: Sequence[Skipped] = ()
    failed: Sequence[FeedFailed] = ()
    unchanged: bool = False


async def poll(app: App, name: str) -> Polled:
    """Poll source *name* once and record what was seen, together with the documents it was seen in."""
    try:
        asked = await documents.ask(app, name)
        head = await app.images.head()
        stamp, state = _stamp(app, name, head), app.store.source_state(name)
        settled = json.loads(state.settled or "{}")
        if settled.get("stamp") == stamp and not asked.changed and not asked.failed:
            app.store.poll_finished(name, now=app.now(), documents=asked.to_keep, settled=state.settled)
            return Polled(name, skipped=[Skipped(name, *s) for s in settled["skipped"]], unchanged=True)
        releases = await documents.read(app, asked)
    except SourceError as error:
        return _dead(app, name, error)
    if len(asked.failed) == len(asked.urls):
        # A whole outage: what is kept was looked at before, and asking for its files would fail the same way.
        return _away(app, asked)
    catalogue = await app.images.catalogue(head)
    found = await _look_at_all(app, app.sources[name], catalogue, releases, fresh=asked.changed)
    return _keep(app, asked, releases, found, _events(app, name, catalogue, found), stamp)


def _dead(app: App, name: str, error: SourceError) -> Polled:
    """Note that the source cannot be polled: its age is in the status, and one event tells that it began."""
    failed = FeedFailed(name, error.url, error.field, error.problem)
    app.store.record(_news(app, [failed]), app.now())
    app.store.poll_failed(name, error=str(error), url=error.url, now=app.now())
    return Polled(name, failed=[failed])


def _away(app: App, asked: Asked) -> Polled:
    """Note that no document could be had."""
    first = asked.failed[0]
    app.store.record(_news(app, asked.failed), app.now())
    app.store.poll_failed(asked.source, error=_sentence(first), url=first.url, now=app.now())
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
    done = {"stamp": stamp, "skipped": [[s.version, s.reason] for s in skipped]}
    made = {(r.line, r.version): r for each in found for r in each.made}
    recorded = app.store.poll_finished(
        asked.source,
        now=app.now(),
        documents=asked.to_keep,
        listed=[made.get((r.line, r.version), r) for r in releases],
        waiting=held,
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


def _events(app: App, name: str, catalogue: Catalogue, found: Sequence[Look]) -> list[Event]:
    """What happened, for the journal: only what is new since the last poll."""
    before = {(h.version, h.arch, h.libc): h.reason for h in app.store.holds(name)}
    events: list[Event] = [each.obsolete for each in found if each.obsolete]
    events += [ReleaseHeld(h) for each in found for h in each.held if (h.version, h.arch, h.libc) not in before]
    events += [c for each in found for c in each.changed if told(c) not in before.values()]
    wanted = [each for each in found if each.release is not None]
    if wanted and not any(source == name for source, _ in catalogue.releases):
        events += _import(app, name, wanted)
    else:
        # Security first: its pull request is the first that a maintainer sees.
        events += [seen for each in sorted(wanted, key=lambda f: not f.security) for seen in _line(app, name, each)]
    return events + [each.ended for each in found if each.ended and not _asked_to_remove(app, each.ended)]


def _import(app: App, name: str, found: Sequence[Look]) -> list[Event]:
    """The first releases of a source: one event, so that one pull request imports all lines."""
    releases = sorted((each.release for each in found if each.release), key=lambda r: r.version)
    late = tuple(h for each in found for h in each.late)
    seen = ReleaseSeen(name, None, tuple(releases), late)
    open_one = app.store.open_pull(f"watcher/{name}/import")
    same = open_one is not None and dict(open_one.lines) == {r.line: str(r.version) for r in releases}
    return [] if same and _same_late(app, seen) else [seen]


def _line(app: App, name: str, found: Look) -> list[Event]:
    """One line's release, unless its open pull request brings just that already."""
    release = found.release
    if release is None:
        return []
    open_one = app.store.open_pull(f"watcher/{name}/{release.line}")
    same = open_one is not None and open_one.lines.get(release.line) == str(release.version)
    seen = ReleaseSeen(name, release.line, (release,), found.late, found.passed)
    return [] if same and _same_late(app, seen) else [seen]


def _same_late(app: App, seen: ReleaseSeen) -> bool:
    """Whether the same platforms of these releases were late at the last poll."""
    versions = {str(r.version) for r in seen.releases}
    before = {(h.version, h.arch, h.libc) for h in app.store.holds(seen.source) if h.arch and h.version in versions}
    return before == {(h.version, h.arch, h.libc) for h in seen.late}


def _asked_to_remove(app: App, ended: SupportEnded) -> bool:
    """Whether a pull request that removes the line is open, or was closed by a maintainer."""
    branch = f"watcher/eol/{ended.source}-{ended.line}"
    return any(p.branch == branch and p.state != "merged" for p in app.store.pulls())


def _stamp(app: App, name: str, head: str) -> str:
    """What the outcome of a poll depends on besides the documents: nothing that this run changes itself."""
    day = app.now().date().isoformat()  # support windows open and close with the day
    facts = [head, day, sorted(app.store.ignored(name)), app.config.ignored(name), app.config.mode(name)]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()
