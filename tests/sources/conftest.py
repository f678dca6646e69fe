"""What the tests of the sources share: a server of bundled feeds, and a feed that asks it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from sources.feed import Feed, FeedSettings
from tests.upstream import Upstream
from tests.upstream.layout import BUNDLED, lay_out


@dataclass
class Naps:
    """Pauses that pass at once; ``taken`` says how long they would have been."""

    taken: list[float] = field(default_factory=list)

    async def __call__(self, seconds: float) -> None:
        """Pass."""
        self.taken.append(seconds)


@pytest.fixture
def upstream(tmp_path: Path) -> Iterator[Upstream]:
    """Node's upstreams as of August 2026."""
    lay_out(BUNDLED, tmp_path / "world", "dist-index.2026-08-05.json", "schedule.2026-06-01.json")
    with Upstream(tmp_path / "world") as server:
        yield server


@pytest.fixture
def naps() -> Naps:
    """The pauses of the feed."""
    return Naps()


@pytest.fixture
def settings(upstream: Upstream) -> FeedSettings:
    """Impatient settings that lead to the server."""
    return FeedSettings(
        mirrors=upstream.mirrors(),
        read_seconds=0.3,
        document_seconds=0.6,
        document_limit=1 << 20,
        download_limit=1 << 20,
        attempts=3,
        longest_wait=60,
    )


@pytest.fixture
async def feed(settings: FeedSettings, naps: Naps) -> AsyncIterator[Feed]:
    """The network of the source node."""
    async with Feed("node", settings, sleep=naps) as made:
        yield made
