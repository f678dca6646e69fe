"""Writes the indexes of images that were tagged: one name for all architectures, over the images of one build."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from builder import publish
from builder.oci import Descriptor, Manifest, index
from builder.publish import Tagged
from builder.registry import Registry
from generator.indexes import Index, indexes
from generator.names import canonical
from generator.rows import Catalogue
from generator.tags import Names, suffix
from state.errors import RegistryError
from state.model import Image
from state.store import Move, Published
from state.store.moves import Why
from watcher import membership, together
from watcher.app import App
from watcher.drawings import FAMILY
from watcher.membership import Leave, Roll, leave

_AT_ONCE = 4


@dataclass(frozen=True, slots=True)
class Indexed:
    """What became of one index: ``name`` is its canonical name, ``digest`` is "" where it was not written.

    ``missing`` are the members (canonical names) that it is without, ``required`` those of them without which it is not
    written. ``waits`` are the tags that stay where they are because of those, ``until`` when they go on (None: once they
    are there). ``pinned`` are tags that stay because a person said so.
    """

    name: str
    digest: str = ""
    tags: tuple[Tagged, ...] = ()
    missing: tuple[str, ...] = ()
    required: tuple[str, ...] = ()
    waits: tuple[str, ...] = ()
    until: datetime | None = None
    pinned: tuple[str, ...] = ()

    def document(self) -> dict[str, Any]:
        """Return what programs may rely on, as JSON."""
        tags = [{"ref": tag.ref, "digest": tag.digest, "action": tag.action} for tag in self.tags]
        lists = {key: list(getattr(self, key)) for key in ("missing", "required", "waits", "pinned")}
        until = self.until.isoformat() if self.until else None
        return {"name": self.name, "digest": self.digest, "tags": tags, **lists, "until": until}


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

    A member that is in *waiting* (images of the same build that are not tagged yet, failed or blocked; images that are
    older than the catalogue) or was never tagged is missing: :mod:`watcher.membership` says what that means for which
    name. What a person moves (a rollback, a release taken back) waits for nobody. Safe to repeat.
    :raises RegistryError: the registry refused, or a member is gone from it
    """
    writer = _Writer(app, registry, Names(catalogue), cause)
    rolls = [membership.call(app, catalogue, each, waiting) for each in touched(catalogue, done)]
    return await together.each(writer.write, rolls, _AT_ONCE)


def touched(catalogue: Catalogue, done: Collection[str]) -> Iterator[Index]:
    """Yield the indexes that have one of these images as a member."""
    names = set(done)
    for each in indexes(catalogue):
        if any(canonical(catalogue, member) in names for member in each.members):
            yield each


