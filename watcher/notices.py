"""What people are told of: new releases, changed checksums, failed builds; and what lasts for too long.

Each is told once. What could not be sent is kept for the next time, then in one message with what came since.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple, Protocol

from state.events import ArtifactChanged, BuildFailed, Event, ReleaseSeen
from state.model import Release, named
from state.store.status import SourceStatus
from watcher.app import App
from watcher.notice_settings import Kind

log = logging.getLogger(__name__)

_READER = "notices"
_LONGEST = 20
_MANY = 10_000


class Sender(Protocol):
    """Who tells people."""

    async def send(self, title: str, body: str) -> bool:
        """Send plain text; False unless everybody got it."""
        ...


class Notice(NamedTuple):
    """One sentence. ``key`` is what it is told once of, "" for what is told because it happened."""

    kind: Kind
    text: str
    key: str = ""


async def tell(app: App, sender: Sender) -> int:
    """Tell what happened since the last time, and what has lasted too long by now; return how many notices went out."""
    desk, last = app.store.desk, app.store.last_event()
    read = desk.mark(_READER)
    if read is None:
        desk.read(_READER, last)  # who begins to listen is not told of the past
        read = last
    happened = [notice for each in app.store.events_after(read) if (notice := _of(app, each.event))]
    wanted = app.config.settings.notices.tell
    notices = [each for each in (*happened, *_lasting(app)) if each.kind in wanted]
    if notices and not await sender.send(*_message(notices)):
        log.warning("%d notices could not be sent: they are kept for the next time", len(notices))
        return 0
    for notice in notices:
        if notice.key:
            desk.tell(notice.key, app.now())
    if last != read:
        desk.read(_READER, last)
    return len(notices)


def _of(app: App, event: Event) -> Notice | None:
    """What is told because of an event."""
    match event:
        case ReleaseSeen(source, _, releases):
            found = ", ".join(_release(release) for release in releases)
            return Notice("release", f"{source}: {found} is out")
        case ArtifactChanged(source, line, version, url):
            return Notice(
                "checksum-changed", f"{named(source, line, version)}: another checksum than recorded at {url}"
            )
        case BuildFailed():
            again = "not tried again by itself" if event.stopped else "tried again later"
            likewise = _likewise(app, event)
            more = f"; {likewise:,} more images fail likewise" if likewise else ""
            return Notice("build-failed", f"{event.name}: {event.step or 'the build'} failed, {again}{more}")
        case _:
            return None


def _likewise(app: App, failed: BuildFailed) -> int:
    """How many other images fail of the same thing now."""
    mine = (failed.plan, failed.name)
    groups = ({(build.plan, build.name) for build in group} for group in app.store.builds.failing())
    return next((len(group) - 1 for group in groups if mine in group), 0)


def _release(release: Release) -> str:
    return f"{release.version} (security)" if release.security else str(release.version)


def _lasting(app: App) -> Iterable[Notice]:
    """What has lasted too long, and was not told."""
    settings, now, desk = app.config.settings.notices, app.now(), app.store.desk
    for pull in app.store.pulls("open"):
        key = f"pull-open:{pull.number}"
        if pull.opened_at and now - pull.opened_at >= settings.pull_open_after and not desk.told(key):
            days = (now - pull.opened_at).days
            yield Notice("pull-open", f"#{pull.number} {pull.title} is open for {days} days: {pull.url}", key)
    waiting = {build.error for build in app.store.builds.newest(_MANY, ["waiting"]) if build.error}
    for reason in sorted(waiting):
        key = f"builds-wait:{now.date()}:{reason}"
        if not desk.told(key):
            yield Notice("build-failed", f"builds wait: {reason}", key)
    for name, source in app.store.status(now.date())["sources"].items():
        since = source["failing_since"]
        key = f"feed-dead:{name}:{since}"
        dead = since and now - datetime.fromisoformat(since) >= settings.feed_dead_after
        if dead and app.config.enabled(name) and not desk.told(key):
            yield Notice("feed-dead", f"{name} cannot be polled since {(since or '')[:16]}: {source['error']}", key)
        yield from _outages(app, name, source)


def _outages(app: App, name: str, source: SourceStatus) -> Iterable[Notice]:
    """What besides the source's documents has not been there for too long, and was not told."""
    for part, outage in source["outages"].items():
        since, key = outage["since"], f"feed-dead:{name}:{part}:{outage['since']}"
        dead = app.now() - datetime.fromisoformat(since) >= app.config.settings.notices.feed_dead_after
        if dead and app.config.enabled(name) and not app.store.desk.told(key):
            yield Notice("feed-dead", f"{name}: {part} cannot be had since {since[:16]}: {outage['error']}", key)


def _message(notices: Sequence[Notice]) -> tuple[str, str]:
    """Title and body: upstream's words in one line each, whatever is in them."""
    lines = ["".join(c if c.isprintable() else "?" for c in notice.text) for notice in notices]
    more = [f"… and {len(lines) - _LONGEST} more: `watcher events`"] if len(lines) > _LONGEST else []
    title = lines[0] if len(lines) == 1 else f"{lines[0]}, and {len(lines) - 1} more"
    return f"watcher: {title}"[:200], "\n".join([*lines[:_LONGEST], *more])
