"""``watcher run`` as a process of its own: it polls, proposes, hears signals, and ends cleanly."""

from __future__ import annotations

import asyncio
import fcntl
import signal
import socket
import sqlite3
import subprocess
import sys
from contextlib import closing, suppress
from pathlib import Path

import pytest
from click.testing import CliRunner

from state.errors import ForgeError, SettingsError
from tests.running import Running, running, settings
from tests.upstream import Fault
from tests.upstream.layout import OFFICIAL
from tests.world import NEWER, World
from watcher.cli import cli
from watcher.config import load
from watcher.daemon import checked
from watcher.wiring import wired

pytestmark = pytest.mark.slow

INDEX = f"/{OFFICIAL}/index.json"


@pytest.fixture
def today(world: World) -> World:
    """A world whose upstream has what is supported today."""
    world.publish(NEWER)
    settings(world)
    return world


def happened(world: World) -> bool:
    """Whether anything is in the journal."""
    file = world.folder / "ws" / "var" / "watcher.db"
    if not file.exists():
        return False
    with closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)) as memory, suppress(sqlite3.OperationalError):
        return bool(memory.execute("SELECT count(*) FROM event").fetchone()[0])
    return False


def invoke(world: World, *arguments: str) -> str:
    """What a command prints."""
    done = CliRunner().invoke(cli, ["--config", str(world.config_file), *arguments])
    assert done.exit_code == 0
    return done.output


def test_a_daemon_polls_proposes_reloads_and_ends(today: World) -> None:
    """From nothing to an open pull request; wrong settings are refused while it runs; it ends with exit code 0."""
    with running(today) as daemon:
        assert daemon.ask("/healthz")[0] == 200
        daemon.says(r"PullRequestOpened #1 node: import 22, 24, 26")
        daemon.until(lambda: daemon.ask("/readyz")[0] == 200, "ready")
        good = today.config_file.read_text()
        today.config_file.write_text('now = "2026-08-10T09:00:00Z"')
        daemon.send(signal.SIGHUP)
        daemon.says("the settings stay as they were: .* a daemon works by the real time")
        assert daemon.ask("/healthz")[0] == 200
        today.config_file.write_text(f"{good}\n[publish]\nmode = 'observe'")
        daemon.send(signal.SIGHUP)
        daemon.says("settings read again")
        assert daemon.ask("/healthz")[0] == 200
        daemon.send(signal.SIGTERM)
        assert daemon.ends() == 0
    assert [pull.state for pull in today.pulls()] == ["open"]


_HANGUP = """
import os, signal, sys
class Hangup:
    def find_spec(self, name, *_):
        if name == "watcher.daemon":
            os.kill(os.getpid(), signal.SIGHUP)
sys.meta_path.insert(0, Hangup())
from watcher.cli import cli
cli()
"""


def test_a_reload_that_is_asked_for_while_it_starts_does_not_end_it(today: World) -> None:
    """SIGHUP comes while the program is still being loaded."""
    log = today.folder / "starting.log"
    command = [sys.executable, "-c", _HANGUP, "run", "--role", "web", "--config", str(today.config_file)]
    with log.open("wb") as err, subprocess.Popen(command, stderr=err) as process:
        daemon = Running(process, log)
        daemon.until(lambda: process.poll() is not None or "listening on" in daemon.text(), "a start")
        daemon.send(signal.SIGTERM)
        assert daemon.ends() == 0


@pytest.mark.parametrize("twice", [True, False])
def test_a_step_has_its_grace_period_and_no_more(today: World, *, twice: bool) -> None:
    """A step that does not end is left to the journal after the grace period, or at once by a second signal."""
    settings(today, f"[daemon]\ngrace_seconds = {60 if twice else 0.5}")
    today.upstream.latency = 0.4
    lock = Path(today.folder / "ws" / "images.git" / "watcher.lock")
    with running(today) as daemon, lock.open("a") as held:
        daemon.until(lambda: today.upstream.requests, "a poll")
        fcntl.flock(held, fcntl.LOCK_EX)  # what git's writing waits for
        daemon.until(lambda: happened(today), "an event")
        daemon.send(signal.SIGTERM)
        if twice:
            daemon.says("SIGTERM: ending")
            daemon.send(signal.SIGTERM)
        assert daemon.ends() == (-signal.SIGTERM if twice else 0)
        assert ("still at it after 0.5 s" in daemon.text()) is not twice
    assert [entry["title"] for entry in today.sync()["pulls"]] == ["node: import 22, 24, 26"]


def test_systemd_is_told_and_its_watchdog_fed(today: World) -> None:
    """READY once it serves, WATCHDOG while it lives, RELOADING and STOPPING when it does."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(today.folder / "notify"))
        manager.settimeout(20)
        told = {"NOTIFY_SOCKET": str(today.folder / "notify"), "WATCHDOG_USEC": "200000"}
        heard = set[str]()
        with running(today, "--role", "web", environment=told) as daemon:
            while not heard >= {"WATCHDOG=1", "READY=1"}:
                heard |= set(manager.recv(100).decode().splitlines())
            daemon.send(signal.SIGHUP)
            while "RELOADING=1" not in heard:
                heard |= set(manager.recv(100).decode().splitlines())
            daemon.send(signal.SIGTERM)
            assert daemon.ends() == 0
            while "STOPPING=1" not in heard:
                heard |= set(manager.recv(100).decode().splitlines())


def test_a_paused_source_is_left_alone_until_it_is_resumed(today: World) -> None:
    """Nothing is asked of upstream; `watcher resume` from another process has it polled within moments.

    A poll that hangs is broken off by a stop: nothing was recorded of it, and nothing is lost.
    """
    today.upstream.faults[INDEX] = Fault("stall")
    assert "left alone" in invoke(today, "pause", "node", "--reason", "mirror moves")
    assert invoke(today, "sync").startswith("Nothing to do")
    with running(today) as daemon:
        daemon.until(lambda: daemon.ask("/readyz")[0] == 503, "not ready")
        assert today.upstream.requests == []
        assert "polled again" in invoke(today, "resume", "node")
        daemon.until(lambda: any(seen.path == INDEX for seen in today.upstream.requests), "a poll")
        daemon.send(signal.SIGTERM)
        assert daemon.ends() == 0
        assert "still at it" not in daemon.text()
    assert "was not paused" in invoke(today, "resume", "node")


def test_a_process_without_a_token_serves_and_decides_nothing(today: World) -> None:
    """The roles web and publish start with GitHub as the forge and no token of it; the role poll needs one."""
    github = '[images]\nremote = "http://127.0.0.1:9/x.git"\n[forge]\nkind = "github"\n[github]\nrepository = "o/x"'
    settings(today, github)

    async def start(*, deciding: bool) -> None:
        async with wired(load(today.config_file), deciding=deciding) as app:
            assert app.store.pulls() == []
            with pytest.raises(ForgeError, match="the one that runs the role poll has"):
                await app.forge.merge(1)

    asyncio.run(start(deciding=False))
    with pytest.raises(SettingsError, match="give token_file"):
        asyncio.run(start(deciding=True))


def test_a_pretended_time_is_refused(world: World) -> None:
    """The daemon works by the real clock."""
    with pytest.raises(SettingsError, match="a daemon works by the real time"):
        checked(load(world.config_file))
