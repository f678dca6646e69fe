"""The journal: every event, from before its step runs until it is done."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import get_args

from pydantic import TypeAdapter, ValidationError
from sqlalchemy import select as plain
from sqlmodel import Session, col, func, select, update

from state.events import BuildPlanned, ChangeSkipped, Event, Notice, ReleaseHeld
from state.tables import EventRow, Row

_LAST = plain(func.max(Row.metadata.tables["event"].c.id))
_KINDS: Mapping[str, type[Event]] = {kind.__name__: kind for kind in get_args(Event)}


@dataclass(frozen=True, slots=True)
class Recorded:
    """An event that is in the journal. ``done`` tells that no step is to run for it (any more)."""

    id: int
    at: datetime
    event: Event
    done: bool
    attempts: int = 0


class Unreadable(ValueError):
    """An event that another version of the program wrote, and this one does not know."""


@cache
def _adapter(kind: str) -> TypeAdapter[Event]:
    return TypeAdapter(_KINDS[kind])


def encode(event: Event) -> str:
    """Return the event as JSON; a lone surrogate, which UTF-8 does not have, becomes ``?``."""
    data = _adapter(type(event).__name__).dump_python(event, mode="json")
    return json.dumps(data, ensure_ascii=False).encode("utf-8", "replace").decode()


def decode(kind: str, data: str) -> Event:
    """Return the event that *data* is of; :class:`Unreadable` if this program has no such event."""
    if kind not in _KINDS:
        raise Unreadable(f"this program knows no event {kind!r}")
    try:
        return _adapter(kind).validate_json(data)
    except ValidationError as error:
        raise Unreadable(f"this program cannot read it: {error.errors()[0]['msg']}") from error


def source_of(event: Event) -> str:
    """Return the name of the source that the event is about."""
    match event:
        case ReleaseHeld(held):
            return held.source
        case ChangeSkipped(skipped):
            return skipped.source
        case _:
            return event.source


def append(session: Session, events: Sequence[Event], now: datetime) -> list[Recorded]:
    """Record events in their order; one that only tells something is done at once."""
    rows = [
        EventRow(
            at=now,
            kind=type(event).__name__,
            source=source_of(event),
            data=encode(event),
            done_at=now if isinstance(event, Notice) else None,
        )
        for event in events
    ]
    session.add_all(rows)
    session.flush()
    return [
        Recorded(row.id or 0, now, event, done=row.done_at is not None) for row, event in zip(rows, events, strict=True)
    ]


def finish(session: Session, number: int, now: datetime) -> bool:
    """Mark one event done; False if it was."""
    row = session.get_one(EventRow, number)
    if row.done_at is not None:
        return False
    row.done_at, row.error = now, ""
    return True


def fail(session: Session, number: int, error: str, now: datetime) -> None:
    """Count an attempt that failed; the event stays unfinished."""
    session.exec(
        update(EventRow)
        .where(col(EventRow.id) == number)
        .values(attempts=col(EventRow.attempts) + 1, error=error, tried_at=now)
    )


def unfinished(session: Session) -> list[Recorded]:
    """Return what is to be done, oldest first; what cannot be read shows in :mod:`state.store.entries` only."""
    rows = session.exec(select(EventRow).where(col(EventRow.done_at).is_(None)).order_by(col(EventRow.id)))
    return [found for row in rows if (found := readable(row))]


def after(session: Session, number: int) -> list[Recorded]:
    """Return what was recorded after the event of that number and can be read, oldest first."""
    rows = session.exec(select(EventRow).where(col(EventRow.id) > number).order_by(col(EventRow.id)))
    return [found for row in rows if (found := readable(row))]


def find(session: Session, number: int) -> Recorded | None:
    """Return one event; None if there is none of that number or it cannot be read."""
    row = session.get(EventRow, number)
    return readable(row) if row else None


def build_planned(session: Session, pull: int) -> Recorded | None:
    """Return the first plan of what a pull request builds, or None; one that was blocked fixed nothing."""
    rows = session.exec(select(EventRow).where(EventRow.kind == BuildPlanned.__name__).order_by(col(EventRow.id)))
    found = (readable(row) for row in rows)
    return next((f for f in found if f and _fixes(f.event, pull)), None)


def _fixes(event: Event, pull: int) -> bool:
    """Whether the event is a plan of that pull request that may be built."""
    return isinstance(event, BuildPlanned) and event.pull == pull and not event.blocked


def last(session: Session) -> int:
    """Return the highest number, 0 if nothing was ever recorded."""
    return session.connection().execute(_LAST).scalar() or 0


def unfinished_count(session: Session) -> int:
    """Return how many are not done, those that cannot be read included."""
    return session.exec(select(func.count()).select_from(EventRow).where(col(EventRow.done_at).is_(None))).one()


def readable(row: EventRow) -> Recorded | None:
    """Return the event of a row, None if this program cannot read it."""
    try:
        event = decode(row.kind, row.data)
    except Unreadable:
        return None
    return Recorded(row.id or 0, row.at, event, done=row.done_at is not None, attempts=row.attempts)
