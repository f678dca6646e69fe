"""The whole picture, as ``watcher status`` shows it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import TypedDict

from sqlmodel import Session, col, select

from state.events import ArtifactChanged
from state.model import Checksum
from state.store import checksums, feeds, holds, journal, pulls, upstream
from state.store.lag import Lag, lag
from state.tables import EventRow


class SourceStatus(TypedDict):
    """One source; times are ISO 8601 in UTC, ``newest`` maps a supported line to its version, ``lag`` to its times."""

    last_success: str | None
    newest: Mapping[str, str]
    failing_since: str | None
    error: str | None
    lag: Mapping[str, Lag]


class HeldStatus(TypedDict):
    """What waits; arch and libc are None where the whole release does."""

    source: str
    version: str
    arch: str | None
    libc: str | None
    reason: str
    since: str | None


class ChangedStatus(TypedDict):
    """A file whose digest changed and that nobody approved; both digests as ``sha256:…``."""

    source: str
    version: str
    url: str
    recorded: str
    published: str


class Status(TypedDict):
    """What ``watcher status --json`` prints."""

    sources: Mapping[str, SourceStatus]
    pulls: Mapping[str, int]
    events: Mapping[str, int]
    held: Sequence[HeldStatus]
    changed: Sequence[ChangedStatus]


def status(session: Session, today: date) -> Status:
    """Return the picture; ``newest`` names the lines that upstream supports on *today*."""
    return {
        "sources": {name: _source(session, name, state, today) for name, state in feeds.states(session).items()},
        "pulls": {"open": pulls.open_count(session)},
        "events": {"unfinished": journal.unfinished_count(session)},
        "held": [
            {
                "source": held.source,
                "version": held.version,
                "arch": held.arch and held.arch.value,
                "libc": held.libc,
                "reason": held.reason,
                "since": _iso(held.since),
            }
            for held in holds.load(session, None)
        ],
        "changed": _changed(session),
    }


def _source(session: Session, name: str, state: feeds.SourceState, today: date) -> SourceStatus:
    newest = upstream.newest(session, name, today)
    return {
        "last_success": _iso(state.last_success),
        "newest": newest,
        "failing_since": _iso(state.failing_since),
        "error": state.error or None,
        "lag": lag(session, name, newest),
    }


def _changed(session: Session) -> list[ChangedStatus]:
    """Return the changed digests that still contradict what is accepted, each once."""
    rows = session.exec(select(EventRow).where(EventRow.kind == ArtifactChanged.__name__).order_by(col(EventRow.id)))
    found: dict[tuple[str, str], ChangedStatus] = {}
    for row in rows:
        recorded = journal.readable(row)
        if recorded is None or not isinstance(event := recorded.event, ArtifactChanged):
            continue
        algorithm, _, digest = event.published.partition(":")
        if checksums.conflict(session, event.url, Checksum(algorithm, digest)):
            found[event.url, event.published] = {
                "source": event.source,
                "version": event.version,
                "url": event.url,
                "recorded": event.recorded,
                "published": event.published,
            }
    return list(found.values())


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
