"""The database file: made, migrated, refused, shared and killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from datetime import datetime
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateTable

from state.errors import StoreError
from state.events import SupportEnded
from state.store import Store
from state.store.schema import HEAD, connect, migrations
from state.tables import Row, UtcTime
from tests.state import first_schema
from tests.state.facts import LATER, NOW

ENDED = SupportEnded("node", "20", "20.1.0", "2026-04-30")


def test_a_missing_file_is_made_private(tmp_path: Path) -> None:
    """Folder and file, the log included, are for their owner only."""
    folder = tmp_path / "new"
    with Store.open(f"sqlite:///{folder}/state.db") as store:
        store.record([ENDED], NOW)
        modes = {path.name: path.stat().st_mode & 0o777 for path in folder.iterdir()}
    assert folder.stat().st_mode & 0o777 == 0o700
    assert modes == {"state.db": 0o600, "state.db-wal": 0o600, "state.db-shm": 0o600}


def test_reopening_does_not_import_alembic(url: str) -> None:
    """An existing database is opened by asking for its version, which is cheap."""
    code = f"import sys; from state.store import Store; Store.open({url!r}).close(); print('alembic' in sys.modules)"
    assert subprocess.check_output([sys.executable, "-c", code], text=True) == "False\n"


def test_the_migrations_make_the_tables(url: str) -> None:
    """What Alembic would still change is nothing, HEAD names the newest migration, the partial index is one."""
    engine = connect(url)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Row.metadata) == []
        assert ScriptDirectory.from_config(migrations(connection)).get_current_head() == HEAD
        sql = connection.execute(text("SELECT sql FROM sqlite_master WHERE name = 'uq_pull_open_branch'")).scalar_one()
    engine.dispose()
    assert sql.startswith("CREATE UNIQUE INDEX")
    assert "state = 'open'" in sql


def test_the_migrations_keep_what_the_first_schema_had(tmp_path: Path) -> None:
    """A release with its file, its event, its pull request and its tag, made under 0001, are read by today's store."""
    url = f"sqlite:///{tmp_path}/state.db"
    first_schema.leave(url)
    first_schema.check(url)


def test_the_tables_can_be_made_by_postgresql() -> None:
    """No column is of a type that only SQLite has."""
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
    ddl = [str(CreateTable(table).compile(dialect=dialect)) for table in Row.metadata.sorted_tables]
    assert "TIMESTAMP WITH TIME ZONE" in "".join(ddl)


def test_a_commit_is_synced_and_keys_are_enforced(url: str) -> None:
    """The log is synced at every commit (2 is FULL), so that a power cut loses nothing that was recorded."""
    engine = connect(url)
    with engine.connect() as connection:
        asked = ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        found = [connection.exec_driver_sql(f"PRAGMA {name}").scalar_one() for name in asked]
    engine.dispose()
    assert found == ["wal", 2, 1, 5000]


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ("UPDATE alembic_version SET version_num = '9999'", "made by a newer watcher .*9999.*update this one"),
        ("DROP TABLE alembic_version", "another program"),
    ],
)
def test_a_foreign_database_is_refused(url: str, statement: str, message: str) -> None:
    """A newer one or another program's is refused with a message that says so."""
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text(statement))
    engine.dispose()
    with pytest.raises(StoreError, match=message):
        Store.open(url)


def test_what_is_no_database_is_refused(tmp_path: Path) -> None:
    """A text file, a folder, no file at all, and URLs of nothing."""
    (tmp_path / "text").write_text("not a database, but long enough to have a header" * 9)
    for url in (f"sqlite:///{tmp_path}/text", f"sqlite:///{tmp_path}", "sqlite://", "nonsense", "moon://db"):
        with pytest.raises(StoreError):
            Store.open(url)


def test_a_time_without_a_zone_is_refused() -> None:
    """Nobody could say later what it meant."""
    with pytest.raises(ValueError, match="without a zone"):
        UtcTime().process_bind_param(datetime(2026, 1, 1), postgresql.dialect())  # type: ignore[no-untyped-call]  # noqa: DTZ001


def test_two_connections_lose_no_update(url: str) -> None:
    """Writers wait for one another: what two of them do at once is all there."""
    with Store.open(url) as store:
        (recorded,) = store.record([ENDED], NOW)

    def work() -> None:
        with Store.open(url) as mine:
            for _ in range(20):
                mine.fail(recorded, "again", LATER)
                mine.poll_failed("node", "500", "", LATER)
                mine.record([ENDED], NOW)

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with Store.open(url) as store:
        assert store.unfinished()[0].attempts == 40
        assert store.last_event() == 41


def test_two_processes_may_make_the_same_database(tmp_path: Path) -> None:
    """Who comes second finds it made."""
    code = f"from state.store import Store; Store.open('sqlite:///{tmp_path}/state.db').close()"
    both = [subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.PIPE) for _ in range(2)]
    assert [process.communicate()[1] for process in both] == [b"", b""]


def test_a_failed_migration_leaves_an_empty_database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Migrations are one transaction: half a schema is never left behind."""

    def crash(*_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr("alembic.runtime.migration.HeadMaintainer.update_to_step", crash)
    with pytest.raises(RuntimeError):
        Store.open(f"sqlite:///{tmp_path}/state.db")
    monkeypatch.undo()
    Store.open(f"sqlite:///{tmp_path}/state.db").close()


def test_what_was_recorded_outlives_a_kill(url: str) -> None:
    """A process that is killed while it records loses nothing that `record` had returned from."""
    code = f"""
from state.store import Store
from tests.state import first_schema
from tests.state.facts import NOW
from tests.state.test_schema import ENDED
store = Store.open({url!r})
while True:
    print(*(r.id for r in store.record([ENDED], NOW)), flush=True)
"""
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout
        try:
            told = [int(child.stdout.readline()) for _ in range(50)]
        finally:
            os.kill(child.pid, signal.SIGKILL)
        told += [int(line) for line in child.stdout if line.endswith("\n")]
    with Store.open(url) as store:
        assert set(told) <= {recorded.id for recorded in store.unfinished()}
