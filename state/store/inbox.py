"""What came in for the daemon: webhooks, each taken once, and wishes that another process is to carry out.

A page or a webhook may be served by a process that holds neither the forge's token nor the signing key. It only
notes a wish here; the process that may do it does it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, cast

from sqlalchemy import select as plain
from sqlmodel import Session, col, delete, insert, select, update

from state.desk_tables import DeliveryRow, WishRow
from state.tables import Row

Kind = Literal["look", "poll", "merge", "close", "reopen"]
"""``look``: see what maintainers did on the forge. ``poll``: poll the source that the argument names. The others are a
person's decision on the pull request that the argument is the number of."""
_WISHES = Row.metadata.tables["wish"]
_OPEN = plain(_WISHES).where(_WISHES.c.done_at.is_(None)).order_by(_WISHES.c.id)
"""Made once, and without the mapper's objects: the daemon asks this each second."""
_Transaction = Callable[[], AbstractContextManager[Session]]


@dataclass(frozen=True, slots=True)
class Wanted:
    """A wish before it is noted; ``who`` wants it: a person's name, or ``github`` for a webhook."""

    kind: Kind
    argument: str = ""
    who: str = ""


@dataclass(frozen=True, slots=True)
class Wish:
    """A wish as noted. ``done_at`` is None while it is open; ``error`` says why it could not be done."""

    id: int
    at: datetime
    wanted: Wanted
    done_at: datetime | None
    error: str


@dataclass(frozen=True, slots=True)
class Delivery:
    """A webhook: the sender's id of it, its kind (``github/pull_request``), and what is wanted because of it."""

    id: str
    kind: str
    wanted: Sequence[Wanted]


class Inbox:
    """Each method is one transaction."""

    def __init__(self, reading: _Transaction, writing: _Transaction) -> None:
        """Keep the rows in the store's database; both open a transaction of it."""
        self._reading, self._writing = reading, writing

    def take(self, deliveries: Iterable[Delivery], now: datetime) -> list[bool]:
        """Note webhooks and what they want; False for each that was taken before."""
        batch = list(deliveries)
        with self._writing() as session:
            ids = {each.id for each in batch}
            known = set(session.exec(select(DeliveryRow.id).where(col(DeliveryRow.id).in_(ids))))
            fresh = {each.id: each for each in reversed(batch) if each.id not in known}
            # Rows as plain values, in one statement: hundreds come at once.
            rows = [{"id": each.id, "kind": each.kind, "at": now} for each in fresh.values()]
            if rows:
                session.execute(insert(DeliveryRow), rows)
            for wanted in dict.fromkeys(wanted for each in fresh.values() for wanted in each.wanted):
                _wish(session, wanted, now)
        return [fresh.pop(each.id, None) is not None for each in batch]

    def wish(self, wanted: Wanted, now: datetime) -> int:
        """Note a wish and return its number; where the same one is open already, that one's."""
        with self._writing() as session:
            return _wish(session, wanted, now)

    def open(self) -> list[Wish]:
        """Return the wishes that nobody has carried out yet, oldest first."""
        with self._reading() as session:
            return [_value(row) for row in session.connection().execute(_OPEN)]

    def find(self, number: int) -> Wish | None:
        """Return one, or None."""
        with self._reading() as session:
            row = session.get(WishRow, number)
            return _value(row) if row else None

    def done(self, numbers: Collection[int], now: datetime, error: str = "") -> None:
        """Note that these were carried out, or could not be."""
        with self._writing() as session:
            session.exec(update(WishRow).where(col(WishRow.id).in_(numbers)).values(done_at=now, error=error))

    def forget(self, before: datetime) -> None:
        """Drop what is of no interest any more."""
        with self._writing() as session:
            session.exec(delete(DeliveryRow).where(col(DeliveryRow.at) < before))
            session.exec(delete(WishRow).where(col(WishRow.done_at) < before))


def _wish(session: Session, wanted: Wanted, now: datetime) -> int:
    session.flush()
    same = select(WishRow).where(
        col(WishRow.done_at).is_(None), WishRow.kind == wanted.kind, WishRow.argument == wanted.argument
    )
    row = session.exec(same).first()
    if row is None:
        row = WishRow(at=now, kind=wanted.kind, argument=wanted.argument, who=wanted.who)
        session.add(row)
        session.flush()
    return row.id or 0


def _value(row: Any) -> Wish:
    wanted = Wanted(cast("Kind", row.kind), row.argument, row.who)
    return Wish(row.id or 0, row.at, wanted, row.done_at, row.error)
