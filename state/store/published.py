"""The ledger of the registry: which tag has which digest, whether we pushed it or found it there and adopted it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlmodel import Session, col, select

from state.store import journal, moves
from state.store.moves import Move, Pins
from state.tables import PublishedRow

Origin = Literal["pushed", "adopted"]
_Transaction = Callable[[], AbstractContextManager[Session]]


@dataclass(frozen=True, slots=True)
class Published:
    """One tag of one repository (``balenalib/amd64-debian``, without the registry) as last seen in the registry.

    ``digest`` is ``sha256:…`` of the manifest or index, ``dated`` whether the tag ends in a date and so is written
    once. ``origin``: ``pushed`` by us, or ``adopted``, there before us.
    """

    repository: str
    tag: str
    digest: str
    pushed_at: datetime
    dated: bool
    origin: Origin = "pushed"

    @property
    def reference(self) -> str:
        """The whole name, ``balenalib/amd64-debian:bookworm``."""
        return f"{self.repository}:{self.tag}"

    @property
    def day(self) -> tuple[str, int]:
        """Of a dated tag (``…-20261122.1``) its day, and which digest of that day it is: .10 comes after .9."""
        day, _, nth = self.tag.rpartition("-")[2].partition(".")
        return day, int(nth or 0)


class Ledger:
    """What the registry holds of ours, as far as we know: each method is one transaction."""

    def __init__(self, reading: _Transaction, writing: _Transaction) -> None:
        """Keep the rows in the store's database; both open a transaction of it."""
        self._reading, self._writing = reading, writing

    def add(self, rows: Iterable[Published]) -> None:
        """Note these tags, in place of what was noted under the same names; :meth:`moved` tells their history too."""
        with self._writing() as session:
            for row in rows:
                session.merge(PublishedRow(**{name: getattr(row, name) for name in _FIELDS}))

    def moved(self, tags: Iterable[Move]) -> list[Move]:
        """Note where tags lead now, and add to their history what is news to the ledger; return that.

        Safe to repeat, and to call for every name of a batch, whether it was written or found in its place.
        """
        with self._writing() as session:
            return moves.record(session, tags)

    def named(self, tags: Iterable[Move], source: str, now: datetime) -> None:
        """Note where moving tags lead now, as :meth:`moved`, and tell of what is news, both or neither."""
        with self._writing() as session:
            journal.append(session, moves.told(moves.record(session, tags), source), now)

    def recall(self, tags: Iterable[Move]) -> None:
        """Add to the history what happened before it began, oldest first; where tags lead now stays. Safe to repeat."""
        with self._writing() as session:
            moves.recall(session, tags)

    def last(self, repository: str) -> Mapping[str, str]:
        """Return tag → the digest of its last move, of one repository."""
        with self._reading() as session:
            return moves.last(session, repository)

    def history(self, repository: str, tag: str) -> list[Move]:
        """Return every move of a tag, newest first; of tags from before the history began there is none."""
        with self._reading() as session:
            return moves.history(session, repository, tag)

    @property
    def pins(self) -> Pins:
        """The moving tags that stay where they are until a person releases them."""
        return Pins(self._reading, self._writing)

    def forget(self, names: Iterable[tuple[str, str]]) -> None:
        """Take these (repository, tag) out of the ledger: they were deleted. Their history stays."""
        with self._writing() as session:
            for key in names:
                if row := session.get(PublishedRow, key):
                    session.delete(row)

    def find(self, repository: str, tag: str) -> Published | None:
        """Return one tag, or None."""
        with self._reading() as session:
            row = session.get(PublishedRow, (repository, tag))
            return _value(row) if row else None

    def of(self, repository: str) -> list[Published]:
        """Return all tags of a repository, by name."""
        with self._reading() as session:
            query = select(PublishedRow).where(col(PublishedRow.repository) == repository)
            return [_value(row) for row in session.exec(query.order_by(col(PublishedRow.tag)))]

    def dated(self, repository: str, stem: str) -> list[Published]:
        """Return the dated tags of a repository that are *stem* and a date, newest first."""
        with self._reading() as session:
            query = select(PublishedRow).where(
                col(PublishedRow.repository) == repository,
                col(PublishedRow.dated),
                col(PublishedRow.tag).startswith(f"{stem}-", autoescape=True),
            )
            found = [_value(row) for row in session.exec(query)]
        exact = [row for row in found if row.tag[len(stem) + 1 :].replace(".", "").isdigit()]
        return sorted(exact, key=lambda row: row.day, reverse=True)

    def dated_names(self, repository: str, digests: Collection[str]) -> list[Published]:
        """Return the dated tags of a repository that lead to one of these digests, newest first."""
        with self._reading() as session:
            query = select(PublishedRow).where(
                col(PublishedRow.repository) == repository,
                col(PublishedRow.dated),
                col(PublishedRow.digest).in_(digests),
            )
            return sorted((_value(row) for row in session.exec(query)), key=lambda row: row.day, reverse=True)

    def repositories(self) -> Collection[str]:
        """Return the repositories that anything is known of."""
        with self._reading() as session:
            return list(session.exec(select(PublishedRow.repository).distinct().order_by(PublishedRow.repository)))


_FIELDS = ("repository", "tag", "digest", "pushed_at", "dated", "origin")


def _value(row: PublishedRow) -> Published:
    values: dict[str, Any] = {name: getattr(row, name) for name in _FIELDS}
    return Published(**values)
