"""One cycle of a daemon while nothing changes: ten small feeds, each real source, and memory over 1,000 cycles.

The real sources have the documents of the tests' facts, each answer 50 ms late. A host is asked for ``per_host``
documents at a time, so that the floor of a source is as many round trips as its busiest host needs for its documents.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx

from sources import SOURCES
from sources.exchange import FeedSettings
from tests.bench import feeds, measure
from tests.bench.daemon import TEN
from tests.bench.small import url
from tests.upstream.eleven import NOW, lay_out_all
from tests.upstream.layout import write
from watcher import workspace

ROUNDS, CYCLES, REAL = 50, 1000, 10
_PER_HOST = FeedSettings().per_host
_ALL = f'now = "{NOW.isoformat()}"\n[registries]\npin = false\n[publish]\nmode = "observe"\n'


def main() -> None:
    """Measure both."""
    with tempfile.TemporaryDirectory(prefix="watcher-bench-") as name:
        folder = Path(name)
        for number in range(TEN):
            write(folder / "ten" / url(number).removeprefix("https://"), b'{"version": "1.%d"}\n' % number)
        with feeds.served(folder / "ten") as mirrors:
            floor = asyncio.run(_round_trip(mirrors))
            _ten(_cycles("small", folder / "small", mirrors, "", ROUNDS), floor)
        lay_out_all(folder / "eleven", folder / "all" / "ws" / "var" / "keys")
        with feeds.served(folder / "eleven") as mirrors:
            for each in (*SOURCES, "all"):
                _real(each, _cycles(each, folder / "all", mirrors, _ALL, REAL))
        with feeds.served(folder / "eleven", latency=0) as mirrors:
            _all(_cycles("all", folder / "all", mirrors, _ALL, CYCLES))


def _ten(said: Mapping[str, Any], floor: float) -> None:
    wall, cpu = said["seconds"] * 1e3, said["cpu"] * 1e3
    measure.line("ten unchanged feeds, one cycle", f"{wall:.0f} ms", f"{floor * 1e3:.0f} ms round trip",
                 said["seconds"] / floor, f"<= {1.2 * floor * 1e3 + 50:.0f} ms")  # fmt: skip
    print(f"  {cpu:.0f} ms of it CPU; {said['requests']:g} requests for {TEN} documents")


def _real(name: str, said: Mapping[str, Any]) -> None:
    """Requests, time and CPU of a source of which nothing changed, beside its floor."""
    trips = -(-said["busiest"] // _PER_HOST)
    floor = trips * feeds.LATENCY
    wall, cpu = said["seconds"] * 1e3, said["cpu"] * 1e3
    measure.line(f"{name}, unchanged, {said['requests']:g} requests", f"{wall:.0f} ms", f"{floor} ms, {trips} round trips",
                 wall / floor, f"<= {1.2 * floor + 50:.0f} ms")  # fmt: skip
    print(f"  {cpu:.0f} ms of it CPU; goal < 50 ms; {said['waiting']} of its releases wait")


def _all(said: Mapping[str, Any]) -> None:
    early, middle, late = said["memory"]
    measure.line(f"memory after {CYCLES:,} cycles of all sources", f"{late:.0f} MiB", goal="< 120 MiB, flat")
    print(f"  at first {early:.1f} MiB, half-way {middle:.1f} MiB, at the end {late:.1f} MiB")
    print(f"  a cycle: {said['requests']:g} requests, {said['seconds'] * 1e3:.0f} ms, {said['cpu'] * 1e3:.0f} ms CPU")


def _cycles(which: str, folder: Path, mirrors: Mapping[str, str], extra: str, count: int) -> dict[str, Any]:
    """Run cycles in a process of their own, on a workspace whose database is there."""
    if not (folder / "ws" / "watcher.toml").exists():
        workspace.make(folder / "ws", [], NOW)
    table = "".join(f'"{official}" = "{mirror}"\n' for official, mirror in mirrors.items())
    config = folder / "ws" / "watcher.toml"
    config.write_text(f"{extra}[mirrors]\n{table}")
    feeds.run("tests.bench.daemon", which, str(config), "2")
    said: dict[str, Any] = json.loads(feeds.run("tests.bench.daemon", which, str(config), str(count)))
    return said


async def _round_trip(mirrors: Mapping[str, str]) -> float:
    """Seconds of the slowest of ten bare requests at once, on connections that are open."""
    places = [
        f"{mirrors[f'https://{host}']}/{path}" for host, _, path in (url(n)[8:].partition("/") for n in range(TEN))
    ]
    taken = []
    async with httpx.AsyncClient(trust_env=False) as client:
        for _ in range(ROUNDS):
            start = time.perf_counter()
            await asyncio.gather(*(client.get(place) for place in places))
            taken.append(time.perf_counter() - start)
    return statistics.median(taken)
