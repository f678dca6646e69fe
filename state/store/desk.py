"""What the daemon keeps beside the journal: its inbox, the sources that pause, and what people were told already."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, delete, select, text

from state.desk_tables import MarkRow, PauseRow, ToldRow
from state.store.inbox import Inbox

_Transaction = Callable[[], AbstractContextManager[Session]]


@dataclass(frozen=True, slots=True)
class Pause:
    """Since when a person wants a source left alone, and why."""

    since: datetime
    reason: str


class Desk:
    """Each method is one transaction."""

    def __init__(self, reading: _Transaction, writing: _Transaction) -> None:
        """Keep the rows in the store's database; both open a transaction of it."""
        self._reading, self._writing = reading, writing

    @property
    def inbox(self) -> Inbox:
        """Webhooks and wishes."""
        return Inbox(self._reading, self._writing)

    def answers(self) -> None:
        """Ask the database for nothing; StoreError if it cannot even do that."""
        with self._reading() as session:
            session.connection().execute(text("SELECT 1"))

    def pause(self, source: str, reason: str, now: datetime) -> None:
        """Note that *source* is to be left alone; what was noted before stays as it is."""
        with self._writing() as session:
            if session.get(PauseRow, source) is None:
                session.add(PauseRow(source=source, reason=reason, since=now))

    def resume(self, source: str) -> bool:
        """Forget that; False if it was not paused."""
        with self._writing() as session:
            row = session.get(PauseRow, source)
            if row is not None:
                session.delete(row)
            return row is not None

    def paused(self) -> Mapping[str, Pause]:
        """Return the sources that are left alone."""
        with self._reading() as session:
            rows = session.exec(select(PauseRow).order_by(PauseRow.source))
            return {row.source: Pause(row.since, row.reason) for row in rows}

    def mark(self, name: str) -> int | None:
        """Return the last event that the reader of that name has read; None if it never read."""
        with self._reading() as session:
            row = session.get(MarkRow, name)
            return row.number if row else None

    def read(self, name: str, number: int) -> None:
        """Note that it has read the journal up to that event."""
        with self._writing() as session:
            session.merge(MarkRow(name=name, number=number))

    def told(self, key: str) -> bool:
        """Whether people were told of that condition."""
        with self._reading() as session:
            return session.get(ToldRow, key) is not None

    def tell(self, key: str, now: datetime) -> None:
        """Note that they were."""
        with self._writing() as session:
            session.merge(ToldRow(key=key, at=now))

    def forget(self, before: datetime) -> None:
        """Drop what is of no interest any more."""
        self.inbox.forget(before)
        with self._writing() as session:
            session.exec(delete(ToldRow).where(col(ToldRow.at) < before))
