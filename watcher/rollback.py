"""Moves names back to an earlier digest and holds them there until a person releases them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from builder import publish
from builder.oci import Manifest
from builder.publish import Tagged
from builder.registry import Registry
from generator.names import canonical
from generator.resolve import Resolver
from state.errors import RegistryError
from state.store import Pin, Published
from watcher import history
from watcher.app import App
from watcher.indexing import Cause, Indexed, move, write_indexes


@dataclass(frozen=True, slots=True)
class Moved:
    """What became of a name and of those that led where it did.

    ``was`` and ``digest`` are where they led and lead (``sha256:…``); of a release without anything to do they are equal.
    """

    name: str
    was: str
    digest: str
    tags: tuple[Tagged, ...] = ()
    indexes: tuple[Indexed, ...] = ()

    def document(self) -> dict[str, Any]:
        """Return what programs may rely on, as JSON."""
        tags = [{"ref": tag.ref, "digest": tag.digest, "action": tag.action} for tag in self.tags]
        indexes = [each.document() for each in self.indexes]
        return {"name": self.name, "was": self.was, "digest": self.digest, "tags": tags, "indexes": indexes}


async def back(app: App, registry: Registry, resolver: Resolver, text: str, to: date | None, reason: str) -> Moved:
    """Move the name *text* back, and with it every other name that leads where it does and may go there as well.

    A name goes along if it led to that digest before, or if the image there has the same version. All are pinned.
    :param to: the name shall lead where it led at the end of that day (UTC); None: where it led before
    :raises LookupError: no such name, or nothing earlier is known of it
    :raises RegistryError: the registry refused, or no longer has the image
    """
    place = _Place.of(app, resolver, text)
    target = _target(app, resolver, place, to)
    names = list(_companions(app, place, target))
    manifest = await _there(registry, place.now.repository, target)
    since = app.now()
    # Pinned first: a build that ends in between must not move them forward again.
    app.store.ledger.pins.add(Pin(row.repository, row.tag, target, since, reason) for row in names)
    written = await _write(registry, place.now.repository, manifest, names)
    cause = Cause(since.date(), "rollback", reason)
    app.store.ledger.moved(move(tag, app, cause, dated=False) for tag in written)
    indexes = await _indexes(app, registry, resolver, place, names, cause)
    return Moved(place.now.reference, place.now.digest, target, tuple(written), tuple(indexes))


async def free(app: App, registry: Registry, resolver: Resolver, text: str) -> Moved:
    """Release the name *text* and those pinned with it: they lead to the newest image of their place again.

    :raises LookupError: it is not pinned
    """
    place = _Place.of(app, resolver, text)
    pins = [pin for where in place.repositories for pin in app.store.ledger.pins.of(where).values()]
    mine = next((pin for pin in pins if pin.reference == place.now.reference), None)
    if mine is None:
        raise LookupError(f"{place.now.reference} is not pinned")
    freed = [pin for pin in pins if pin.digest == mine.digest]
    cause = Cause(app.now().date(), "freed", f"released: {mine.reason}")
    tags: list[Tagged] = []
    for pin in freed:
        newest = _newest(app, resolver, pin)
        if newest and newest.digest != pin.digest:
            manifest = await _there(registry, newest.repository, newest.digest)
            row = Published(pin.repository, pin.tag, pin.digest, pin.since, dated=False)
            tags += await _write(registry, newest.repository, manifest, [row])
    app.store.ledger.moved(move(tag, app, cause, dated=False) for tag in tags)
    app.store.ledger.pins.remove((pin.repository, pin.tag) for pin in freed)
    digest = next((tag.digest for tag in tags if tag.ref.endswith(f"/{mine.reference}")), mine.digest)
    rows = [Published(pin.repository, pin.tag, pin.digest, pin.since, dated=False) for pin in freed]
    indexes = await _indexes(app, registry, resolver, place, rows, cause)
    return Moved(mine.reference, mine.digest, digest, tuple(tags), tuple(indexes))


@dataclass(frozen=True, slots=True)
class _Place:
    """A name as it is now, the canonical name of its image ("" if the catalogue has none), and all its repositories."""

    now: Published
    canonical: str
    repositories: tuple[str, ...]

    @classmethod
    def of(cls, app: App, resolver: Resolver, text: str) -> _Place:
        repository, tag = history.find(resolver, app.store, text)
        now = app.store.ledger.find(repository, tag)
        if now is None:
            raise LookupError(f"{repository}:{tag} is not known to have been pushed")
        if now.dated:
            raise LookupError(f"{now.reference} ends in a date: it is written once and never moves")
        image = resolver.resolve(now.reference).image
        names = resolver.names.tags(image) if image else []
        found = dict.fromkeys((repository, *(name.partition(":")[0] for name in names)))
        return cls(now, canonical(resolver.catalogue, image) if image else "", tuple(found))


def _target(app: App, resolver: Resolver, place: _Place, to: date | None) -> str:
    """The digest to go back to: by the name's own history, else by that of its image's canonical name."""
    pin = app.store.ledger.pins.of(place.now.repository).get(place.now.tag)
    if pin and to is None:
        raise LookupError(f"{pin.reference} was moved back on {pin.since:%Y-%m-%d} already: give --to, or --release")
    steps = history.tell(resolver, app.store, place.now.reference).steps
    if place.canonical:
        steps += history.tell(resolver, app.store, place.canonical).steps
    for step in steps:
        if (to is None or step.at.date() <= to) and step.digest != place.now.digest:
            return step.digest
        if to is not None and step.at.date() <= to:
            raise LookupError(f"{place.now.reference} led where it leads now on {to} already")
    earlier = f"of {to} or before" if to else "earlier"
    raise LookupError(f"no digest {earlier} is known of {place.now.reference}: `watcher history` shows what is")


def _companions(app: App, place: _Place, target: str) -> Iterator[Published]:
    """The names that go back together: the one asked for first."""
    yield place.now
    repository, _, tag = place.canonical.partition(":")
    same = any(row.digest == target for row in app.store.ledger.dated(repository, tag))
    for where in place.repositories:
        for row in app.store.ledger.of(where):
            if row.dated or row.digest != place.now.digest or row == place.now:
                continue
            if same or any(move.after == target for move in app.store.ledger.history(where, row.tag)):
                yield row


def _newest(app: App, resolver: Resolver, pin: Pin) -> Published | None:
    """The newest image of the place that a pinned name stands for, or None where that is not known."""
    image = resolver.resolve(pin.reference).image
    if image is None:
        return _last_index(app, pin)
    repository, _, tag = canonical(resolver.catalogue, image).partition(":")
    return next(iter(app.store.ledger.dated(repository, tag)), None)


def _last_index(app: App, pin: Pin) -> Published | None:
    """Where the name led before it was moved back: an index is no image of the catalogue."""
    moves = app.store.ledger.history(pin.repository, pin.tag)
    was = next((move.before for move in moves if move.why == "rollback" and move.after == pin.digest), "")
    return Published(pin.repository, pin.tag, was, pin.since, dated=False) if was else None


async def _there(registry: Registry, repository: str, digest: str) -> Manifest:
    manifest = await registry.manifest(repository, digest)
    if manifest is None:
        raise RegistryError(registry.host, f"{repository}@{digest}", "is no longer there")
    return manifest


async def _write(registry: Registry, source: str, manifest: Manifest, names: Iterable[Published]) -> list[Tagged]:
    written = []
    for row in names:
        await publish.copy(registry, manifest, source, row.repository)
        written.append(await publish.name(registry, row.repository, row.tag, manifest, once=False))
    return written


async def _indexes(
    app: App, registry: Registry, resolver: Resolver, place: _Place, names: Iterable[Published], cause: Cause
) -> list[Indexed]:
    """Write the indexes anew over what the canonical name leads to now, where that moved."""
    if not any(row.reference == place.canonical for row in names):
        return []
    return await write_indexes(app, registry, resolver.catalogue, [place.canonical], cause)
