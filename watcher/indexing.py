"""Writes the indexes of images that were tagged: one name for all architectures, over the images of one build."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from builder import publish
from builder.oci import Descriptor, Manifest, index
from builder.publish import Tagged
from builder.registry import Registry
from generator.indexes import Index, indexes
from generator.names import canonical
from generator.rows import Catalogue
from state.errors import RegistryError
from state.model import Image
from state.store import Move, Published
from state.store.moves import Why
from watcher.app import App
from watcher.drawings import FAMILY


@dataclass(frozen=True, slots=True)
class Indexed:
    """What became of one index: ``name`` is its canonical name, ``digest`` is "" where it was not written.

    ``missing`` are the members (canonical names) that it waits for, ``pinned`` the tags that stay where they are.
    """

    name: str
    digest: str = ""
    tags: tuple[Tagged, ...] = ()
    missing: tuple[str, ...] = ()
    pinned: tuple[str, ...] = ()

    def document(self) -> dict[str, Any]:
        """Return what programs may rely on, as JSON."""
        tags = [{"ref": tag.ref, "digest": tag.digest, "action": tag.action} for tag in self.tags]
        lists = {"missing": list(self.missing), "pinned": list(self.pinned)}
        return {"name": self.name, "digest": self.digest, "tags": tags, **lists}


@dataclass(frozen=True, slots=True)
class Cause:
    """Why indexes are written: the day of their dated names, and what their history says."""

    day: date
    why: Why = "index"
    note: str = ""
    pull: int | None = None


async def write_indexes(
    app: App,
    registry: Registry,
    catalogue: Catalogue,
    done: Collection[str],
    cause: Cause,
    waiting: Collection[str] = (),
) -> list[Indexed]:
    """Write every index that has one of the images *done* (canonical names, tagged by now) as a member.

    An index is left as it is while a member is in *waiting* (images of the same build that are not tagged yet, failed
    or blocked), or was never tagged: it says which. Safe to repeat.
    :raises RegistryError: the registry refused, or a member is gone from it
    """
    return [await _write(app, registry, catalogue, each, cause, set(waiting)) for each in touched(catalogue, done)]


def touched(catalogue: Catalogue, done: Collection[str]) -> Iterator[Index]:
    """Yield the indexes that have one of these images as a member."""
    names = set(done)
    for each in indexes(catalogue):
        if any(canonical(catalogue, member) in names for member in each.members):
            yield each


async def _write(
    app: App, registry: Registry, catalogue: Catalogue, wanted: Index, cause: Cause, waiting: set[str]
) -> Indexed:
    name = wanted.names[0]
    members = {canonical(catalogue, member): member for member in wanted.members}
    found = {each: row for each in members if each not in waiting and (row := _published(app, each))}
    missing = tuple(each for each in members if each not in found)
    if missing:
        return Indexed(name, missing=missing)
    repository = name.partition(":")[0]
    await _enter(app, registry, catalogue, repository)
    rows = [(members[each].arch.oci, await _brought(registry, row, repository)) for each, row in found.items()]
    made = index(rows)
    await registry.put(repository, made.digest, made)
    return await _named(app, registry, catalogue, wanted, made, cause)


async def _enter(app: App, registry: Registry, catalogue: Catalogue, repository: str) -> None:
    """Refuse a repository that is somebody else's; what the ledger knows is ours, or a person adopted it."""
    if repository not in app.store.ledger.repositories():
        label = (FAMILY, catalogue.family.namespace)
        await publish.ours(registry, repository, label, app.config.settings.publish.adopt)


def _published(app: App, name: str) -> Published | None:
    repository, _, tag = name.partition(":")
    return app.store.ledger.find(repository, tag)


async def _brought(registry: Registry, member: Published, repository: str) -> Descriptor:
    """Let the index's repository have a member, too: an index may only name what its own repository holds."""
    manifest = await registry.manifest(member.repository, member.digest)
    if manifest is None:
        raise RegistryError(registry.host, f"{member.repository}@{member.digest}", "is not there to be in an index")
    await publish.copy(registry, manifest, member.repository, repository)
    return manifest.descriptor


async def _named(
    app: App, registry: Registry, catalogue: Catalogue, wanted: Index, made: Manifest, cause: Cause
) -> Indexed:
    """Give the index its names: the dated ones first, then the moving ones, the most specific first."""
    repository = wanted.names[0].partition(":")[0]
    tags = [name.partition(":")[2] for name in wanted.names]
    dated = await _dated(app, registry, catalogue, wanted, made, cause.day)
    pins = app.store.ledger.pins.of(repository)
    pinned = tuple(tag for tag in tags if tag in pins)
    written = [await publish.name(registry, repository, tag, made, once=True) for tag in dated]
    _note(app, written, cause, dated=True)
    written += [await publish.name(registry, repository, tag, made, once=False) for tag in tags if tag not in pins]
    _note(app, written[len(dated) :], cause, dated=False)
    return Indexed(wanted.names[0], made.digest, tuple(written), pinned=pinned)


async def _dated(
    app: App, registry: Registry, catalogue: Catalogue, wanted: Index, made: Manifest, day: date
) -> list[str]:
    """The dated tags that the index gets, all with one ending; an index that has one, of whatever day, keeps that."""
    repository, _, first = wanted.names[0].partition(":")
    for row in app.store.ledger.dated(repository, first):
        if row.digest == made.digest:
            return [row.tag]
    stem = f"{day:%Y%m%d}"
    ending = await publish.suffix(registry, repository, f"{first}-{stem}", made.digest)
    names = wanted.names if catalogue.family.date_aliases == "all" else wanted.names[:1]
    return [f"{name.partition(':')[2]}-{stem}{ending}" for name in names]


def _note(app: App, written: Iterable[Tagged], cause: Cause, *, dated: bool) -> None:
    moves = [move(tag, app, cause, dated=dated) for tag in written if tag.action != "refused"]
    app.store.ledger.moved(moves)


def move(tag: Tagged, app: App, cause: Cause, *, dated: bool) -> Move:
    """Return the history's line of one written name."""
    repository, _, name = tag.ref.partition("/")[2].rpartition(":")
    return Move(repository, name, tag.before, tag.digest, app.now(), cause.why, cause.note, cause.pull, dated)


def members_of(catalogue: Catalogue, images: Sequence[Image]) -> set[str]:
    """Return the canonical names of those of *images* that are members of an index."""
    there = {canonical(catalogue, member) for each in indexes(catalogue) for member in each.members}
    return there & {canonical(catalogue, image) for image in images}
