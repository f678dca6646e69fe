"""How a source releases, and when it is polled next because of that."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from sqlalchemy import bindparam, select
from sqlmodel import Session

from state.model import Held, named
from state.store import holds
from state.store.feeds import SourceState
from state.tables import Row

_DAYS = 12
_NEW = timedelta(days=3)
_RELEASES = Row.metadata.tables["release"].c
_PUBLISHED = (
    select(_RELEASES.published)
    .where(_RELEASES.source == bindparam("of"), _RELEASES.published <= bindparam("today"))
    .distinct()
    .order_by(_RELEASES.published.desc())
    .limit(_DAYS)
)
_SEEN = (
    select(_RELEASES.line, _RELEASES.version, _RELEASES.published, _RELEASES.first_seen)
    .where(_RELEASES.source == bindparam("of"))
    .order_by(_RELEASES.first_seen.desc())
    .limit(_DAYS)
)


@dataclass(frozen=True, slots=True)
class Pace:
    """The newest days on which a source released, newest first; ``sighted`` is what was new last, and when."""

    days: tuple[date, ...]
    sighted: tuple[str, datetime] | None


Pacing = Callable[[SourceState, Pace, Sequence[Held]], tuple[datetime, str]]
"""From what is known after a poll (its state, how upstream released lately, what waits) to the next one, and why then."""


def scheduled(session: Session, source: str, state: SourceState, pacing: Pacing | None, now: datetime) -> SourceState:
    """The *state* of a source that was just polled, with when it is to be polled next, and why then, as *pacing* says."""
    if pacing is None:
        return state
    session.flush()
    at, why = pacing(state, _pace(session, source, now.date()), holds.load(session, source))
    return replace(state, next_check=at, cadence=why)


def _pace(session: Session, source: str, today: date) -> Pace:
    """Return how *source* released lately; a version that was old when it was first seen is no sight of something new."""
    connection = session.connection()
    days = connection.execute(_PUBLISHED, {"of": source, "today": today}).scalars().all()
    rows = connection.execute(_SEEN, {"of": source})
    new = ((line, version, at) for line, version, day, at in rows if day and at.date() - day <= _NEW)
    sighted = next(((named(source, line, version), at) for line, version, at in new), None)
    return Pace(tuple(days), sighted)
