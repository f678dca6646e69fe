"""What only a server can do wrong: migrations of what is there, readers beside writers, two watchers at once."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from state.errors import StoreError
from state.events import SupportEnded
from state.store import Store
from tests.state import first_schema
from tests.state.facts import NOW
from tests.upstream import Upstream
from tests.world import NEWER, World
from watcher.app import App

PROGRAM = Path(sys.executable).with_name("watcher")
ENDED = SupportEnded("node", "20", "20.1.0", "2026-04-30")


def test_the_migrations_lead_from_the_first_schema_to_ours(empty: str) -> None:
    """What an older watcher recorded is there afterwards, and Alembic would change nothing more."""
    first_schema.leave(empty)
    first_schema.check(empty)


def test_two_processes_may_make_the_same_database(empty: str) -> None:
    """Who comes second finds it made."""
    code = f"from state.store import Store; Store.open({empty!r}).close()"
    both = [subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.PIPE) for _ in range(3)]
    assert [process.communicate()[1] for process in both] == [b"", b"", b""]


def test_readers_do_not_wait_for_a_writer(url: str) -> None:
    """They see what was committed before."""
    with Store.open(url) as store, Store.open(url) as other:
        with store._writing() as session:
            session.connection()
            assert other.unfinished() == []
        store.record([ENDED], NOW)
        assert len(other.unfinished()) == 1


def test_a_writer_that_waits_too_long_is_told_so(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on SQLite: the database is locked, and nothing of that call is kept."""
    monkeypatch.setattr("state.store.schema._BUSY_MS", 50)
    with Store.open(url) as store, Store.open(url) as other:
        with store._writing() as session:
            session.connection()
            with pytest.raises(StoreError, match="lock timeout"):
                other.record([ENDED], NOW)
        assert other.unfinished() == []


def test_a_turn_is_one_connections_and_ends_with_it(url: str) -> None:
    """Who asks meanwhile is told by whom it is taken; other turns, and other databases, are free."""
    with Store.open(url) as store, Store.open(url) as other:
        mine, theirs, free = store.turn("act"), other.turn("act"), other.turn("build")
        assert mine.take("pid 1, since noon") is None
        assert theirs.take("pid 2, since one") == "pid 1, since noon"
        assert free.take("pid 2, since one") is None
        free.give()
        mine.give()
        assert theirs.take("pid 2, since one") is None
        theirs.give()


def test_a_killed_holder_holds_nothing(url: str) -> None:
    """The server gives the turn up as soon as the connection is gone."""
    code = f"""
import time
from state.store import Store
turn = Store.open({url!r}).turn("act")
assert turn.take("pid 4711") is None
print(flush=True)
time.sleep(60)
"""
    with Store.open(url) as store:
        with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as other:
            assert other.stdout
            other.stdout.readline()
            turn = store.turn("act")
            assert turn.take("mine") == "pid 4711"
            other.kill()
        until = time.monotonic() + 5
        while turn.take("mine") is not None:
            assert time.monotonic() < until
            time.sleep(0.02)
        turn.give()


def test_many_writers_lose_nothing(url: str) -> None:
    """Six at once, each with connections of its own, never have to try again."""

    def work() -> None:
        with Store.open(url) as mine:
            for _ in range(20):
                mine.record([ENDED], NOW)

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with Store.open(url) as store:
        assert len(store.unfinished()) == 120


@pytest.fixture
def shared(tmp_path: Path, url: str) -> Iterator[World]:
    """A workspace whose memory is in the server."""
    (tmp_path / "served").mkdir()
    with Upstream(tmp_path / "served") as upstream:
        world = World.make(tmp_path, upstream)
        world.settings(f'[state]\ndatabase_url = "{url}"')
        yield world


def test_syncs_at_once_make_one_pull_request_per_line(shared: World) -> None:
    """Four real processes: all end well, no event is there twice, nothing is unfinished."""
    shared.sync()
    shared.decide("merge", 1)
    shared.publish(NEWER)
    line = [str(PROGRAM), "--config", str(shared.config_file), "sync", "node"]
    many = [subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(4)]
    said = [process.communicate(timeout=120) for process in many]
    assert [process.returncode for process in many] == [0] * 4, said

    async def found(app: App) -> tuple[list[str], list[str], int]:
        branches = [pull.branch for pull in await app.forge.pulls() if pull.standing == "open"]
        told = [json.dumps([e.kind, e.source, e.summary]) for e in app.store.events(1000)]
        return branches, told, len(app.store.unfinished())

    branches, told, unfinished = shared.run(found)
    assert len(branches) == len(set(branches)) == 6
    assert len(told) == len(set(told)), sorted(told)
    assert unfinished == 0