@dataclass(frozen=True, slots=True)
class _Writer:
    """Writes indexes of one catalogue for one cause."""

    app: App
    registry: Registry
    names: Names
    cause: Cause

    async def write(self, roll: Roll) -> Indexed:
        """Write one index, under the names that may lead to it now."""
        pins = self.app.store.ledger.pins.of(roll.repository)
        by_person = self.cause.why != "index" and not roll.required
        may = Leave(free=tuple(t for t in roll.tags if t not in pins)) if by_person else await leave(
            self.app, self.registry, roll, pins
        )  # fmt: skip
        told = Indexed(
            roll.wanted.names[0],
            missing=roll.missing,
            required=roll.required,
            waits=may.kept,
            until=may.until,
            pinned=tuple(tag for tag in roll.tags if tag in pins),
        )
        if roll.required or not roll.found or (may.kept and not may.free):
            return told
        await self._enter(roll.repository)
        rows = [(roll.members[each].arch.oci, await self._brought(row, roll)) for each, row in roll.found.items()]
        made = index(rows)
        await self.registry.put(roll.repository, made.digest, made)
        return replace(told, digest=made.digest, tags=tuple(await self._named(roll, made, may.free)))

    async def _enter(self, repository: str) -> None:
        """Refuse a repository that is somebody else's; what the ledger knows is ours, or a person adopted it."""
        if repository not in self.app.store.ledger.repositories():
            label = (FAMILY, self.names.catalogue.family.namespace)
            await publish.ours(self.registry, repository, label, self.app.config.settings.publish.adopt)

    async def _brought(self, member: Published, roll: Roll) -> Descriptor:
        """Let the index's repository have a member, too: an index may only name what its own repository holds."""
        return (await self._copied(member, roll.repository)).descriptor

    async def _copied(self, member: Published, repository: str) -> Manifest:
        manifest = await self.registry.manifest(member.repository, member.digest)
        if manifest is None:
            problem = "is not there to be in an index"
            raise RegistryError(self.registry.host, f"{member.repository}@{member.digest}", problem)
        await publish.copy(self.registry, manifest, member.repository, repository)
        return manifest

    async def _named(self, roll: Roll, made: Manifest, free: Sequence[str]) -> list[Tagged]:
        """Give the index its names: the dated ones first, then the moving ones, the most specific first."""
        written = await self._date(roll, made)
        moving = [await publish.name(self.registry, roll.repository, tag, made, once=False) for tag in free]
        self._note(moving, dated=False, without=roll.missing)
        return [*written, *moving]

    async def _date(self, roll: Roll, made: Manifest) -> list[Tagged]:
        """Write the dated names, all with one ending; an index that has one, of whatever day, keeps that.

        Its members get the same ending, also one that was not made anew: the dated names of an index and of its members
        go together.
        """
        first = roll.tags[0]
        for row in self.app.store.ledger.dated(roll.repository, first):
            if row.digest == made.digest:
                return [await publish.name(self.registry, roll.repository, row.tag, made, once=True)]
        mine = roll.wanted.names if self.names.catalogue.family.date_aliases == "all" else roll.wanted.names[:1]
        members = self._datable(roll)
        of_members: dict[str, Published] = {}

        def wanted(nth: int) -> dict[str, str]:
            nonlocal of_members
            of_members = {name: row for row in members for name in self._dated_names(roll, row, nth)}
            own = {f"{name}-{suffix(self.cause.day, nth)}": made.digest for name in mine}
            return own | {name: row.digest for name, row in of_members.items()}

        nth, there = await publish.free(self.registry, wanted)
        for name, row in of_members.items():
            if there[name] is None or not self._is_known(name):
                await self._date_member(name, row, there[name])
        own = [f"{name}-{suffix(self.cause.day, nth)}" for name in mine]
        written = [
            await publish.lead(self.registry, roll.repository, name.partition(":")[2], made, there[name], once=True)
            for name in own
        ]
        self._note(written, dated=True, without=roll.missing)
        return written

    def _datable(self, roll: Roll) -> list[Published]:
        """The members that get the index's date: not those that a person holds at an older image, nor in a rollback."""
        pins = self.app.store.ledger.pins
        rows = roll.found.values() if self.cause.why == "index" else ()
        return [row for row in rows if row.tag not in pins.of(row.repository)]

    def _dated_names(self, roll: Roll, row: Published, nth: int) -> list[str]:
        return self.names.dated(roll.members[row.reference], self.cause.day, nth)

    def _is_known(self, name: str) -> bool:
        repository, _, tag = name.partition(":")
        return self.app.store.ledger.find(repository, tag) is not None

    async def _date_member(self, name: str, row: Published, before: str | None) -> None:
        repository, _, tag = name.partition(":")
        manifest = await self._copied(row, repository)
        self._note([await publish.lead(self.registry, repository, tag, manifest, before, once=True)], dated=True)

    def _note(self, written: Iterable[Tagged], *, dated: bool, without: Sequence[str] = ()) -> None:
        """Tell the history, and which architectures an index is without."""
        late = ", ".join(name.partition(":")[0].rpartition("/")[2] for name in without)
        note = ", ".join(part for part in (self.cause.note, f"without {late}" if late else "") if part)
        cause = replace(self.cause, note=note)
        moves = [move(tag, self.app, cause, dated=dated) for tag in written if tag.action != "refused"]
        self.app.store.ledger.moved(moves)


def move(tag: Tagged, app: App, cause: Cause, *, dated: bool) -> Move:
    """Return the history's line of one written name."""
    repository, _, name = tag.ref.partition("/")[2].rpartition(":")
    return Move(repository, name, tag.before, tag.digest, app.now(), cause.why, cause.note, cause.pull, dated)


def members_of(catalogue: Catalogue, images: Sequence[Image]) -> set[str]:
    """Return the canonical names of those of *images* that are members of an index."""
    there = {canonical(catalogue, member) for each in indexes(catalogue) for member in each.members}
    return there & {canonical(catalogue, image) for image in images}
