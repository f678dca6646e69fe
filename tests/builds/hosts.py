"""Hosts of their own on this machine: network namespaces, each with one cable to it. Needs root."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from tests.builds.machine import run

NAMES = ("watcher-farm-1", "watcher-farm-2")
HERE = "198.18.77.1"
"""This machine's address on the first cable (of RFC 2544's range, for tests): hosts reach it and nothing beyond it."""


@dataclass(frozen=True, slots=True)
class Host:
    """A network namespace by its name, and its address."""

    name: str
    address: str

    def command(self, *words: str) -> list[str]:
        """Return the command that runs *words* there."""
        return ["ip", "netns", "exec", self.name, *words]

    def kill(self) -> None:
        """Let the host be gone at once, with all that runs on it."""
        while pids := run("ip", "netns", "pids", self.name).split():
            for pid in pids:
                with suppress(ProcessLookupError):
                    os.kill(int(pid), signal.SIGKILL)
            time.sleep(0.02)


@contextmanager
def two() -> Iterator[tuple[Host, Host]]:
    """Have two hosts, and take them away again with all that is left on them."""
    one, other = hosts = tuple(Host(name, f"198.18.77.{4 * n + 2}") for n, name in enumerate(NAMES))
    _remove(hosts)
    try:
        for number, host in enumerate(hosts):
            _connect(host, f"watcher{number}", f"198.18.77.{4 * number + 1}")
        yield one, other
    finally:
        _remove(hosts)


def _connect(host: Host, cable: str, here: str) -> None:
    run("ip", "netns", "add", host.name)
    run("ip", "link", "add", cable, "type", "veth", "peer", "name", "eth0", "netns", host.name)
    run("ip", "address", "add", f"{here}/30", "dev", cable)
    run("ip", "link", "set", cable, "up")
    there = ("ip", "-n", host.name)
    run(*there, "address", "add", f"{host.address}/30", "dev", "eth0")
    for link in ("lo", "eth0"):
        run(*there, "link", "set", link, "up")
    run(*there, "route", "add", "default", "via", here)


def _remove(hosts: tuple[Host, ...]) -> None:
    """Take away what there is of them, also of a run that was killed; a cable goes with its namespace."""
    there = run("ip", "netns", "list").split()
    for host in hosts:
        if host.name in there:
            host.kill()
            subprocess.run(["ip", "-n", host.name, "link", "delete", "eth0"], capture_output=True, check=False)
            run("ip", "netns", "delete", host.name)
