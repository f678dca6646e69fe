"""Tells the service manager how we are: https://www.freedesktop.org/software/systemd/man/sd_notify.html."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

READY, STOPPING = "READY=1", "STOPPING=1"


@dataclass(frozen=True, slots=True)
class Supervisor:
    """Who watches this process: the address of its socket, "" for nobody, and the seconds of silence that it bears."""

    address: str = ""
    watchdog: float | None = None

    def tell(self, *states: str) -> None:
        """Send *states*; a service manager that does not listen is no reason to stop."""
        if not self.address:
            return
        address = "\0" + self.address[1:] if self.address.startswith("@") else self.address
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as there:
            there.connect(address)
            there.send("\n".join(states).encode())

    def reloading(self) -> None:
        """Say that READY will follow; the time is that of the clock which systemd compares with."""
        self.tell("RELOADING=1", f"MONOTONIC_USEC={time.monotonic_ns() // 1000}")

    @asynccontextmanager
    async def watched(self) -> AsyncIterator[None]:
        """Say at half the time that the event loop still turns."""
        task = asyncio.create_task(self._ping(self.watchdog / 2)) if self.watchdog else None
        try:
            yield
        finally:
            if task:
                task.cancel()

    async def _ping(self, seconds: float) -> None:
        while True:
            self.tell("WATCHDOG=1")
            await asyncio.sleep(seconds)
