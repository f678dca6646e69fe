"""The whole picture, as ``watcher status`` shows it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import TypedDict

from sqlmodel import Session, select

from state.desk_tables import PauseRow
from state.store import builds, feeds, holds, journal, pulls, quarantine, upstream
from state.store.lag import Lag, lags

_FAILING = 50
"""Things that fail that are told one by one."""


class OutageStatus(TypedDict):
    """What besides a source's documents cannot be had."""

    since: str
    error: str


class SourceStatus(TypedDict):
    """One source; times are ISO 8601 in UTC, ``newest`` maps a supported line to its version, ``lag`` to its times.

    ``last_success`` is when all its documents were read, ``outages`` what else fails, by part (``bases``).
    ``next_check`` is when it is to be polled next, ``cadence`` why then; ``paused`` is a person's reason not to.
    """

    last_success: str | None
    newest: Mapping[str, str]
    failing_since: str | None
    error: str | None
    outages: Mapping[str, OutageStatus]
    lag: Mapping[str, Lag]
    next_check: str | None
    cadence: str | None
    paused: str | None


class HeldStatus(TypedDict):
    """What waits; arch and libc are None where the whole release does, ``due`` where waiting has no end by policy."""

    source: str
    line: str
    version: str
    arch: str | None
    libc: str | None
    reason: str
    since: str | None
    due: str | None


class ChangedStatus(TypedDict):
    """A file whose digest changed and that nobody approved; both digests as ``sha256:…``, ``issue`` is a URL."""

    source: str
    line: str
    version: str
    url: str
    recorded: str
    published: str
    since: str
    issue: str | None


class FailingStatus(TypedDict):
    """An image that failed: the instruction, the end of what was said; ``next_try`` is None where people have to look.

    ``others`` is how many more images fail of the same thing.
    """

    id: int
    name: str
    step: str
    error: str
    failures: int
    next_try: str | None
    others: int


class BuildsStatus(TypedDict):
    """The queue: how many are in each state in which something is left to do, and what fails."""

    states: Mapping[str, int]
    failing: Sequence[FailingStatus]


class Status(TypedDict):
    """What ``watcher status --json`` prints."""

    sources: Mapping[str, SourceStatus]
    pulls: Mapping[str, int]
    events: Mapping[str, int]
    held: Sequence[HeldStatus]
    changed: Sequence[ChangedStatus]
    builds: BuildsStatus


def status(session: Session, today: date) -> Status:
    """Return the picture; ``newest`` names the lines that upstream supports on *today*."""
    return {
        "sources": _sources(session, today),
        "pulls": {"open": pulls.open_count(session)},
        "events": {"unfinished": journal.unfinished_count(session)},
        "held": [
            {
                "source": held.source,
                "line": held.line,
                "version": held.version,
                "arch": held.arch and held.arch.value,
                "libc": held.libc,
                "reason": held.reason,
                "since": _iso(held.since),
                "due": _iso(held.due),
            }
            for held in holds.load(session, None)
        ],
        "changed": _changed(session),
        "builds": _builds(session),
    }


def _sources(session: Session, today: date) -> Mapping[str, SourceStatus]:
    """Return every source that was ever polled; each question is asked once for all of them."""
    newest = upstream.every_newest(session, today)
    lag = lags(session, newest)
    paused = dict(session.exec(select(PauseRow.source, PauseRow.reason)).all())
    return {
        name: {
            "last_success": _iso(state.last_success),
            "newest": newest.get(name, {}),
            "failing_since": _iso(state.failing_since),
            "error": state.error or None,
            "outages": {p: {"since": o.since.isoformat(), "error": o.error} for p, o in sorted(state.outages.items())},
            "lag": lag.get(name, {}),
            "next_check": _iso(state.next_check),
            "cadence": state.cadence or None,
            "paused": paused.get(name),
        }
        for name, state in feeds.states(session).items()
    }


def _changed(session: Session) -> list[ChangedStatus]:
    """Return the files in quarantine, longest first."""
    return [
        {
            "source": each.source,
            "line": each.line,
            "version": each.version,
            "url": each.url,
            "recorded": each.recorded,
            "published": each.published,
            "since": each.since.isoformat(),
            "issue": each.issue_url or None,
        }
        for each in quarantine.load(session, None)
    ]


def _builds(session: Session) -> BuildsStatus:
    """Return the queue in figures, and what failed last, newest first."""
    return {
        "states": builds.counts(session),
        "failing": [
            {
                "id": each.id,
                "name": each.name,
                "step": each.step,
                "error": each.error,
                "failures": each.failures,
                "next_try": _iso(each.next_try),
                "others": len(likewise),
            }
            for each, *likewise in builds.failing(session)[:_FAILING]
        ],
    }


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
