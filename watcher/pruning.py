"""Deletes from the registry what nobody needs any more: staged images, and where it is set old dated names."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from builder.referrers import attached, fallback_tag
from builder.registry import Registry
from state.store import Pin, Published
from watcher.app import App


@dataclass(frozen=True, slots=True)
class Pruned:
    """What was deleted, or would be in a dry run: names with the tag; ``kept`` what the registry would not delete."""

    staged: tuple[str, ...] = ()
    dated: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()

    def document(self) -> dict[str, Any]:
        """Return what programs may rely on, as JSON."""
        return {name: list(getattr(self, name)) for name in self.__slots__}


async def prune(app: App, registry: Registry, namespace: str, *, dry: bool = False) -> Pruned:
    """Delete what ``[retention]`` says; safe to repeat, and to be cut off.

    :param namespace: the family's: the staging repository is below it
    :raises RegistryError: the registry cannot be reached
    """
    gone, kept = await _staged(app, registry, f"{namespace}/{app.config.settings.registry.staging}", dry=dry)
    age = app.config.settings.retention.dated
    if age is None:
        return Pruned(tuple(gone), kept=tuple(kept))
    old, stayed = await _dated(app, registry, age, dry=dry)
    return Pruned(tuple(gone), tuple(old), (*kept, *stayed))


async def _staged(app: App, registry: Registry, staging: str, *, dry: bool) -> tuple[list[str], list[str]]:
    """Staged images whose names were written long enough ago; a staged image of nobody's queue is left alone."""
    before = app.now() - app.config.settings.retention.staging
    finished = app.store.builds.finished(before)
    there = set(await registry.tags(staging)) & finished.keys()
    needed = {digest for tag, digest in app.store.builds.staged().items() if tag not in there}
    gone: list[str] = []
    kept: list[str] = []
    for tag in sorted(there):
        digest = finished[tag]
        if digest not in needed:
            deleted = dry or await _delete(registry, staging, digest)
            (gone if deleted else kept).append(f"{staging}:{tag}")
    return gone, kept


async def _dated(app: App, registry: Registry, age: timedelta, *, dry: bool) -> tuple[list[str], list[str]]:
    gone: list[str] = []
    kept: list[str] = []
    for repository in app.store.ledger.repositories():
        rows = obsolete(app.store.ledger.of(repository), app.store.ledger.pins.of(repository), app.now() - age)
        for digest, names in groupby(sorted(rows, key=_digest), key=_digest):
            some = list(names)
            deleted = dry or await _delete(registry, repository, digest)
            (gone if deleted else kept).extend(row.reference for row in some)
            if deleted and not dry:
                app.store.ledger.forget((row.repository, row.tag) for row in some)
    return gone, kept


def obsolete(rows: Collection[Published], pins: Mapping[str, Pin], before: datetime) -> list[Published]:
    """Return the dated names of one repository that may go: older than *before*, and only they lead to their digest.

    The newest of each name stays whatever its age: there is always a date to go back to.
    """
    needed = {row.digest for row in rows if not row.dated or row.pushed_at >= before}
    needed |= {pin.digest for pin in pins.values()}
    newest: dict[str, Published] = {}
    for row in rows:
        if row.dated:
            stem = row.tag.rpartition("-")[0]
            newest[stem] = max(newest.get(stem, row), row, key=lambda each: each.day)
    needed |= {row.digest for row in newest.values()}
    return [row for row in rows if row.dated and row.digest not in needed]


def _digest(row: Published) -> str:
    return row.digest


async def _delete(registry: Registry, repository: str, digest: str) -> bool:
    """Delete an image with what is attached to it; True also where it is gone already."""
    if await registry.digest(repository, digest) is None:
        return True
    extra = [str(entry.get("digest", "")) for entry in await attached(registry, repository, digest)]
    tags = [fallback_tag(digest), *(f"{fallback_tag(digest)}.{ending}" for ending in ("sig", "att"))]
    if not await registry.delete(repository, digest):
        return False
    extra += [there for tag in tags if (there := await registry.digest(repository, tag))]
    for each in extra:
        await registry.delete(repository, each)
    return True
