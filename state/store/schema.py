"""Opens the database: durable, private, and with exactly the tables that this program knows.

Alembic takes as long to import as everything else together, so it is only imported when the version that
the database itself names is not ours.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine, create_engine, event, inspect, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError

from state.errors import StoreError

if TYPE_CHECKING:
    from alembic.config import Config
    from sqlalchemy.engine.interfaces import DBAPIConnection
    from sqlalchemy.pool import ConnectionPoolEntry

HEAD = "0011"
"""The newest file in ``state/migrations/versions``. Revisions are numbers of four digits: they compare as text."""

_MIGRATIONS = Path(__file__).parent.parent / "migrations"
_BUSY_MS = 5000
_WRITER = 0x776174636865722E
"""The key of the advisory lock that writers on PostgreSQL hold until they commit."""


def connect(url: str) -> Engine:
    """Return an engine on a database of version :data:`HEAD`, which is made or migrated where necessary.

    :raises StoreError: not a database, one of another program, or one of a newer watcher
    """
    try:
        engine = _engine(url)
    except (ArgumentError, NoSuchModuleError, ModuleNotFoundError, OSError) as error:
        raise StoreError(f"the state database cannot be opened: {error}") from error
    try:
        with engine.connect() as connection:
            current = _version(connection)
        if current != HEAD:
            _migrate(engine)
    except DBAPIError as error:
        engine.dispose()
        raise StoreError(f"the state database {engine.url} cannot be used: {error.orig}") from error
    except BaseException:
        engine.dispose()
        raise
    return engine


def told(url: str) -> str:
    """Return in words which version the database at *url* has, and change nothing.

    :raises StoreError: it cannot be used
    """
    try:
        parsed = make_url(url)
        if parsed.get_backend_name() == "sqlite":
            file = Path(parsed.database or "")
            if not file.is_file():
                return f"{file} is made at the first use"
            parsed = make_url(f"sqlite:///file:{file}?mode=ro&uri=true")
        engine = create_engine(parsed)
        try:
            with engine.connect() as connection:
                current = _version(connection)
        finally:
            engine.dispose()
    except (ArgumentError, NoSuchModuleError, ModuleNotFoundError, OSError) as error:
        raise StoreError(f"the state database cannot be opened: {error}") from error
    except DBAPIError as error:
        raise StoreError(f"the state database {make_url(url)} cannot be used: {error.orig}") from error
    return f"version {current or 'none yet'}" + ("" if current in (HEAD, None) else f", becomes {HEAD} at the next use")


def _engine(url: str) -> Engine:
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        engine = create_engine(parsed)
        event.listen(engine, "begin", _begin_on_server)
        return engine
    if not parsed.database:
        raise StoreError("the state database needs a file: sqlite:///PATH")
    _make_private(Path(parsed.database))
    # isolation_level None: the driver opens no transactions of its own, _begin does.
    engine = create_engine(parsed, connect_args={"isolation_level": None})
    event.listen(engine, "connect", _configure)
    event.listen(engine, "begin", _begin)
    return engine


def _make_private(path: Path) -> None:
    """Create the file for its owner alone; SQLite gives its -wal and -shm the same mode."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))


def _configure(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {_BUSY_MS}")
    cursor.execute("PRAGMA journal_mode = WAL")
    # FULL syncs the log at each commit: what `record` returned from outlives a power cut. With NORMAL it
    # outlives only the process (https://www.sqlite.org/pragma.html#pragma_synchronous).
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.close()


def _begin(connection: Connection) -> None:
    """Take the write lock first where it will be needed: a read that turns into a write cannot wait for it."""
    immediate = connection.get_execution_options().get("immediate", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")


def _begin_on_server(connection: Connection) -> None:
    """What BEGIN IMMEDIATE is to SQLite: writers come one after the other, and wait as long; nobody has to try again.

    A writer's statements each see what was committed before (READ COMMITTED): meanwhile there is no other writer.
    """
    if connection.get_execution_options().get("immediate", False):
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = {_BUSY_MS}")
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_WRITER})")


def _version(connection: Connection) -> str | None:
    """Return the version that the database names, None for an empty one."""
    tables = inspect(connection).get_table_names()
    if "alembic_version" not in tables:
        if tables:
            raise StoreError(f"{connection.engine.url} is the database of another program: it has {min(tables)!r}")
        return None
    version = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    if version is not None and version > HEAD:
        raise StoreError(
            f"{connection.engine.url} was made by a newer watcher (its version is {version}, ours {HEAD}): update this one"
        )
    return version


def _migrate(engine: Engine) -> None:
    """Bring the database up to HEAD in one transaction; whoever comes second finds it done."""
    from alembic import command  # noqa: PLC0415  (see the module's docstring)

    with engine.execution_options(immediate=True).begin() as connection:
        if _version(connection) != HEAD:
            command.upgrade(migrations(connection), HEAD)


def migrations(connection: Connection) -> Config:
    """Return Alembic's configuration for our migrations on *connection*."""
    from alembic.config import Config  # noqa: PLC0415  (see the module's docstring)

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config
