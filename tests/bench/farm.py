"""A farm of 64 workers whose builds sleep: how long a tree of builds takes, beside what no farm could do better.

Beside our order of the builds: the same tree given to Dask whole, with parents as arguments. Beside our workshop on one
machine: Dask's cluster within a process.
"""

from __future__ import annotations

import asyncio
import logging
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dask
from distributed import Client, Scheduler

from builder.farm import Farm, connected, work, worker_of
from builder.workshop import Made, Order
from tests.bench import measure
from tests.builder.test_farm import AMD64, order

WORKERS, TREES, CLASSES, STACKS = 64, 64, 2, 4
_SECONDS = (2.5, 10.5)
"""The shortest and the longest build: 6.5 s on average."""


@dataclass(frozen=True)
class Sleeper:
    """A maker whose work is to wait as long as the order's name says."""

    async def make(self, order: Order) -> Made:
        """Sleep."""
        seconds = int(order.inputs, 16) / 1000
        await asyncio.sleep(seconds)
        return Made(f"sha256:{order.inputs}", seconds)


@dataclass(frozen=True)
class Task:
    """One build of the tree: how long it takes, and the number of the one that it stands on (-1: none)."""

    seconds: float
    parent: int


Way = Callable[[str, list[Task], Path], Awaitable[None]]


def main() -> None:
    """Measure the makespan of a tree distro → class → stack, ours and Dask's; then one machine."""
    tasks = list(_tree(random.Random(7)))
    total = sum(task.seconds for task in tasks)
    ends: list[float] = []
    for task in tasks:
        ends.append(task.seconds + (ends[task.parent] if task.parent >= 0 else 0))
    floor = max(*ends, total / WORKERS)
    # Closing 64 connections at once is told as 64 lost ones; 64 workers in one process would look at themselves all day.
    logging.getLogger("distributed").setLevel(logging.CRITICAL)
    quiet = dask.config.set({"distributed.worker.profile.enabled": False})
    what = f"{len(tasks)} builds of {total / len(tasks):.1f} s on {WORKERS} workers"
    ways: dict[str, Way] = {"": _ours, ", Dask's own graph": _graph}
    for which, way in ways.items():
        with quiet, tempfile.TemporaryDirectory() as folder:
            before = time.process_time()
            seconds = asyncio.run(_run(way, tasks, Path(folder)))
            own = time.process_time() - before
        measure.line(what + which, f"{seconds:.1f} s", f"{floor:.1f} s work or path", seconds / floor, "< 1.1 x")
        measure.line("  CPU of scheduler, workers and client together", f"{own:.1f} s")
    for name, which in (("a maker in the process", "direct"), ("Dask's cluster in the process", "cluster")):
        command = [sys.executable, "-m", "tests.bench.one_machine", which]
        started, each, memory = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
        measure.line(f"{name}: a build of nothing", f"{float(each):.2f} ms CPU")
        measure.line("  to start it; memory for it", f"{float(started):.2f} s CPU, {float(memory):.0f} MiB")


def _tree(dice: random.Random) -> Iterator[Task]:
    """Each tree: a distro's image, its classes, and on each of these the stacks."""
    number = 0
    for _ in range(TREES):
        root = number
        bases = [root, *range(root + 1, root + 1 + CLASSES)]
        parents = [-1, *[root] * CLASSES, *[base for base in bases for _ in range(STACKS)]]
        yield from (Task(dice.uniform(*_SECONDS), parent) for parent in parents)
        number += len(parents)


async def _run(way: Way, tasks: list[Task], folder: Path) -> float:
    """Have the workers, and let them build one way; seconds."""
    async with AsyncExitStack() as stack:
        scheduler = await stack.enter_async_context(
            Scheduler(host="127.0.0.1", port=0, dashboard=False, dashboard_address="127.0.0.1:0")
        )
        for n in range(WORKERS):
            worker = worker_of(scheduler.address, Sleeper(), folder / str(n), {AMD64: 1}, host="127.0.0.1")
            await stack.enter_async_context(worker)
        start = time.perf_counter()
        await way(scheduler.address, tasks, folder)
        return time.perf_counter() - start


async def _ours(scheduler: str, tasks: list[Task], folder: Path) -> None:
    """Order each build once what it stands on is made, as the queue does."""
    made = [asyncio.Event() for _ in tasks]

    async def one(farm: Farm, number: int, task: Task) -> None:
        if task.parent >= 0:
            await made[task.parent].wait()
        await farm.make(order(folder, int(task.seconds * 1000)))
        made[number].set()

    async with connected(scheduler) as farm:
        await asyncio.gather(*(one(farm, number, task) for number, task in enumerate(tasks)))


async def _graph(scheduler: str, tasks: list[Task], folder: Path) -> None:
    """Hand all in at once, each with the future of what it stands on."""
    async with Client(scheduler, asynchronous=True, set_as_default=False) as client:  # type: ignore[no-untyped-call]
        futures: list[Any] = []
        for task in tasks:
            parent = futures[task.parent] if task.parent >= 0 else None
            wanted = order(folder, int(task.seconds * 1000))
            futures.append(client.submit(_after, wanted, parent, resources={AMD64: 1}, pure=False))
        await client.gather(futures)


async def _after(order: Order, parent: object) -> object:
    del parent
    return await work(order)
