"""The journal as people read it: one line for each event, whether this program understands it or not."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from state.events import (
    ArtifactChanged,
    BuildFailed,
    BuildPlanned,
    ChangeSkipped,
    ChecksumSettled,
    DistroMoved,
    Event,
    FeedFailed,
    ImageBuilt,
    ImageTagged,
    ProposalObsolete,
    PullRequestClosed,
    PullRequestHeld,
    PullRequestMerged,
    PullRequestOpened,
    PullRequestUpdated,
    RedoAsked,
    ReleaseHeld,
    ReleaseSeen,
    ReleaseYanked,
    RenderAsked,
    SupportEnded,
)
from state.model import named
from state.store.journal import Unreadable, decode
from state.tables import EventRow


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the journal; ``data`` is the event as JSON, ``summary`` says it in a few words.

    ``error`` is that of the last attempt, or why this program cannot read the event.
    """

    id: int
    at: datetime
    kind: str
    source: str
    summary: str
    data: Mapping[str, Any]
    done_at: datetime | None
    tried_at: datetime | None
    attempts: int
    error: str

    def document(self) -> dict[str, Any]:
        """Return it as JSON, times in ISO 8601."""
        return {
            "id": self.id,
            "at": self.at.isoformat(),
            "kind": self.kind,
            "source": self.source,
            "summary": self.summary,
            "data": self.data,
            "done_at": self.done_at.isoformat() if self.done_at else None,
            "tried_at": self.tried_at.isoformat() if self.tried_at else None,
            "attempts": self.attempts,
            "error": self.error or None,
        }


def newest(session: Session, limit: int, source: str | None, since: datetime | None) -> list[Entry]:
    """Return the newest *limit* lines, oldest first."""
    query = select(EventRow).order_by(col(EventRow.id).desc()).limit(limit)
    if source is not None:
        query = query.where(EventRow.source == source)
    if since is not None:
        query = query.where(EventRow.at >= since)
    return [entry_of(row) for row in session.exec(query)][::-1]


def find(session: Session, numbers: Collection[int]) -> list[Entry]:
    """Return the lines of these events, oldest first."""
    rows = session.exec(select(EventRow).where(col(EventRow.id).in_(numbers)).order_by(col(EventRow.id)))
    return [entry_of(row) for row in rows]


def entry_of(row: EventRow) -> Entry:
    """Return the line of the journal of a row; of one that this program cannot read, what is readable."""
    try:
        summary, error = summary_of(decode(row.kind, row.data)), row.error
    except Unreadable as unreadable:
        summary, error = row.source, str(unreadable)
    try:
        data = json.loads(row.data)
    except ValueError:
        data = {}
    return Entry(
        row.id or 0,
        row.at,
        row.kind,
        row.source,
        summary,
        data,
        row.done_at,
        row.tried_at,
        row.attempts,
        error,
    )


def summary_of(event: Event) -> str:  # noqa: C901, PLR0911, PLR0912  (one case per event is the plainest form)
    """Say in a few words what happened."""
    match event:
        case ReleaseSeen(source, _, releases):
            return f"{source} {', '.join(str(release.version) for release in releases)}"
        case ReleaseHeld(held):
            return f"{held.subject}: {held.reason}"
        case ArtifactChanged(source, line, version, url):
            return f"{named(source, line, version)}: another checksum at {url}"
        case ChecksumSettled(_, url, _, reason):
            return f"{url}: {reason}"
        case ReleaseYanked(source, line, version, reason):
            return f"{named(source, line, version)}: {reason}"
        case SupportEnded(source, line, _, ended):
            return f"{source} {line} on {ended}"
        case DistroMoved(source, what, moved):
            return f"{source} {what} {', '.join(line.line for line in moved)}"
        case ProposalObsolete(_, pull, reason):
            return f"#{pull}: {reason}"
        case RenderAsked():
            return "every generated file"
        case FeedFailed(source, url, _, error):
            return f"{source} {url}: {error}"
        case ChangeSkipped(skipped):
            return f"{skipped.subject}: {skipped.reason}"
        case PullRequestOpened() | PullRequestUpdated() | PullRequestMerged() | PullRequestClosed():
            return f"#{event.pull.number} {event.pull.title}"
        case PullRequestHeld(_, pull):
            return f"#{pull.number} is held by people"
        case RedoAsked(_, pull, why):
            return f"#{pull.number} is made again ({why})"
        case BuildPlanned(_, pull, _, counts, _, blocked):
            made = ", ".join(f"{count} {kind}" for kind, count in counts.items())
            return f"#{pull}: {f'not built: {blocked}' if blocked else made}"
        case ImageBuilt(_, _, name, _, digest, _, seconds, cached):
            return f"{name} {digest[:19]} ({'in the registry already' if cached else f'{seconds:.0f} s'})"
        case ImageTagged(_, repository, tags):
            return f"{repository}: {len(tags):,} names, from {next(iter(tags), '')}"
        case BuildFailed(_, _, name, step, error):
            return f"{name}: {step or error.partition(chr(10))[0]}"
