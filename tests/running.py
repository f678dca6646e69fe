"""A daemon as a process of its own, as people run it: started, asked over HTTP, sent signals."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sources import SOURCES
from tests.world import World

PROGRAM = Path(sys.executable).with_name("watcher")
PATIENCE = 40.0


@dataclass
class Running:
    """The process, and where its log is."""

    process: subprocess.Popen[bytes]
    log: Path
    url: str = ""

    def text(self) -> str:
        """What it said so far."""
        return self.log.read_text()

    def until(self, true: Callable[[], Any], what: str = "it", seconds: float = PATIENCE) -> Any:
        """Wait until *true* and return that; what was said is in the error."""
        ended = time.monotonic() + seconds
        while time.monotonic() < ended:
            if found := true():
                return found
            time.sleep(0.02)
        raise AssertionError(f"never happened: {what}\n{self.text()}")

    def says(self, pattern: str, seconds: float = PATIENCE) -> re.Match[str]:
        """Wait until its log has *pattern*."""
        found: re.Match[str] = self.until(lambda: re.search(pattern, self.text()), pattern, seconds)
        return found

    def ask(self, path: str, data: bytes | None = None, headers: Mapping[str, str] | None = None) -> tuple[int, bytes]:
        """Ask over HTTP: status and body."""
        request = urllib.request.Request(self.url + path, data, dict(headers or {}))
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()

    def json(self, path: str) -> Any:
        """Ask for a document."""
        return json.loads(self.ask(path)[1])

    def send(self, number: signal.Signals) -> None:
        """Send a signal."""
        self.process.send_signal(number)

    def ends(self) -> int:
        """Wait for its end; return the exit code."""
        return self.process.wait(PATIENCE)


def settings(world: World, extra: str = "", *, sources: tuple[str, ...] = ("node",)) -> None:
    """Give *world* settings for a daemon: the real time, a free port, and only these sources."""
    mirrors = "\n".join(f'"{official}" = "{url}"' for official, url in world.upstream.mirrors().items())
    others = "\n".join(f"[sources.{name}]\nenabled = false" for name in SOURCES if name not in sources)
    web = "" if "[web]" in extra else '[web]\nlisten = "127.0.0.1:0"'
    world.config_file.write_text(f"{web}\n{extra}\n{others}\n[mirrors]\n{mirrors}\n")


@contextmanager
def running(world: World, *arguments: str, environment: Mapping[str, str] | None = None) -> Iterator[Running]:
    """Start ``watcher run`` on a world; it is killed at the end if it still runs."""
    with running_at(world.folder, world.config_file, *arguments, environment=environment) as daemon:
        yield daemon


@contextmanager
def running_at(
    folder: Path, config: Path, *arguments: str, environment: Mapping[str, str] | None = None
) -> Iterator[Running]:
    """Start ``watcher run`` with the settings *config*; its log is in *folder*."""
    log = folder / f"daemon{''.join(arguments)}.log"
    clean = {k: v for k, v in os.environ.items() if not k.startswith("WATCHER_")}  # noqa: TID251  (the child's)
    command = [str(PROGRAM), "run", "--config", str(config), *arguments]
    with log.open("wb") as err:
        process = subprocess.Popen(command, stderr=err, env={**clean, **(environment or {})})
    daemon = Running(process, log)
    try:
        if not arguments or "web" in arguments:
            daemon.url = daemon.says(r"listening on (http://\S+)")[1]
        yield daemon
    finally:
        process.kill()
        process.wait()
