"""What a daemon does all day, in a process that holds nothing but the watcher: cycles in which nothing changes.

``python -m tests.bench.daemon small|all|NAME CONFIG COUNT`` polls ten small sources, all real ones or one of them, COUNT
times after some for warmth, and prints a JSON document: seconds and CPU seconds of a cycle (medians), requests of one, and how many
MiB the process had after the first cycles, after half of them and at the end. A source of which something waits is
looked at in every 20th cycle only.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import sources
from tests.bench.small import Small
from watcher.app import App
from watcher.config import load
from watcher.sync import sync
from watcher.wiring import wired

TEN, WARM = 10, 40


async def cycles(which: str, config: Path, count: int) -> dict[str, Any]:
    """Run them."""
    if which == "small":
        sources.SOURCES = {each.NAME: each for each in map(Small, range(TEN))}
    names = [which] if which in sources.SOURCES else list(sources.SOURCES)
    walls, cpus, memory = list[float](), list[float](), list[float]()
    async with wired(load(config)) as app:
        for number in range(-WARM, count):
            if number in (0, count // 2):
                memory.append(_rss())
                asked = sum(app.feeds(name).requests for name in names)
            start, cpu = time.perf_counter(), time.process_time()
            waiting = {h.source for h in app.store.holds()} if number % 20 and len(names) > 1 else set()
            await sync(app, [name for name in names if name not in waiting])
            walls.append(time.perf_counter() - start)
            cpus.append(time.process_time() - cpu)
        asked = sum(app.feeds(name).requests for name in names) - asked
        hosts = Counter(urlsplit(url).netloc for name in names for url in _urls(app, name))
        held = sum(held.source in names for held in app.store.holds())
    return {
        "seconds": statistics.median(walls[WARM:]),
        "cpu": statistics.median(cpus[WARM:]),
        "requests": asked / (count - count // 2),
        "memory": [*memory, _rss()],
        "busiest": max(hosts.values()),
        "waiting": held,
    }


def _urls(app: App, name: str) -> set[str]:
    """The documents that a poll asks for: those that are kept, and those that upstream does not have."""
    led = app.led[name][1] if name in app.led else {}
    return {*app.sources[name].DOCUMENTS.values(), *app.store.validators(name), *led.values()}


def _rss() -> float:
    """MiB that this process has in memory."""
    (line,) = (line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmRSS:"))
    return int(line.split()[1]) / 1024


if __name__ == "__main__":
    print(json.dumps(asyncio.run(cycles(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])))))
