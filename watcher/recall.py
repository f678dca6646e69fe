"""Reads back what the registry holds: the tags of every repository of the family, and what their images say of themselves.

Asked is what the ledger does not know: a run that was cut off is finished by the next one. Staging is not read: what an
image was made of is a label of its own, and stays with it when the staged copy goes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from builder import publish
from builder.oci import labels_of
from builder.registry import Registry
from generator import matrix
from generator.names import index_repository, repositories
from generator.rows import Catalogue
from state.errors import ForeignRepository
from state.store import Published
from watcher import adopt, together
from watcher.app import App
from watcher.drawings import CREATED, FAMILY
from watcher.progress import Count

_AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class Facts:
    """What an image says: its labels, and the bytes of its layers as they are transferred.

    ``members`` are the digests of an index, whose labels are those of the first of them.
    """

    labels: Mapping[str, str]
    size: int
    members: tuple[str, ...] = ()


@dataclass(slots=True)
class Recalled:
    """What the registry told: how many repositories and tags are known anew, and the builds behind dated names.

    ``foreign`` are repositories with names of ours and images of somebody else's, ``held`` names that do not lead to
    their newest image, ``untold`` images of which it cannot be said how they came to be, each with the reason.
    """

    repositories: int = 0
    tags: int = 0
    builds: int = 0
    foreign: list[str] = field(default_factory=list)
    held: list[str] = field(default_factory=list)
    untold: list[str] = field(default_factory=list)

    def document(self) -> dict[str, Any]:
        """Return what programs may rely on, as JSON."""
        return {name: getattr(self, name) for name in self.__slots__}


def places(catalogue: Catalogue) -> list[str]:
    """Return every repository in which the family may have names, indexes among them."""
    found: dict[str, None] = {}
    for hw, distro, stack in dict.fromkeys((i.hw, i.distro, i.stack) for i in matrix.images(catalogue)):
        found |= dict.fromkeys(repositories(catalogue, hw, distro, stack))
    for row in catalogue.distros.values():
        if not row.also:
            found |= dict.fromkeys(index_repository(catalogue, row.name, stack) for stack in (None, *catalogue.stacks))
    return list(found)


class Reader:
    """Reads repositories into the ledger, several at once; ``facts`` are those of images, by digest."""

    def __init__(self, app: App, registry: Registry, namespace: str, found: Recalled) -> None:
        self._app, self._registry, self._namespace, self._found = app, registry, namespace, found
        self._turn = asyncio.Semaphore(_AT_ONCE)
        self._made = {digest for _, digest in app.store.builds.published()}
        self.facts: dict[str, Facts] = {}

    async def read(self, names: Sequence[str]) -> None:
        """Read all of *names*; each is in the ledger as soon as it was read.

        :raises RegistryError: the registry refused, or cannot be reached
        """
        counted = Count(self._app.progress, "repositories read", len(names))

        async def one(name: str) -> None:
            await self._one(name)
            counted.add()

        await together.each(one, names, _AT_ONCE)

    async def _one(self, repository: str) -> None:
        known = {row.tag: row for row in self._app.store.ledger.of(repository)}
        fresh = [tag for tag in await adopt.names(self._registry, repository) if tag not in known]
        try:
            if fresh and not known:
                adopted = self._app.config.settings.publish.adopt
                await publish.ours(self._registry, repository, (FAMILY, self._namespace), adopted)
        except ForeignRepository:
            self._found.foreign.append(repository)
            return
        there = await adopt.digests(self._registry, repository, fresh, self._turn)
        unmade = (row.digest for row in known.values() if row.dated and row.digest not in self._made)
        await self._look(repository, dict.fromkeys((*there.values(), *unmade)))
        rows = [self._row(repository, tag, digest) for tag, digest in there.items()]
        self._app.store.ledger.add(rows)
        self._found.repositories += bool(rows)
        self._found.tags += len(rows)

    async def _look(self, repository: str, digests: Iterable[str]) -> None:
        """Learn what these images say; what is in several repositories is asked for once."""
        await together.each(lambda digest: self._facts(repository, digest), list(digests), _AT_ONCE)

    async def _facts(self, repository: str, digest: str) -> None:
        if digest in self.facts:
            return
        async with self._turn:
            manifest = await self._registry.manifest(repository, digest)
            members = tuple(each.digest for each in manifest.members) if manifest and manifest.is_index else ()
            if members:
                manifest = await self._registry.manifest(repository, members[0])
            if manifest is None or manifest.is_index:
                return  # deleted in between, or an index over nothing
            labels = labels_of(await self._registry.blob(repository, manifest.config.digest))
        size = 0 if members else sum(layer.size for layer in manifest.layers)
        self.facts[digest] = Facts(labels, size, members)

    def _row(self, repository: str, tag: str, digest: str) -> Published:
        """One tag: ours if its image says so. A registry tells no times: a day is that of the name, or of its image."""
        facts = self.facts.get(digest)
        mine = facts is not None and facts.labels.get(FAMILY) == self._namespace
        dated = adopt.day_of(tag)
        at = moment(*dated) if dated else (_created(facts) if facts and mine else None) or self._app.now()
        return Published(repository, tag, digest, at, dated is not None, "pushed" if mine else "adopted")


def moment(day: datetime, nth: int) -> datetime:
    """Return the time that stands for the *nth* image of a day: of two of one day the later one is the later one."""
    return day + timedelta(microseconds=nth)


def _created(facts: Facts) -> datetime | None:
    try:
        return datetime.fromisoformat(facts.labels[CREATED])
    except (KeyError, ValueError):
        return None


def dated(app: App, names: Iterable[str]) -> Iterator[Published]:
    """Yield the dated names of ours in these repositories, oldest first."""
    rows = [row for name in names for row in app.store.ledger.of(name) if row.dated and row.origin == "pushed"]
    yield from sorted(rows, key=lambda row: row.day)
