"""What the dashboard's pages ask: reading only, and never more rows than a page shows."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import get_args

from sqlmodel import Session, col, select

from state.events import Notice
from state.model import Standing
from state.store import entries, lag, pulls
from state.store.board import Board
from state.store.entries import Entry, entry_of
from state.store.journal import Recorded
from state.store.pulls import PullRecord
from state.tables import EventRow, PullRow, ReleaseRow

_TOLD = [kind.__name__ for kind in get_args(Notice)]
_Transaction = Callable[[], AbstractContextManager[Session]]


@dataclass(frozen=True, slots=True)
class Passage:
    """How a version came through: published (a day), first seen, its pull request opened and merged, its images pushed.

    ``pushed`` is when the first of them was named in the registry. None: not so far.
    """

    line: str
    version: str
    published: date
    seen: datetime
    number: int | None = None
    opened: datetime | None = None
    merged: datetime | None = None
    pushed: datetime | None = None


class Pages:
    """The questions: each method is one transaction."""

    def __init__(self, reading: _Transaction) -> None:
        """Ask the store's database; *reading* opens a transaction of it."""
        self._reading = reading

    @property
    def board(self) -> Board:
        """What is asked of builds and of moved tags."""
        return Board(self._reading)

    def events(self, limit: int, source: str | None = None, before: int | None = None) -> list[Entry]:
        """Return *limit* lines of the journal, newest first: (of a source) from below the number *before* on."""
        query = select(EventRow).order_by(col(EventRow.id).desc()).limit(limit)
        if source is not None:
            query = query.where(EventRow.source == source)
        if before is not None:
            query = query.where(col(EventRow.id) < before)
        with self._reading() as session:
            return [entry_of(row) for row in session.exec(query)]

    def entries(self, recorded: Iterable[Recorded]) -> list[Entry]:
        """Return the lines of the journal of these events, oldest first: they carry the errors."""
        with self._reading() as session:
            return entries.find(session, [each.id for each in recorded])

    def event(self, number: int) -> Entry | None:
        """Return one line, or None."""
        with self._reading() as session:
            row = session.get(EventRow, number)
            return entry_of(row) if row else None

    def cause(self, entry: Entry) -> Entry | None:
        """Return the event whose step led to this one, None if it was no step: both were written in one transaction."""
        query = select(EventRow).where(EventRow.done_at == entry.at, col(EventRow.id) < entry.id)
        query = query.where(col(EventRow.kind).not_in(_TOLD)).order_by(col(EventRow.id).desc()).limit(1)
        with self._reading() as session:
            row = session.exec(query).first()
            return entry_of(row) if row else None

    def followed(self, entry: Entry, limit: int) -> list[Entry]:
        """Return what the step of an event led to, in order; nothing where that was no step, or is to come."""
        if entry.done_at is None or entry.kind in _TOLD:
            return []
        query = select(EventRow).where(EventRow.at == entry.done_at, col(EventRow.id) > entry.id)
        with self._reading() as session:
            return [entry_of(row) for row in session.exec(query.order_by(col(EventRow.id)).limit(limit))]

    def failed(self, limit: int) -> list[Entry]:
        """Return the newest events that are unfinished after at least one attempt, newest first."""
        query = select(EventRow).where(col(EventRow.done_at).is_(None), EventRow.attempts > 0)
        with self._reading() as session:
            return [entry_of(row) for row in session.exec(query.order_by(col(EventRow.id).desc()).limit(limit))]

    def pulls(self, limit: int, state: Standing | None = None, source: str | None = None) -> list[PullRecord]:
        """Return the newest pull requests (in that state, of a source), newest first."""
        query = select(PullRow).order_by(col(PullRow.number).desc()).limit(limit)
        if state is not None:
            query = query.where(PullRow.state == state)
        if source is not None:
            query = query.where(PullRow.source == source)
        with self._reading() as session:
            return [pulls.record_of(row) for row in session.exec(query)]

    def asked_by(self, event: int) -> list[PullRecord]:
        """Return the pull requests that the event of that number asked for, newest first."""
        query = select(PullRow).where(PullRow.event == event).order_by(col(PullRow.number).desc())
        with self._reading() as session:
            return [pulls.record_of(row) for row in session.exec(query)]

    def passages(self, source: str, limit: int) -> list[Passage]:
        """Return the newest *limit* versions that upstream published since the source is watched, oldest first."""
        with self._reading() as session:
            of_source = select(ReleaseRow.first_seen).where(ReleaseRow.source == source)
            first = session.exec(of_source.order_by(col(ReleaseRow.first_seen)).limit(1)).first()
            if first is None:
                return []
            rows = session.exec(
                select(ReleaseRow)
                .where(ReleaseRow.source == source, col(ReleaseRow.published) >= first.date())
                .order_by(col(ReleaseRow.published).desc(), col(ReleaseRow.first_seen).desc())
                .limit(limit)
            ).all()
            since = min((row.first_seen for row in rows), default=first)
            asked = select(PullRow).where(PullRow.source == source, col(PullRow.updated_at) >= since)
            # The last pull request of a version counts: an earlier one was closed.
            found = session.exec(asked.order_by(col(PullRow.number)))
            by_version = {(line, version): pull for pull in found for line, version in pull.lines.items()}
            return [_passage(session, row, by_version.get((row.line, row.version))) for row in reversed(rows)]


def _passage(session: Session, row: ReleaseRow, pull: PullRow | None) -> Passage:
    published = row.published or row.first_seen.date()
    if pull is None:
        return Passage(row.line, row.version, published, row.first_seen)
    opened = Passage(row.line, row.version, published, row.first_seen, pull.number, pull.opened_at)
    if pull.state != "merged":
        return opened
    pushed = lag.pushed(session, pull.number, pull.lines, (row.line, row.version))
    return replace(opened, merged=pull.updated_at, pushed=pushed)
