"""Debian's Docker, for as long as the run takes: images, containers and networks of its own, in a network of its own."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.images.engine import Engine, NoEngineError, output
from tests.images.machine import install

_NEEDED = {"dockerd": "docker.io", "ip": "iproute2"}


@dataclass(frozen=True, slots=True)
class Docker:
    """A daemon that listens on a socket; ``space`` is the network namespace that its published ports are in."""

    socket: Path
    space: str

    def __call__(self, *arguments: str | Path) -> str:
        """Run ``docker`` and return what it printed; an error is one."""
        return output("docker", "--host", f"unix://{self.socket}", *arguments).strip()

    def tells(self, *arguments: str) -> tuple[int, str]:
        """Run ``docker``; return its exit code and all it printed."""
        command = ["docker", "--host", f"unix://{self.socket}", *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        return done.returncode, done.stdout + done.stderr

    def get(self, url: str) -> str:
        """Ask a published port, as somebody on the machine would."""
        ask = "import sys, urllib.request as r; print(r.urlopen(sys.argv[1], timeout=10).read().decode())"
        return output(*_entering(self.space), "python3", "-c", ask, url).strip()

    def until(self, wanted: str, *question: str, seconds: float = 90) -> None:
        """Wait until ``docker …`` answers *wanted*."""
        ended = time.monotonic() + seconds
        while (told := self.tells(*question)[1].strip()) != wanted:
            if time.monotonic() > ended:
                raise AssertionError(f"docker {' '.join(question)}: {told} instead of {wanted}")
            time.sleep(0.2)

    def load(self, engine: Engine, name: str, work: Path, called: str = "") -> None:
        """Bring an image over from buildah's store."""
        archive = work / "image.tar"
        output(*engine.store, "push", "--quiet", name, f"docker-archive:{archive}:{called or name}")
        self("load", "--quiet", "--input", archive)
        archive.unlink()


@contextmanager
def running(work: Path) -> Iterator[Docker]:
    """Start ``dockerd``, its state below *work*."""
    install(_NEEDED, "make test-deploy")
    install({"docker": "docker-cli"}, "make test-deploy")  # part of docker.io in Debian 12
    space, folder = f"watcher-{os.getpid()}", work / "docker"
    folder.mkdir()
    socket, told = folder / "socket", folder / "log"
    output("ip", "netns", "add", space)
    try:
        output("ip", "-n", space, "link", "set", "lo", "up")
        with told.open("wb") as log:
            process = subprocess.Popen(_daemon(space, folder, socket), stdout=log, stderr=log)
            try:
                _wait(socket, process, told)
                yield Docker(socket, space)
            finally:
                process.terminate()
                process.wait()
    finally:
        output("ip", "netns", "delete", space)


def _entering(space: str) -> Sequence[str]:
    """What goes before a command in that namespace; ``ip netns exec`` would hide the cgroups."""
    return ("nsenter", f"--net=/run/netns/{space}")


def _daemon(space: str, folder: Path, socket: Path) -> Sequence[str]:
    """The command that starts it."""
    return (
        *_entering(space),
        *("dockerd", f"--host=unix://{socket}"),
        *(f"--data-root={folder}/data", f"--exec-root={folder}/run", f"--pidfile={folder}/pid"),
    )


def _wait(socket: Path, process: subprocess.Popen[bytes], told: Path) -> None:
    for _ in range(300):
        if process.poll() is not None:
            break
        if Docker(socket, "").tells("info", "--format", "{{.ServerVersion}}")[0] == 0:
            return
        time.sleep(0.1)
    raise NoEngineError(f"dockerd does not run here:\n{told.read_text()[-3000:]}")
