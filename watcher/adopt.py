"""Takes what a registry holds already into the ledger: names and digests, without a rebuild."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from builder.publish import ATTACHED
from builder.registry import Registry
from state.errors import RegistryError
from state.store import Published
from watcher.app import App

_AT_ONCE = 8
_DATED = re.compile(r"(?:^|-)([0-9]{8})(?:\.[0-9]+)?$")


@dataclass(frozen=True, slots=True)
class Adopted:
    """What was found in one repository: how many tags, how many of them dated, and how many digests behind them."""

    repository: str
    tags: int
    dated: int
    digests: int

    def document(self) -> dict[str, Any]:
        """Return what programs may rely on, as JSON."""
        return {name: getattr(self, name) for name in self.__slots__}


async def adopt(app: App, registry: Registry, repository: str) -> Adopted:
    """Note every tag of *repository*; what is noted of it already gets the digest that it has now.

    :raises RegistryError: it has no tags, refuses, or cannot be reached: nothing of it is noted then
    """
    tags = [tag for tag in await registry.tags(repository) if not ATTACHED.fullmatch(tag)]
    if not tags:
        raise RegistryError(registry.host, repository, "has no tags")
    turn = asyncio.Semaphore(_AT_ONCE)

    async def ask(tag: str) -> str | None:
        async with turn:
            return await registry.digest(repository, tag)

    digests = await asyncio.gather(*(ask(tag) for tag in tags))
    known = {row.reference: row for row in app.store.ledger.of(repository)}
    rows = [
        _row(repository, tag, digest, known.get(f"{repository}:{tag}"), app.now())
        for tag, digest in zip(tags, digests, strict=True)
        if digest  # deleted in between
    ]
    app.store.ledger.add(rows)
    return _told(repository, rows)


def _row(repository: str, tag: str, digest: str, known: Published | None, now: datetime) -> Published:
    """One tag; of a dated one the day is known, of a moving one only when we saw it. What we pushed stays ours."""
    if known and known.digest == digest:
        return known
    dated = _DATED.search(tag)
    return Published(repository, tag, digest, _day(dated[1]) if dated else now, dated is not None, "adopted")


def _day(digits: str) -> datetime:
    return datetime(int(digits[:4]), int(digits[4:6]), int(digits[6:]), tzinfo=UTC)


def _told(repository: str, rows: Sequence[Published]) -> Adopted:
    digests = {row.digest for row in rows}
    return Adopted(repository, len(rows), sum(row.dated for row in rows), len(digests))
