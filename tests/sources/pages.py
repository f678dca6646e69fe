"""A network made of a dict: the fake of :class:`sources.source.Fetch`."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from sources.memory import Memory
from sources.source import Fetch
from state.errors import NotPublished
from state.model import Checksum


@dataclass
class Pages:
    """URL → body, or the error that asking for it raises; any other URL is a 404. ``asked`` keeps the order."""

    pages: Mapping[str, bytes | Exception]
    keys: Path | None = None
    source: str = "node"
    asked: list[str] = field(default_factory=list)
    proofs: Memory = field(default_factory=Memory)

    async def get(self, url: str, *, limit: int | None = None) -> bytes:
        """Return the page."""
        self.asked.append(url)
        page = self.pages.get(url, NotPublished(self.source, url, "", "HTTP 404: not there"))
        if isinstance(page, Exception):
            raise page
        return page

    async def look(self, url: str) -> tuple[int, str]:
        """Return its length; these pages have no ETag."""
        return len(await self.get(url)), ""

    async def digest(self, url: str, algorithm: str) -> tuple[Checksum, int]:
        """Return its digest and length."""
        body = await self.get(url)
        return Checksum(algorithm, hashlib.new(algorithm, body).hexdigest()), len(body)

    async def save(self, url: str, algorithm: str, target: Path) -> tuple[Checksum, int]:
        """Write it to *target*; return its digest and length."""
        answer = await self.digest(url, algorithm)
        target.write_bytes(await self.get(url))
        return answer


def satisfies(pages: Pages) -> Fetch:
    """Let the type checker hold the fake against the Protocol."""
    return pages
