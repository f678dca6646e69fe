"""Which members an index over all architectures has now, and which of its names may lead to them.

It is written once the members that its rule requires are there. A name stays where it is for as long as an architecture
that it leads to now is late, ``index_wait_up_to_hours`` at most, and then goes on without that one: who pulls an
architecture by a name loses it only after that wait, and nobody waits for what a name never had.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from builder.oci import platform_fields
from builder.registry import Registry
from generator.indexes import Index
from generator.names import canonical
from generator.rows import Catalogue
from state.model import Image
from state.store import Published
from watcher.app import App


@dataclass(frozen=True, slots=True)
class Roll:
    """The members of one index by canonical name: those that are there, as the ledger has them, and those that are not.

    ``required`` are those of the missing ones without which the index is not written at all.
    """

    wanted: Index
    members: Mapping[str, Image]
    found: Mapping[str, Published]
    missing: tuple[str, ...]
    required: tuple[str, ...]

    @property
    def repository(self) -> str:
        """Where the index is."""
        return self.wanted.names[0].partition(":")[0]

    @property
    def tags(self) -> list[str]:
        """Its names without the repository, the canonical one first."""
        return [name.partition(":")[2] for name in self.wanted.names]


@dataclass(frozen=True, slots=True)
class Leave:
    """The tags that may be written now, those that stay where they are, and until when (None: for as long as it takes)."""

    free: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    until: datetime | None = None


def call(app: App, catalogue: Catalogue, wanted: Index, waiting: Collection[str]) -> Roll:
    """Return who is there; a member that is in *waiting* (canonical names) is not, whatever older image it has."""
    members = {canonical(catalogue, member): member for member in wanted.members}
    found = {each: row for each in members if each not in waiting and (row := app.store.ledger.find(*_split(each)))}
    missing = tuple(each for each in members if each not in found)
    required = tuple(each for each in missing if members[each].arch in wanted.rule.requires)
    return Roll(wanted, members, found, missing, required)


async def leave(app: App, registry: Registry, roll: Roll, pinned: Collection[str]) -> Leave:
    """Say which names may be written; those that are *pinned* are not asked for.

    :raises RegistryError: the registry cannot be asked what a name leads to
    """
    tags = [tag for tag in roll.tags if tag not in pinned]
    if roll.required:
        return Leave(kept=tuple(tags))
    if not roll.missing:
        return Leave(free=tuple(tags))
    looked = _Looked(app, registry, roll)
    ends = {tag: end for tag in tags if (end := await looked.stays_until(tag))}
    return Leave(tuple(tag for tag in tags if tag not in ends), tuple(ends), min(ends.values(), default=None))


def is_overdue(app: App, roll: Roll) -> bool:
    """Whether a name has waited long enough for a member that is missing: by what is known, without asking the registry."""
    if roll.required or not roll.missing:
        return False
    moves, pinned = _moves(app, roll), app.store.ledger.pins.of(roll.repository)
    rows = [app.store.ledger.find(roll.repository, tag) for tag in roll.tags if tag not in pinned]
    newer = [since for row in rows if row and (since := _first_after(moves, row))]
    return any(since + _wait(roll) <= app.now() for since in newer)


def until(app: App, roll: Roll) -> datetime | None:
    """When the index goes on without what is missing; None if it never does, or never was written.

    By what is known, without asking the registry.
    """
    row = app.store.ledger.find(roll.repository, roll.tags[0])
    since = None if roll.required or row is None else _first_after(_moves(app, roll), row)
    return since + _wait(roll) if since else None


def _moves(app: App, roll: Roll) -> list[datetime]:
    """When the members that are there got an image."""
    return [move.at for each in roll.found for move in app.store.ledger.history(*_split(each))]


def _first_after(moves: Sequence[datetime], name: Published) -> datetime | None:
    """Since when a member has a newer image than the index that *name* leads to; None if none has."""
    return min((at for at in moves if at > name.pushed_at), default=None)


@dataclass(slots=True)
class _Looked:
    """What the names of one index lead to now; each digest is asked for once."""

    app: App
    registry: Registry
    roll: Roll
    lost: dict[str, bool] = field(default_factory=dict)
    moves: list[datetime] = field(init=False)

    def __post_init__(self) -> None:
        self.moves = _moves(self.app, self.roll)

    async def stays_until(self, tag: str) -> datetime | None:
        """Until when a name is to stay where it is; None if it is free."""
        row = self.app.store.ledger.find(self.roll.repository, tag)
        if row is None or not await self._loses(row.digest):
            return None
        since = _first_after(self.moves, row)
        end = (since or self.app.now()) + _wait(self.roll)
        return end if end > self.app.now() else None

    async def _loses(self, digest: str) -> bool:
        """Whether the index at *digest* has an architecture that is missing now."""
        if digest not in self.lost:
            manifest = await self.registry.manifest(self.roll.repository, digest)
            there = [each.platform for each in manifest.members] if manifest else []
            late = [platform_fields(self.roll.members[each].arch.oci) for each in self.roll.missing]
            self.lost[digest] = any(platform in there for platform in late)
        return self.lost[digest]


def _wait(roll: Roll) -> timedelta:
    return timedelta(hours=roll.wanted.rule.wait_up_to_hours)


def _split(name: str) -> tuple[str, str]:
    repository, _, tag = name.partition(":")
    return repository, tag
