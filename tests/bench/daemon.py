"""What a daemon does all day, in a process that holds nothing but the watcher: cycles in which nothing changes.

``python -m tests.bench.daemon small|all CONFIG COUNT`` polls ten small sources, or all real ones, COUNT times after
some for warmth, and prints a JSON document: seconds and CPU seconds of a cycle (medians), requests of one, and how many
MiB the process had after the first cycles, after half of them and at the end. A source of which something waits is
looked at in every 20th cycle only.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import sys
import time
from pathlib import Path
from typing import Any

import sources
from tests.bench.small import Small
from watcher.config import load
from watcher.sync import sync
from watcher.wiring import wired

TEN, WARM = 10, 40


async def cycles(which: str, config: Path, count: int) -> dict[str, Any]:
    """Run them."""
    if which == "small":
        sources.SOURCES = {each.NAME: each for each in map(Small, range(TEN))}
    names, walls, cpus, memory = list(sources.SOURCES), list[float](), list[float](), list[float]()
    async with wired(load(config)) as app:
        for number in range(-WARM, count):
            if number in (0, count // 2):
                memory.append(_rss())
                asked = sum(app.feeds(name).requests for name in names)
            start, cpu = time.perf_counter(), time.process_time()
            waiting = {h.source for h in app.store.holds()} if number % 20 else set()
            await sync(app, [name for name in names if name not in waiting])
            walls.append(time.perf_counter() - start)
            cpus.append(time.process_time() - cpu)
        asked = sum(app.feeds(name).requests for name in names) - asked
    return {
        "seconds": statistics.median(walls[WARM:]),
        "cpu": statistics.median(cpus[WARM:]),
        "requests": asked / (count - count // 2),
        "memory": [*memory, _rss()],
    }


def _rss() -> float:
    """MiB that this process has in memory."""
    (line,) = (line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmRSS:"))
    return int(line.split()[1]) / 1024


if __name__ == "__main__":
    print(json.dumps(asyncio.run(cycles(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])))))
