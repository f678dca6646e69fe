"""The state of a line's package archive: worth a proposal at once where it fixes what is in our images, else weekly."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sources.packages import ARCHIVES, Archive, believed, snapshot, versions
from state.errors import NotPublished, SourceError
from state.events import FeedFailed
from state.model import OsLine
from watcher.app import App
from watcher.documents import Asked


@dataclass(frozen=True, slots=True)
class State:
    """A state of the archive that should be recorded: a line with that and nothing else; ``security`` is urgent."""

    line: OsLine
    security: bool = False


async def look(
    app: App, asked: Asked, line: str, recorded: OsLine | None, named: Collection[str], *, fresh: bool
) -> State | FeedFailed | None:
    """Look at one line; None where there is nothing (new) to record.

    *named* are the packages that our Dockerfiles name; what else is installed is known once images were built.

    Where nothing else is *fresh*, an archive that did not move since the last look is not looked into again.
    """
    archive = ARCHIVES.get(asked.source)
    if archive is None:
        return None
    try:
        head = await _head(app, asked, archive, line, fresh=fresh)
        return await _state(app, archive, head, recorded, named, asked.source, line) if head else None
    except NotPublished:
        return None  # the archive of a line that is not out yet, or was moved away at its end
    except SourceError as error:
        return FeedFailed(asked.source, error.url, error.field, error.problem)


async def _state(
    app: App, archive: Archive, head: bytes, recorded: OsLine | None, named: Collection[str], source: str, line: str
) -> State | None:
    now, today = snapshot(source, archive, line, head), app.now().date()
    if recorded and recorded.snapshot == now:
        return None
    built = app.store.builds.contents.of(source, line)
    have: dict[str, set[str]] = {}
    for each in built:
        have.setdefault(each.source, set()).add(each.version)
    found = await versions(archive, line, head, {*named, *(each.package for each in built)}, app.feeds(source))
    state = OsLine(source, line, snapshot=now, taken=today, packages=found)
    if recorded is None or recorded.taken is None:
        return State(state)
    if archive.fixed(recorded.packages, found, have):
        return State(state, security=True)
    return State(state) if today - recorded.taken >= app.config.settings.packages.every else None


async def _head(app: App, asked: Asked, archive: Archive, line: str, *, fresh: bool) -> bytes | None:
    """The document that moves with the packages: the source's own where it is one, else asked for conditionally."""
    url, feed = archive.url(line), app.feeds(asked.source)
    name = next((name for name, each in asked.urls.items() if each == url), None)
    if name is not None:
        return asked.believed.get(name)
    answer = await asked.answers.document(url)
    head = None
    if answer.body is not None or fresh:
        head = await believed(archive, line, await asked.answers.body(url), feed, app.now())
    asked.note(f"packages/{line}", url, answer)  # kept with all else that this poll found
    return head
