"""Five hundred small sources, looked at or polled once: a process of its own, as a peer's is.

``python -m tests.bench.small check|sync CONFIG COUNT`` prints a JSON document: how many documents were read, in how
many seconds and CPU seconds; of the main job also how many requests it made, and how many answers had no body.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import sources
from sources.feed import Document, Feed, Validators
from sources.source import Fetch, unsigned
from sources.strict import read_json
from state.model import Offer, Platform, Release
from watcher.check import check
from watcher.config import load
from watcher.network import network

HOSTS = 50


def url(number: int) -> str:
    """Return where feed *number* is; every fourth has no validators."""
    kind = "bare" if number % 4 == 0 else "json"
    return f"https://host-{number % HOSTS:02}.test/feed-{number}.{kind}"


@dataclass
class Small:
    """One source: one document with one version in it."""

    number: int
    read: int = 0

    @property
    def NAME(self) -> str:  # noqa: N802  (the Protocol's)
        """Its name."""
        return f"feed-{self.number}"

    @property
    def DOCUMENTS(self) -> Mapping[str, str]:  # noqa: N802  (the Protocol's)
        """One document."""
        return {"all": url(self.number)}

    def more(self, documents: Mapping[str, bytes]) -> Mapping[str, str]:
        """It is all."""
        return {}

    verify = staticmethod(unsigned)

    def releases(self, documents: Mapping[str, bytes]) -> Sequence[Release]:
        """Read it."""
        self.read += 1
        version = read_json(self.NAME, url(self.number), documents["all"]).member("version").version()
        return [Release(self.NAME, "1", version, date(2026, 1, 1), maintained=True)]

    async def artifacts(self, release: Release, wanted: Collection[Platform], fetch: Fetch) -> Offer:
        """Nobody asks."""
        raise AssertionError

    def links(self, old: str | None, new: str) -> Mapping[str, str]:
        """Nobody asks."""
        raise AssertionError


async def look(config: Path, count: int) -> dict[str, float]:
    """Ask all once and keep nothing, as ``watcher check`` does."""
    small = {each.NAME: each for each in map(Small, range(count))}
    sources.SOURCES = small
    async with network(load(config), small) as feeds:
        start, cpu = time.perf_counter(), time.process_time()
        found = await check(small, feeds, datetime(2026, 8, 10, tzinfo=UTC))
        seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
    assert all(each.lines for each in found.values())
    return {"read": sum(s.read for s in small.values()), "seconds": seconds, "cpu": cpu}


async def cycle(config: Path, count: int) -> dict[str, float]:
    """Poll all once."""
    from watcher.sync import sync  # noqa: PLC0415  (who only looks does not pay for the database)
    from watcher.wiring import wired  # noqa: PLC0415

    small = {each.NAME: each for each in map(Small, range(count))}
    sources.SOURCES = small
    unchanged, document = 0, Feed.document

    async def counted(self: Feed, where: str, known: Validators | None = None, *, limit: int | None = None) -> Document:
        nonlocal unchanged
        answer = await document(self, where, known, limit=limit)
        unchanged += answer.body is None
        return answer

    Feed.document = counted  # type: ignore[assignment,method-assign]
    async with wired(load(config)) as app:
        start, cpu = time.perf_counter(), time.process_time()
        report = await sync(app, list(small))
        seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
        assert not report.failed, report.failed[:3]
        requests = sum(app.feeds(name).requests for name in small)
    return {
        "unchanged": unchanged,
        "read": sum(s.read for s in small.values()),
        "requests": requests,
        "seconds": seconds,
        "cpu": cpu,
    }


if __name__ == "__main__":
    job = {"check": look, "sync": cycle}[sys.argv[1]]
    print(json.dumps(asyncio.run(job(Path(sys.argv[2]), int(sys.argv[3])))))
