"""From staged to dated: an image comes into its own repository, and gets the names that are written once."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from builder import publish
from builder.oci import Manifest
from generator.tags import suffix
from state.errors import RegistryError
from state.model import Build
from state.store import Move, Why
from watcher.app import App
from watcher.drawings import DEVICE, FAMILY, Drawings, based_on
from watcher.works import Works


class Gate:
    """Lets us write to a repository once it is seen to be ours; ForeignRepository else. Each is looked at once."""

    def __init__(self, app: App, works: Works, namespace: str) -> None:
        """Repositories that the ledger knows are ours: we pushed there, or a person adopted them."""
        self._registry, self._label, self._adopted = works.registry, (FAMILY, namespace), works.adopted
        self._open = set(app.store.ledger.repositories())
        self._looking = asyncio.Lock()

    async def enter(self, repository: str) -> None:
        """Look at *repository*, if that was not done yet."""
        if repository in self._open:
            return
        async with self._looking:
            await publish.ours(self._registry, repository, self._label, self._adopted)
            self._open.add(repository)


async def place(works: Works, gate: Gate, build: Build, digest: str, where: str) -> Manifest:
    """Bring an image from the repository *where* into its own, by digest; no byte moves where that is possible."""
    await gate.enter(build.repository)
    manifest = await works.registry.manifest(where, digest)
    if manifest is None:
        raise RegistryError(works.registry.host, f"{where}@{digest}", "is not there any more")
    await publish.copy(works.registry, manifest, where, build.repository)
    await publish.checked_platform(works.registry, build.repository, manifest, build.platform)
    return manifest


async def relabel(works: Works, gate: Gate, build: Build, base: str) -> tuple[Manifest, bool]:
    """Make a device of its class image (*base* is that one's digest); also whether it had to be written."""
    await gate.enter(build.repository)
    labels = {DEVICE: build.hw, **based_on(build.base, base)}
    source = build.base.partition(":")[0]
    made, fresh = await publish.relabel(works.registry, source, base, build.repository, labels)
    await publish.checked_platform(works.registry, build.repository, made, build.platform)
    return made, fresh


async def date(
    app: App, works: Works, gate: Gate, drawings: Drawings, build: Build, manifest: Manifest
) -> tuple[Build, list[publish.Tagged]]:
    """Write the dated names of an image, all with the first ending of the plan's day that is free, or theirs already.

    An image that has one, of whatever day, gets no other.
    """
    image, (repository, stem) = drawings.images[build.place], split(build.name)
    for known in app.store.ledger.dated(repository, stem):
        if known.digest == manifest.digest and await works.registry.digest(repository, known.tag) == known.digest:
            kept = publish.Tagged(f"{works.registry.host}/{known.reference}", known.digest, "kept", known.digest)
            return replace(build, digest=manifest.digest, dated=known.tag.removeprefix(f"{stem}-")), [kept]

    def wanted(nth: int) -> dict[str, str]:
        return dict.fromkeys(drawings.names.dated(image, build.day, nth), manifest.digest)

    nth, there = await publish.free(works.registry, wanted)
    tagged = [await _write(works, gate, build.repository, name, manifest, before) for name, before in there.items()]
    app.store.ledger.moved(
        Move(
            *split(name), each.before, each.digest, app.now(), why(build), build.reason, build.pull or None, dated=True
        )
        for name, each in zip(there, tagged, strict=True)
        if each.action != "refused"
    )
    return replace(build, digest=manifest.digest, dated=suffix(build.day, nth)), tagged


def why(build: Build) -> Why:
    """What asked for it, in the words of the history."""
    return "release" if build.pull else "plan"


async def _write(
    works: Works, gate: Gate, home: str, name: str, manifest: Manifest, before: str | None
) -> publish.Tagged:
    repository, tag = split(name)
    await gate.enter(repository)
    await publish.copy(works.registry, manifest, home, repository)
    return await publish.lead(works.registry, repository, tag, manifest, before, once=True)


def split(name: str) -> tuple[str, str]:
    """Return repository and tag of a whole name."""
    repository, _, tag = name.partition(":")
    return repository, tag
