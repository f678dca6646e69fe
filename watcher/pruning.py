"""Deletes what nobody needs any more: staged images, old logs of builds, and where it is set old dated names."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from builder.oci import labels_of
from builder.referrers import attached, fallback_tag
from builder.registry import Registry
from state.store import Pin, Published
from watcher.app import App
from watcher.drawings import CREATED, FAMILY
from watcher.works import FOLDER

_INPUTS = re.compile(r"[0-9a-f]{64}")
"""What a staged image is called: the digest of all that it is made of."""


@dataclass(frozen=True, slots=True)
class Pruned:
    """What was deleted, or would be in a dry run: names with the tag; ``kept`` what the registry would not delete.

    ``logs`` are names of files in the folder of builds.
    """

    staged: tuple[str, ...] = ()
    dated: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    logs: tuple[str, ...] = ()

    def document(self) -> dict[str, Any]:
        """Return what programs may rely on, as JSON."""
        return {name: list(getattr(self, name)) for name in self.__slots__}


async def prune(app: App, registry: Registry, namespace: str, *, dry: bool = False) -> Pruned:
    """Delete what ``[retention]`` says; safe to repeat, and to be cut off.

    :param namespace: the family's: the staging repository is below it
    :raises RegistryError: the registry cannot be reached
    """
    logs = tuple(_logs(app, dry=dry))
    gone, kept = await _staged(app, registry, namespace, dry=dry)
    age = app.config.settings.retention.dated
    old, stayed = await _dated(app, registry, age, dry=dry) if age is not None else ([], [])
    return Pruned(tuple(gone), tuple(old), (*kept, *stayed), logs)


def _logs(app: App, *, dry: bool) -> list[str]:
    """Logs of builds of long ago, but for those that tell why something fails now."""
    before = (app.now() - app.config.settings.retention.logs).timestamp()
    needed = {build.log for build in app.store.builds.open()}
    files = sorted((app.config.var / FOLDER).glob("*.log"))
    old = [file for file in files if file.name not in needed and file.stat().st_mtime < before]
    for file in () if dry else old:
        file.unlink(missing_ok=True)
    return [file.name for file in old]


async def _staged(app: App, registry: Registry, namespace: str, *, dry: bool) -> tuple[list[str], list[str]]:
    """Staged images whose names were written long enough ago, and those that no build of ours knows any more.

    What is not ours is left alone.
    """
    staging = f"{namespace}/{app.config.settings.registry.staging}"
    before = app.now() - app.config.settings.retention.staging
    tags, made = await registry.tags(staging), app.store.builds.staged()
    finished = app.store.builds.finished(before)
    going = {tag: finished[tag] for tag in tags if tag in finished}
    for tag in tags:
        if _INPUTS.fullmatch(tag) and tag not in made:
            digest = await _forsaken(registry, staging, tag, (FAMILY, namespace), before)
            going |= {tag: digest} if digest else {}
    needed = {digest for tag, digest in made.items() if tag not in going}
    gone: list[str] = []
    kept: list[str] = []
    for tag, digest in sorted(going.items()):
        if digest not in needed:
            deleted = dry or await _delete(registry, staging, digest)
            (gone if deleted else kept).append(f"{staging}:{tag}")
    return gone, kept


async def _forsaken(registry: Registry, staging: str, tag: str, label: tuple[str, str], before: datetime) -> str | None:
    """The digest of a staged image that carries our *label* and was planned *before* then; None if it does not.

    Such a one was staged by a build that was cut off and then planned anew. The registry keeps no times: the image says
    of what day its plan is. Nobody builds while we look, and an image that is asked for after all is made again.
    """
    manifest = await registry.manifest(staging, tag)
    if manifest is None or manifest.is_index:
        return None
    labels = labels_of(await registry.blob(staging, manifest.config.digest))
    created = labels.get(CREATED, "")
    ours = labels.get(label[0]) == label[1] and bool(created)
    return manifest.digest if ours and datetime.fromisoformat(created) < before else None


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
