"""The state of a line's package archives: worth a proposal at once where it fixes what is in our images, else weekly."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

from sources.packages import ARCHIVES, Archive, believed, snapshot, versions
from state.errors import NotPublished, SourceError
from state.events import FeedFailed
from state.model import ArchiveState, OsLine
from watcher.app import App
from watcher.documents import Asked


@dataclass(frozen=True, slots=True)
class State:
    """A state of the archives that should be recorded: a line with that and nothing else; ``security`` is urgent."""

    line: OsLine
    security: bool = False


@dataclass(frozen=True, slots=True)
class _Look:
    """One look at one line; ``due`` tells that what is not urgent may be proposed again."""

    app: App
    asked: Asked
    line: str
    recorded: OsLine | None
    named: Collection[str]
    fresh: bool

    @property
    def due(self) -> bool:
        taken = self.recorded.taken if self.recorded else None
        return taken is None or self.app.now().date() - taken >= self.app.config.settings.packages.every


async def look(
    app: App, asked: Asked, line: str, recorded: OsLine | None, named: Collection[str], *, fresh: bool
) -> tuple[State | None, list[FeedFailed]]:
    """Look at one line: what should be recorded, None where that is nothing (new), and what could not be had.

    *named* are the packages that our Dockerfiles name; what else is installed is known once images were built.

    Where nothing else is *fresh*, an archive that did not move since the last look is not looked into again. That of
    updates is asked for only when something may be proposed of it.
    """
    archive, failed = ARCHIVES.get(asked.source), list[FeedFailed]()
    if archive is None:
        return None, failed
    this = _Look(app, asked, line, recorded, named, fresh)
    state, updates = None, None
    try:
        state = await _state(this, archive)
    except NotPublished:
        pass  # the archive of a line that is not out yet, or was moved away at its end
    except SourceError as error:
        failed.append(FeedFailed(asked.source, error.url, error.field, error.problem))
    if archive.updates and (this.due or (state and state.security)):
        try:
            updates = await _updates(this, archive.updates)
        except NotPublished:
            pass
        except SourceError as error:
            failed.append(FeedFailed(asked.source, error.url, error.field, error.problem))
    return _both(this, state, updates), failed


def _both(this: _Look, state: State | None, updates: ArchiveState | None) -> State | None:
    """What of both archives should be recorded: what moved in the one comes with what moved in the other."""
    if updates is None:
        return state
    if state is not None:
        return State(replace(state.line, updates=updates), state.security)
    was = this.recorded
    if was is None or not was.snapshot:
        return None  # recorded with the line's first state of its archive
    line = OsLine(this.asked.source, this.line, snapshot=was.snapshot, taken=updates.taken, packages=was.packages)
    return State(replace(line, updates=updates))


async def _state(this: _Look, archive: Archive) -> State | None:
    """The state of the archive of fixes, or of the distro's only one, if it is to be recorded."""
    if (head := await _head(this, archive)) is None:
        return None
    source, was = this.asked.source, this.recorded
    now = snapshot(source, archive, this.line, head)
    if was and was.snapshot == now:
        return None
    built = this.app.store.builds.contents.of(source, this.line)
    have: dict[str, set[str]] = {}
    for each in built:
        have.setdefault(each.source, set()).add(each.version)
    found = await versions(archive, this.line, head, _installed(this), this.app.feeds(source))
    state = OsLine(source, this.line, snapshot=now, taken=this.app.now().date(), packages=found)
    if was and was.taken and archive.fixed(was.packages, found, have):
        return State(state, security=True)
    return State(state) if this.due else None


async def _updates(this: _Look, archive: Archive) -> ArchiveState | None:
    """The state of the archive of updates, if something of ours moved there; nothing is taken back."""
    if (head := await _head(this, archive)) is None:
        return None
    source, was = this.asked.source, this.recorded.updates if this.recorded else None
    now = snapshot(source, archive, this.line, head)
    if was and now <= was.snapshot:
        return None
    found = await versions(archive, this.line, head, _installed(this), this.app.feeds(source))
    if found == (was.packages if was else {}):
        return None
    return ArchiveState(now, this.app.now().date(), found)


def _installed(this: _Look) -> Collection[str]:
    """The packages that are in our images, as far as that is known."""
    return {*this.named, *(each.package for each in this.app.store.builds.contents.of(this.asked.source, this.line))}


async def _head(this: _Look, archive: Archive) -> bytes | None:
    """The document that moves with the packages: the source's own where it is one, else asked for conditionally.

    None where it did not move.
    """
    url, asked = archive.url(this.line), this.asked
    name = next((name for name, each in asked.urls.items() if each == url), None)
    if name is not None:
        return asked.believed.get(name) or None
    answer = await asked.answers.document(url)
    head = None
    if answer.body is not None or this.fresh:
        body, feed = await asked.answers.body(url), this.app.feeds(asked.source)
        head = await believed(archive, this.line, body, feed, this.app.now())
    asked.note(f"packages/{url}", url, answer)  # kept with all else that this poll found
    return head
