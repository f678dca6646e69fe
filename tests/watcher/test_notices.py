"""Notices: each thing is told once, to a real receiver; what could not be sent waits."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from builder.notifier import Notifier
from state.errors import SettingsError
from state.events import ArtifactChanged, BuildFailed
from state.model import Build
from tests.upstream import Fault
from tests.upstream.layout import OFFICIAL
from tests.world import NEWER, World
from watcher import notices
from watcher.app import App
from watcher.wiring import notifier

pytestmark = pytest.mark.filterwarnings("ignore:.*imghdr.*:DeprecationWarning")  # of a library that Apprise loads


@dataclass
class Receiver:
    """Takes what Apprise's json:// sends; ``status`` is what it answers."""

    port: int = 0
    status: int = 200
    got: list[dict[str, Any]] = field(default_factory=list)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A server of ours."""
    box = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            said = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if box.status == 200:
                box.got.append(said)
            self.send_response(box.status)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    box.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield box
    server.shutdown()
    server.server_close()


def told(world: World, receiver: Receiver) -> int:
    """Tell what there is to tell."""

    async def job(app: App) -> int:
        return await notices.tell(app, Notifier([f"json://127.0.0.1:{receiver.port}"]))

    return world.run(job)


def test_each_thing_is_told_once_and_not_the_past(imported: World, receiver: Receiver) -> None:
    """Who begins to listen hears of what comes after; a release, a changed checksum, a failed build."""
    assert told(imported, receiver) == 0
    imported.publish(NEWER)
    imported.only("22.23.2", "22.11.0")
    imported.sync()

    async def record(app: App) -> None:
        changed = ArtifactChanged("node", "22", "22.11.0", "https://nodejs.org/x\nforged: line", "sha256:1", "sha256:2")
        failed = BuildFailed(
            "node", 1, "balenalib/amd64-debian-node:22", "RUN curl", "exit code 1", "1.log", 0, stopped=True
        )
        app.store.record([changed, failed], app.now())

    imported.run(record)
    assert told(imported, receiver) >= 3
    [message] = receiver.got
    lines = message["message"].splitlines()
    assert lines[0] == "node: 22.23.2 (security) is out"
    assert "node 22.11.0: another checksum than recorded at https://nodejs.org/x?forged: line" in lines
    assert lines[-1] == "balenalib/amd64-debian-node:22: RUN curl failed, not tried again by itself"
    assert message["title"].startswith("watcher: node: 22.23.2 (security) is out, and ")
    assert told(imported, receiver) == 0


def test_what_could_not_be_sent_waits(imported: World, receiver: Receiver) -> None:
    """The receiver is down: nothing is lost, and it comes in one message."""
    told(imported, receiver)
    imported.publish(NEWER)
    imported.only("22.23.2", "22.11.0")
    imported.sync()
    receiver.status = 503
    assert told(imported, receiver) == 0
    receiver.status = 200
    assert told(imported, receiver) >= 1
    assert len(receiver.got) == 1


def test_what_lasts_too_long_is_told_once(imported: World, receiver: Receiver) -> None:
    """A pull request that nobody decides on, a feed that is dead: after the set time, by kind, once."""
    imported.publish(NEWER)
    imported.only("22.23.2", "22.11.0")
    imported.sync()
    told(imported, receiver)
    for name in ("index.json", "v22.23.2/SHASUMS256.txt.asc"):
        imported.upstream.faults[f"/{OFFICIAL}/{name}"] = Fault("status", 404)
    imported.sync()
    assert told(imported, receiver) == 0
    imported.day(NEWER[2] + timedelta(days=6))
    assert told(imported, receiver) == 1
    assert receiver.got[-1]["message"].startswith("node cannot be polled since 2026-08-10T09:00: ")
    imported.day(NEWER[2] + timedelta(days=8))
    assert told(imported, receiver) == len([pull for pull in imported.pulls() if pull.state == "open"])
    assert "is open for 8 days: " in receiver.got[-1]["message"]
    assert told(imported, receiver) == 0
    imported.settings('[notices]\ntell = ["release"]\npull_open_after = "1d"')
    assert told(imported, receiver) == 0


def test_builds_that_wait_for_a_machine_are_told_once_a_day(imported: World, receiver: Receiver) -> None:
    """Not of each image: of what they wait for."""
    told(imported, receiver)

    async def wait(app: App) -> None:
        app.store.builds.add(
            [
                Build(
                    1,
                    "c" * 40,
                    name,
                    "build",
                    "linux/amd64",
                    "amd64",
                    f"{name}/Dockerfile",
                    "debian:12",
                    app.now().date(),
                )
                for name in ("balenalib/a:1", "balenalib/b:1")
            ]
        )
        app.store.builds.save(replace(each, error="no worker") for each in app.store.builds.open())

    imported.run(wait)
    assert told(imported, receiver) == 1
    assert receiver.got[-1]["message"] == "builds wait: no worker"
    assert told(imported, receiver) == 0


def test_wrong_urls_are_refused_without_being_quoted(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """They carry passwords; no URLs is nobody to tell."""

    async def job(app: App) -> Notifier | None:
        return notifier(app.config)

    assert world.run(job) is None
    (world.folder / "ws" / "urls").write_text("json://127.0.0.1:1\nnonsense://secret\n")
    world.settings('[notices]\nurls_file = "urls"')
    with pytest.raises(SettingsError, match="line 2") as caught:
        world.run(job)
    assert "secret" not in str(caught.value)
