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
from watcher import together
from watcher.app import App
from watcher.progress import Count, Progress, unheard

_AT_ONCE = 8
_DATED = re.compile(r"(?:^|-)([0-9]{8})(?:\.([0-9]+))?$")


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
    tags = await names(registry, repository)
    if not tags:
        raise RegistryError(registry.host, repository, "has no tags")
    there = await digests(registry, repository, tags, progress=app.progress)
    known = {row.reference: row for row in app.store.ledger.of(repository)}
    rows = [_row(repository, tag, digest, known.get(f"{repository}:{tag}"), app.now()) for tag, digest in there.items()]
    app.store.ledger.add(rows)
    return _told(repository, rows)


async def names(registry: Registry, repository: str) -> list[str]:
    """Return the tags of a repository that are names of images; none if there is no such repository."""
    return [tag for tag in await registry.tags(repository) if not ATTACHED.fullmatch(tag)]


async def digests(
    registry: Registry,
    repository: str,
    tags: Sequence[str],
    turn: asyncio.Semaphore | None = None,
    progress: Progress = unheard,
) -> dict[str, str]:
    """Return tag → digest, without those that were deleted in between.

    :param turn: bounds what is asked at once, where several repositories are read at the same time
    :param progress: hears how many tags were asked for, where one repository is read
    """
    bound = turn or asyncio.Semaphore(_AT_ONCE)
    counted = Count(progress, f"tags of {repository} read", len(tags))

    async def ask(tag: str) -> str | None:
        async with bound:
            digest = await registry.digest(repository, tag)
        counted.add()
        return digest

    found = zip(tags, await together.each(ask, tags, len(tags) or 1), strict=True)
    return {tag: digest for tag, digest in found if digest}


def day_of(tag: str) -> tuple[datetime, int] | None:
    """Return the day of a dated tag, and which image of that day it names (``…-20261122.1``: 1); None for a moving one."""
    dated = _DATED.search(tag)
    try:
        return (_day(dated[1]), int(dated[2] or 0)) if dated else None
    except ValueError:  # eight digits that are no day
        return None


def _row(repository: str, tag: str, digest: str, known: Published | None, now: datetime) -> Published:
    """One tag; of a dated one the day is known, of a moving one only when we saw it. What we pushed stays ours."""
    if known and known.digest == digest:
        return known
    dated = day_of(tag)
    return Published(repository, tag, digest, dated[0] if dated else now, dated is not None, "adopted")


def _day(digits: str) -> datetime:
    return datetime(int(digits[:4]), int(digits[4:6]), int(digits[6:]), tzinfo=UTC)


def _told(repository: str, rows: Sequence[Published]) -> Adopted:
    digests = {row.digest for row in rows}
    return Adopted(repository, len(rows), sum(row.dated for row in rows), len(digests))
