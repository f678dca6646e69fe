"""One machine: builds of nothing by a maker in the process, or by Dask's cluster within the process (a process per way).

Run as a program it prints CPU seconds to start (imports included), CPU milliseconds per build, and MiB of memory for
it: CPU time is the same on a machine that has other work.
"""

from __future__ import annotations

import asyncio
import resource
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from builder.workshop import Made, Maker, Order
from state.model import Arch, Image

BUILDS = 500
_PLATFORM = "linux/amd64"


@dataclass(frozen=True)
class Nothing:
    """A maker without work."""

    async def make(self, order: Order) -> Made:
        """Be done."""
        return Made(f"sha256:{order.inputs}", 0.0)


@asynccontextmanager
async def _direct(folder: Path) -> AsyncIterator[Maker]:
    del folder
    yield Nothing()


@asynccontextmanager
async def _cluster(folder: Path) -> AsyncIterator[Maker]:
    from distributed import Scheduler  # noqa: PLC0415  (its import is a part of what is measured)

    from builder.farm import connected, worker_of  # noqa: PLC0415

    async with (
        Scheduler(host="127.0.0.1", port=0, dashboard=False, dashboard_address="127.0.0.1:0") as scheduler,
        worker_of(scheduler.address, Nothing(), folder, {_PLATFORM: 2}, host="127.0.0.1"),
        connected(scheduler.address) as farm,
    ):
        yield farm


WAYS = {"direct": _direct, "cluster": _cluster}


async def _measured(way: str, folder: Path) -> tuple[float, float, float]:
    image = Image("os-arch", "amd64", Arch.AMD64, "debian", "trixie", "run", "x/Dockerfile", "debian:trixie")
    order = Order("a/b:1", image, _PLATFORM, "0" * 64, "x/Dockerfile", {}, {}, {}, 0, folder / "log")
    held, begun = _memory(), time.process_time()
    async with WAYS[way](folder) as maker:
        started = time.process_time() - begun
        begun = time.process_time()
        for _ in range(BUILDS):
            await maker.make(order)
        return started, (time.process_time() - begun) / BUILDS * 1000, _memory() - held


def _memory() -> float:
    """MiB that the process has in memory."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() / 2**20


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        print(*asyncio.run(_measured(sys.argv[1], Path(scratch))))
