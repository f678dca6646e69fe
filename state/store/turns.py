"""Turns: of several processes on one database one at a time does a thing. A turn ends with its holder, even by kill -9.

Beside an SQLite file the kernel's lock on a file of its own tells (https://man7.org/linux/man-pages/man2/flock.2.html);
on PostgreSQL an advisory lock, which belongs to a connection
(https://www.postgresql.org/docs/current/explicit-locking.html#ADVISORY-LOCKS).
"""

from __future__ import annotations

import fcntl
import os
import zlib
from pathlib import Path
from typing import Protocol

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

from state.errors import StoreError

_OURS = 0x77617463
"""The first half of our advisory locks' keys: ``watc``. The second is the name's."""
_LONGEST = 200
"""Bytes of what a file of ours says about who holds it."""
_HOLDER = text(
    "SELECT a.application_name FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid JOIN pg_database d "
    "ON d.oid = l.database WHERE l.locktype = 'advisory' AND l.granted AND d.datname = current_database() "
    "AND l.classid::bigint = :ours AND l.objid::bigint = :name AND l.objsubid = 2"
)


class Turn(Protocol):
    """One wish for a turn. Neither method waits."""

    def take(self, who: str) -> str | None:
        """Return None if the turn is ours now; else who has it, ``""`` if that cannot be told.

        :param who: what others are told of us meanwhile, at most 63 bytes
        """
        ...

    def give(self) -> None:
        """Let the next one have it; nothing if it is not ours."""
        ...


def turn(engine: Engine, name: str) -> Turn:
    """Return the wish for the turn *name* (a word) on the database of *engine*."""
    if engine.url.database and engine.dialect.name == "sqlite":
        return FileTurn(Path(f"{engine.url.database}-{name}.lock"))
    return ServerTurn(engine, name)


class FileTurn:
    """A turn by a lock on *path*. The file stays: who removed it could let two in."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: int | None = None

    def take(self, who: str) -> str | None:
        """See :meth:`Turn.take`."""
        try:
            if self._file is None:
                self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.pwrite(
                self._file, who.encode()[:_LONGEST].ljust(_LONGEST), 0
            )  # never shorter than before: no truncation
        except BlockingIOError:
            return os.pread(self._file or 0, _LONGEST, 0).decode(errors="replace").rstrip()
        except OSError as error:
            self.give()
            raise StoreError(f"{self._path} cannot be locked: {error.strerror}") from error
        return None

    def give(self) -> None:
        """See :meth:`Turn.give`."""
        if self._file is not None:
            os.close(self._file)
            self._file = None


class ServerTurn:
    """A turn by an advisory lock on PostgreSQL: it is kept by a connection of its own."""

    def __init__(self, engine: Engine, name: str) -> None:
        self._engine = engine
        self._key = {"ours": _OURS, "name": zlib.crc32(name.encode()) >> 1}
        self._connection: Connection | None = None

    def take(self, who: str) -> str | None:
        """See :meth:`Turn.take`."""
        try:
            if self._connection is None:
                self._connection = self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")
                named = text("SELECT set_config('application_name', :who, false)")
                self._connection.execute(named, {"who": who})
            ask = text("SELECT pg_try_advisory_lock(CAST(:ours AS integer), CAST(:name AS integer))")
            if self._connection.execute(ask, self._key).scalar():
                return None
            return self._connection.execute(_HOLDER, self._key).scalar() or ""
        except DBAPIError as error:
            self.give()
            raise StoreError(f"the state database refused: {error.orig}") from error

    def give(self) -> None:
        """See :meth:`Turn.give`."""
        if self._connection is not None:
            # Not back into the pool: the lock, and our name, end with the connection.
            self._connection.invalidate()
            self._connection.close()
            self._connection = None
