"""Takes a bad release back: the releases before it are proposed again, and names lead to their images at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from builder import publish
from builder.publish import Tagged
from builder.registry import Registry
from generator import matrix
from generator.catalogue import with_release
from generator.names import canonical
from generator.rows import Catalogue
from generator.tags import Names
from state.errors import RegistryError
from state.events import ReleaseYanked
from state.model import Image, Release, Version
from state.store import Pin, Published
from watcher import changes
from watcher.app import App
from watcher.indexing import Cause, Indexed, members_of, move, write_indexes


@dataclass(frozen=True, slots=True)
class Back:
    """What became of the names: those that were moved, the indexes, and how many images before it were never pushed."""

    tags: tuple[Tagged, ...] = ()
    indexes: tuple[Indexed, ...] = ()
    unpublished: int = 0

    def document(self) -> dict[str, Any]:
        """Return what programs may rely on, as JSON."""
        tags = [{"ref": tag.ref, "digest": tag.digest, "action": tag.action} for tag in self.tags]
        indexes = [each.document() for each in self.indexes]
        return {"tags": tags, "indexes": indexes, "unpublished": self.unpublished}


async def events(app: App, catalogue: Catalogue, source: str, version: Version, reason: str) -> list[ReleaseYanked]:
    """Return what to record: one event for each line or release set that is at *version*.

    :raises LookupError: no line is, or nothing before it is known of one
    """
    stack = next((s for s in catalogue.stacks.values() if s.source == source), None)
    found = [release for release in catalogue.lines(source) if release.version == version]
    if stack is None or not found:
        lines = ", ".join(f"{r.line} ({r.version})" for r in catalogue.lines(source)) or "none"
        raise LookupError(f"no line of {source} is at {version}; there are {lines}")
    groups: dict[str, list[Release]] = {}
    for release in found:
        groups.setdefault(stack.group_of(release.line), []).append(await _before(app, release))
    return [ReleaseYanked(source, line, str(version), reason, tuple(rows)) for line, rows in groups.items()]


async def _before(app: App, bad: Release) -> Release:
    """The release that the line was at before, as it was recorded; else the newest before it that upstream's files are known of."""
    for pull in app.store.pulls("merged"):
        if pull.source == bad.source and bad.line in pull.lines and pull.merge_commit:
            then = await app.images.catalogue((await changes.sides(app, pull))[0])
            release = then.releases.get((bad.source, bad.line))
            if release and release.version < bad.version:
                return release
    refused = app.store.ignored(bad.source)
    for release in app.store.releases(bad.source, [bad.line]):
        known = {("", str(release.version)), (bad.line, str(release.version))} & refused.keys()
        if release.version < bad.version and release.artifacts and not known:
            return release
    raise LookupError(
        f"nothing of {bad.source} {bad.line} before {bad.version} is known: its record has to be changed by hand"
    )


def mark(source: str, version: str) -> str:
    """Return how the reason of a pin begins that taking back *version* made."""
    return f"takes {source} {version} back"


async def names_back(app: App, registry: Registry, catalogue: Catalogue, yanked: ReleaseYanked) -> Back:
    """Let every name that the releases before had lead to their images again, and pin it until that is merged.

    Names of the bad version alone stay: nothing else may ever be called so.
    :raises RegistryError: the registry refused, or an image is gone
    """
    earlier = catalogue
    for release in yanked.releases:
        earlier = with_release(earlier, release)
    stack = next(s for s in catalogue.stacks.values() if s.source == yanked.source)
    names = Names(earlier)
    images = [image for release in yanked.releases for image in matrix.images_of(earlier, stack.name, release.line)]
    cause = Cause(app.now().date(), "yank", f"{mark(yanked.source, yanked.version)}: {yanked.reason}")
    tags: list[Tagged] = []
    unpublished = 0
    for image in images:
        newest = _newest(app, earlier, image)
        unpublished += newest is None
        tags += await _names(app, registry, names.tags(image), newest, cause) if newest else []
    done = members_of(earlier, images)
    indexes = await write_indexes(app, registry, earlier, done, cause) if tags else []
    return Back(tuple(tags), tuple(indexes), unpublished)


def _newest(app: App, catalogue: Catalogue, image: Image) -> Published | None:
    repository, _, tag = canonical(catalogue, image).partition(":")
    return next(iter(app.store.ledger.dated(repository, tag)), None)


async def _names(app: App, registry: Registry, names: Sequence[str], newest: Published, cause: Cause) -> list[Tagged]:
    """Those of *names* that were published and lead elsewhere now."""
    known = (app.store.ledger.find(*split(name)) for name in names)
    rows = [row for row in known if row and row.digest != newest.digest]
    if not rows:
        return []
    manifest = await registry.manifest(newest.repository, newest.digest)
    if manifest is None:
        raise RegistryError(registry.host, newest.reference, "is no longer there")
    # Pinned first: a build of the bad release that ends in between must not move them forward again.
    app.store.ledger.pins.add(Pin(r.repository, r.tag, newest.digest, app.now(), cause.note) for r in rows)
    written = []
    for row in rows:
        await publish.copy(registry, manifest, newest.repository, row.repository)
        written.append(await publish.name(registry, row.repository, row.tag, manifest, once=False))
    app.store.ledger.moved(move(tag, app, cause, dated=False) for tag in written)
    return written


def settle(app: App, source: str, version: str | None) -> int:
    """Take the pins away that taking *version* back made: from now on the catalogue itself says it; return how many."""
    begins = f"{mark(source, version or '')}:"
    pins = [pin for pin in app.store.ledger.pins.all() if pin.reason.startswith(begins)]
    return app.store.ledger.pins.remove((pin.repository, pin.tag) for pin in pins)


def split(name: str) -> tuple[str, str]:
    """Return repository and tag of a whole name."""
    repository, _, tag = name.partition(":")
    return repository, tag
