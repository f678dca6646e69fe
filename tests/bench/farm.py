"""A farm of 64 workers whose builds sleep: how long a tree of builds takes, beside what no farm could do better."""

from __future__ import annotations

import asyncio
import logging
import random
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import dask
from distributed import Scheduler, Worker

from builder.farm import Farm, connected, worker_of
from builder.workshop import Made, Order
from tests.bench import measure
from tests.builder.test_farm import AMD64, order

WORKERS, TREES, CLASSES, STACKS = 64, 64, 2, 4
_SECONDS = (2.0, 10.0)
"""The shortest and the longest build: 6 s on average."""


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


def main() -> None:
    """Measure the makespan of a tree distro → class → stack."""
    tasks = list(_tree(random.Random(7)))
    work = sum(task.seconds for task in tasks)
    ends: list[float] = []
    for task in tasks:
        ends.append(task.seconds + (ends[task.parent] if task.parent >= 0 else 0))
    floor = max(*ends, work / WORKERS)
    logging.getLogger("distributed").setLevel(logging.ERROR)
    # 64 workers in one process would spend its time on looking at themselves.
    quiet = dask.config.set({"distributed.worker.profile.enabled": False})
    with quiet, tempfile.TemporaryDirectory() as folder:
        seconds = asyncio.run(_run(tasks, Path(folder)))
    what = f"{len(tasks)} builds of {work / len(tasks):.1f} s on {WORKERS} workers"
    measure.line(what, f"{seconds:.1f} s", f"{floor:.1f} s work or path", seconds / floor, "< 1.1 x")


def _tree(dice: random.Random) -> Iterator[Task]:
    """Each tree: a distro's image, its classes, and on each of these the stacks."""
    number = 0
    for _ in range(TREES):
        root = number
        bases = [root, *range(root + 1, root + 1 + CLASSES)]
        parents = [-1, *[root] * CLASSES, *[base for base in bases for _ in range(STACKS)]]
        yield from (Task(dice.uniform(*_SECONDS), parent) for parent in parents)
        number += len(parents)


async def _run(tasks: list[Task], folder: Path) -> float:
    async with Scheduler(host="127.0.0.1", port=0, dashboard=False, dashboard_address="127.0.0.1:0") as scheduler:
        places = [
            worker_of(scheduler.address, Sleeper(), folder / str(n), {AMD64: 1}, host="127.0.0.1")
            for n in range(WORKERS)
        ]
        workers: list[Worker] = [await place for place in places]
        try:
            async with connected(scheduler.address) as farm:
                start = time.perf_counter()
                await _tasks(farm, tasks, folder)
                return time.perf_counter() - start
        finally:
            await asyncio.gather(*(worker.close() for worker in workers))


async def _tasks(farm: Farm, tasks: list[Task], folder: Path) -> None:
    """Order each build once what it stands on is made, as the queue does."""
    made = [asyncio.Event() for _ in tasks]

    async def one(number: int, task: Task) -> None:
        if task.parent >= 0:
            await made[task.parent].wait()
        await farm.make(order(folder, int(task.seconds * 1000)))
        made[number].set()

    await asyncio.gather(*(one(number, task) for number, task in enumerate(tasks)))
