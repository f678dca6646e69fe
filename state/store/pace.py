"""How a source releases, and when it is polled next because of that."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlmodel import Session, col, select

from state.model import Held, named
from state.store import feeds, holds
from state.store.feeds import SourceState
from state.tables import ReleaseRow, SourceRow

_DAYS = 12
_NEW = timedelta(days=3)


@dataclass(frozen=True, slots=True)
class Pace:
    """The newest days on which a source released, newest first; ``sighted`` is what was new last, and when."""

    days: tuple[date, ...]
    sighted: tuple[str, datetime] | None


Pacing = Callable[[SourceState, Pace, Sequence[Held]], tuple[datetime, str]]
"""From what is known after a poll (its state, how upstream released lately, what waits) to the next one, and why then."""


def schedule(session: Session, source: str, pacing: Pacing | None, now: datetime) -> None:
    """Keep when a source that was just polled is to be polled next, and why then; nothing without *pacing*."""
    if pacing is None:
        return
    session.flush()
    known = feeds.state(session, source), _pace(session, source, now.date()), holds.load(session, source)
    row = session.get(SourceRow, source) or SourceRow(name=source)
    row.next_check, row.cadence = pacing(*known)
    session.add(row)


def _pace(session: Session, source: str, today: date) -> Pace:
    """Return how *source* released lately; a version that was old when it was first seen is no sight of something new."""
    row = ReleaseRow
    published = select(col(row.published)).where(row.source == source, col(row.published) <= today)
    days = session.exec(published.distinct().order_by(col(row.published).desc()).limit(_DAYS)).all()
    seen = select(row.line, row.version, col(row.published), row.first_seen).where(row.source == source)
    rows = session.exec(seen.order_by(col(row.first_seen).desc()).limit(_DAYS))
    new = ((line, version, at) for line, version, day, at in rows if day and at.date() - day <= _NEW)
    sighted = next(((named(source, line, version), at) for line, version, at in new), None)
    return Pace(tuple(day for day in days if day), sighted)
