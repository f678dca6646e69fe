"""The history of tags: each move of one, and the pins that keep one where it is."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import datetime
from operator import attrgetter
from typing import Any, Literal, get_args

from sqlalchemy import insert, update
from sqlmodel import Session, col, select

from state.events import ImageTagged
from state.tables import PublishedRow
from state.tag_tables import MoveRow, PinRow

Why = Literal["release", "plan", "index", "rollback", "yank", "freed"]
"""What moved a tag: a merged pull request, a build asked for by hand, an index over new members, a person's rollback,
a bad release taken back, or the build that was waiting when a pin was released."""

_Transaction = Callable[[], AbstractContextManager[Session]]


@dataclass(frozen=True, slots=True)
class Move:
    """One tag of one repository (``balenalib/amd64-debian``, no registry) now leads to *after* (``sha256:…``).

    ``before`` is where it led, "" for a new one. ``note`` says in words what is new (``node 22.12.0``), ``pull`` is the
    number of the pull request that asked for it. ``dated`` tells that the tag ends in a date, and so is written once.
    """

    repository: str
    tag: str
    before: str
    after: str
    at: datetime
    why: Why
    note: str = ""
    pull: int | None = None
    dated: bool = False

    @property
    def reference(self) -> str:
        """The whole name."""
        return f"{self.repository}:{self.tag}"


@dataclass(frozen=True, slots=True)
class Pin:
    """A moving tag that stays at *digest* until a person releases it."""

    repository: str
    tag: str
    digest: str
    since: datetime
    reason: str

    @property
    def reference(self) -> str:
        """The whole name."""
        return f"{self.repository}:{self.tag}"


class Pins:
    """The tags that publishing leaves alone: each method is one transaction."""

    def __init__(self, reading: _Transaction, writing: _Transaction) -> None:
        """Keep the rows in the store's database; both open a transaction of it."""
        self._reading, self._writing = reading, writing

    def add(self, pins: Iterable[Pin]) -> None:
        """Pin these, in place of what was pinned under the same names."""
        with self._writing() as session:
            for pin in pins:
                session.merge(PinRow(**{name: getattr(pin, name) for name in _PIN}))

    def remove(self, references: Iterable[tuple[str, str]]) -> int:
        """Release these (repository, tag); return how many were pinned."""
        with self._writing() as session:
            rows = [row for key in references if (row := session.get(PinRow, key))]
            for row in rows:
                session.delete(row)
            return len(rows)

    def of(self, repository: str) -> Mapping[str, Pin]:
        """Return tag → pin of one repository: what a batch of its names has to leave out."""
        with self._reading() as session:
            rows = session.exec(select(PinRow).where(col(PinRow.repository) == repository))
            return {row.tag: _pin(row) for row in rows}

    def all(self) -> list[Pin]:
        """Return every pin, by name."""
        with self._reading() as session:
            return [_pin(row) for row in session.exec(select(PinRow).order_by(PinRow.repository, PinRow.tag))]


def record(session: Session, moves: Iterable[Move]) -> list[Move]:
    """Bring the ledger up to *moves*, and add to the history those that are news to it; return these.

    What counts is where the ledger thinks that a tag leads: a tag that was written just before a crash is found in its
    place afterwards, and still is news.
    """
    fresh: list[Move] = []
    rows: dict[bool, list[dict[str, Any]]] = {True: [], False: []}
    for repository, some in itertools.groupby(sorted(moves, key=_repository), key=_repository):
        known = _known(session, repository)
        for move in some:
            there = known.get(move.tag, "")
            if there == move.after:
                continue
            fresh.append(move if move.before not in ("", move.after) else replace(move, before=there))
            values = {name: getattr(move, name) for name in ("repository", "tag", "dated")}
            rows[move.tag in known].append({**values, "digest": move.after, "pushed_at": move.at, "origin": "pushed"})
            known[move.tag] = move.after
    if rows[False]:
        session.execute(insert(PublishedRow), rows[False])
    if rows[True]:
        session.execute(update(PublishedRow), rows[True])
    if fresh:
        session.execute(insert(MoveRow), [{name: getattr(move, name) for name in _MOVE} for move in fresh])
    return fresh


def recall(session: Session, moves: Iterable[Move]) -> None:
    """Add moves to the history, but for those of a tag to a digest that it is known to have led to."""
    for repository, some in itertools.groupby(sorted(moves, key=_repository), key=_repository):
        query = select(MoveRow.tag, MoveRow.after).where(col(MoveRow.repository) == repository)
        there = set(session.exec(query).all())
        fresh = [move for move in some if (move.tag, move.after) not in there]
        if fresh:
            session.execute(insert(MoveRow), [{name: getattr(move, name) for name in _MOVE} for move in fresh])


def last(session: Session, repository: str) -> dict[str, str]:
    """Return tag → where it led after its last move."""
    query = select(MoveRow.tag, MoveRow.after).where(col(MoveRow.repository) == repository)
    return dict(session.exec(query.order_by(col(MoveRow.at), col(MoveRow.id))).all())


def told(moves: Iterable[Move], source: str) -> list[ImageTagged]:
    """Return what the journal says of moves: one event for each repository."""
    found: dict[str, dict[str, str]] = {}
    for move in moves:
        found.setdefault(move.repository, {})[move.tag] = move.after
    return [ImageTagged(source, repository, tags) for repository, tags in found.items()]


def _known(session: Session, repository: str) -> dict[str, str]:
    """Tag → digest, as the ledger has them."""
    query = select(PublishedRow.tag, PublishedRow.digest).where(col(PublishedRow.repository) == repository)
    return dict(session.exec(query).all())


def history(session: Session, repository: str, tag: str) -> list[Move]:
    """Return the moves of a tag, newest first."""
    query = select(MoveRow).where(col(MoveRow.repository) == repository, col(MoveRow.tag) == tag)
    # What was recalled after the memory was lost is older than what was noted before that.
    rows = session.exec(query.order_by(col(MoveRow.at).desc(), col(MoveRow.id).desc()))
    return [move_of(row) for row in rows]


_repository = attrgetter("repository")
_PIN = ("repository", "tag", "digest", "since", "reason")
_MOVE = ("repository", "tag", "before", "after", "at", "why", "note", "pull", "dated")


def _pin(row: PinRow) -> Pin:
    return Pin(row.repository, row.tag, row.digest, row.since, row.reason)


def move_of(row: MoveRow) -> Move:
    """Return the move of a row."""
    values: dict[str, Any] = {name: getattr(row, name) for name in _MOVE}
    assert values["why"] in get_args(Why)  # noqa: S101  (only :func:`record` writes rows)
    return Move(**values)
