"""Two at once: watchers on one database take turns, and nobody waits for a dead one."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from state.errors import StoreBusy
from state.store import Store
from tests.world import NEWER, World
from watcher.app import App
from watcher.locks import Locks

pytestmark = pytest.mark.slow

PROGRAM = Path(sys.executable).with_name("watcher")
_HOLDER = """
import sys, time
from state.store import Store
store = Store.open(sys.argv[1])
assert store.turn("act").take("pid 4711, since noon") is None
print("mine", flush=True)
time.sleep(60)
"""


@pytest.fixture
def url(tmp_path: Path) -> str:
    """A database."""
    return f"sqlite:///{tmp_path}/watcher.db"


def locks(store: Store, patience: float) -> Locks:
    """The turns of one process."""
    return Locks(store, patience, lambda: datetime(2026, 11, 24, tzinfo=UTC))


def holder(url: str) -> subprocess.Popen[str]:
    """Another process, which is acting."""
    other = subprocess.Popen([sys.executable, "-c", _HOLDER, url], stdout=subprocess.PIPE, text=True)
    assert other.stdout
    assert other.stdout.readline() == "mine\n"
    return other


async def test_a_turn_ends_with_its_holder_even_by_kill_dash_nine(url: str, caplog: pytest.LogCaptureFixture) -> None:
    """Who waits says for whom, and goes on as soon as the other one is dead."""
    with Store.open(url) as store, caplog.at_level(logging.WARNING):
        other = holder(url)
        asyncio.get_running_loop().call_later(0.6, other.send_signal, signal.SIGKILL)
        async with locks(store, 30).hold("act"):
            assert other.wait() == -signal.SIGKILL
        assert other.stdout
        other.stdout.close()
    assert caplog.messages == ["another watcher (pid 4711, since noon) is acting; waiting"]


async def test_patience_ends_with_an_error_that_names_the_other(url: str) -> None:
    """Nobody waits for ever; another turn than the one that is taken is free meanwhile."""
    with Store.open(url) as store, holder(url) as other:
        async with locks(store, 0).hold("build"):
            pass
        with pytest.raises(StoreBusy, match=r"another watcher \(pid 4711, since noon\) is acting: waited 0.1 s"):
            async with locks(store, 0.1).hold("act"):
                pass
        other.kill()


async def test_tasks_of_one_process_take_turns_in_order(url: str) -> None:
    """The event loop goes on meanwhile."""
    order: list[int] = []
    with Store.open(url) as store:
        turns = locks(store, 5)

        async def task(number: int) -> None:
            async with turns.hold("act"):
                order.append(number)
                await asyncio.sleep(0.01)
                order.append(number)

        await asyncio.gather(*(task(number) for number in range(4)))
    assert order == [0, 0, 1, 1, 2, 2, 3, 3]


def test_syncs_at_once_make_one_pull_request_per_line_and_record_each_event_once(world: World) -> None:
    """Three real processes at the same moment: all end well, and together they did what one does."""
    world.only("22.11.0")
    world.sync()
    world.decide("merge", 1)
    world.publish(NEWER)
    world.only("26.7.0", "24.19.0", "22.23.2", "22.11.0")
    command = [str(PROGRAM), "--config", str(world.config_file), "sync", "node"]
    many = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(3)]
    said = [process.communicate(timeout=60) for process in many]
    assert [process.returncode for process in many] == [0, 0, 0], said

    async def found(app: App) -> tuple[list[str], list[str], int]:
        branches = [pull.branch for pull in await app.forge.pulls() if pull.standing == "open"]
        told = [json.dumps([e.kind, e.source, e.summary]) for e in app.store.events(1000)]
        return branches, told, len(app.store.unfinished())

    branches, told, unfinished = world.run(found)
    assert len(branches) == len(set(branches)) == 3
    assert len(told) == len(set(told)), sorted(told)
    assert unfinished == 0


def test_a_merge_that_two_processes_see_is_planned_once(world: World) -> None:
    """Whoever comes second finds it done."""
    world.only("22.11.0")
    world.sync()

    async def merged(app: App) -> None:
        await app.forge.merge(1)

    world.run(merged)
    command = [str(PROGRAM), "--config", str(world.config_file), "sync", "node"]
    for process in [subprocess.Popen(command, stdout=subprocess.DEVNULL) for _ in range(2)]:
        assert process.wait(60) == 0

    async def kinds(app: App) -> list[str]:
        return [e.kind for e in app.store.events(1000)]

    told = world.run(kinds)
    assert told.count("PullRequestMerged") == told.count("BuildPlanned") == 1


def test_a_reading_command_does_not_wait(world: World) -> None:
    """It shows what is known, and says that somebody is acting."""
    world.only("22.11.0")
    world.sync()
    with holder(f"sqlite:///{world.folder}/ws/var/watcher.db") as other:
        done = subprocess.run([str(PROGRAM), "--config", str(world.config_file), "pulls"],
                              capture_output=True, text=True, timeout=20, check=True)  # fmt: skip
        other.kill()
    assert "#1 " in done.stdout
    assert done.stderr == ("watcher: another watcher (pid 4711, since noon) is acting: this is what was known before\n")


def test_the_lock_files_are_private_and_stay(world: World) -> None:
    """Removing one could let two in; they carry nothing but who acts."""
    world.only("22.11.0")
    world.sync()
    [lock] = (world.folder / "ws" / "var").glob("watcher.db-act.lock")
    assert lock.stat().st_mode & 0o777 == 0o600
    assert lock.read_text().startswith(f"pid {os.getpid()} on ")
