"""A registry with images of the family, put there as builds do: for tests of what happens to their names."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from builder import publish
from builder.oci import Manifest, labels_of, relabelled
from builder.registry import Registry
from generator.names import canonical
from generator.resolve import Resolver
from state.model import Image
from state.store import Move
from tests.registry import LoopbackRegistry
from tests.registry.images import layout
from tests.world import World
from watcher import family
from watcher.app import App
from watcher.registry_access import opened


@dataclass
class Shelf:
    """What one test has: the registry as a server, and as the watcher's client sees it."""

    app: App
    registry: Registry
    resolver: Resolver
    folder: Path

    @classmethod
    async def make(cls, app: App, registry: Registry, folder: Path) -> Shelf:
        """By the catalogue of the images repository as it is."""
        return cls(app, registry, Resolver(await family.main(app)), folder)

    def image(self, name: str) -> Image:
        """The image that a name leads to."""
        found = self.resolver.resolve(name).image
        assert found
        return found

    async def build(self, name: str, what: str, day: date) -> str:
        """Push an image that *what* makes different, name it as a build does, and return its digest."""
        image = self.image(name)
        whole = canonical(self.resolver.catalogue, image)
        repository = whole.partition(":")[0]
        lay = layout(self.folder / what / whole.replace("/", "_").replace(":", "_"), image.arch.oci, label=what)
        config = relabelled(lay.config(), {"io.balena.architecture": image.arch.repo})
        manifest = await publish.push(self.registry, repository, lay, config)
        for dated in self.resolver.names.dated(image, day):
            await self._name(dated, manifest, repository, what, dated=True)
        for tag in self.resolver.names.tags(image):
            pinned = self.app.store.ledger.pins.of(tag.partition(":")[0])
            if tag.partition(":")[2] not in pinned:
                await self._name(tag, manifest, repository, what, dated=False)
        return manifest.digest

    async def _name(self, name: str, manifest: Manifest, source: str, what: str, *, dated: bool) -> None:
        repository, _, tag = name.partition(":")
        await publish.copy(self.registry, manifest, source, repository)
        done = await publish.name(self.registry, repository, tag, manifest, once=dated)
        move = Move(repository, tag, done.before, manifest.digest, self.app.now(), "plan", what, dated=dated)
        self.app.store.ledger.moved([move])

    async def leads(self, name: str) -> str | None:
        """Where a name leads in the registry."""
        repository, _, tag = name.partition(":")
        return await self.registry.digest(repository, tag)

    async def labels(self, repository: str, digest: str) -> dict[str, str]:
        """The labels of an image."""
        manifest = await self.registry.manifest(repository, digest)
        assert manifest
        return labels_of(await self.registry.blob(repository, manifest.config.digest))


@asynccontextmanager
async def shelf_of(app: App, folder: Path) -> AsyncIterator[Shelf]:
    """The registry that the settings name."""
    async with opened(app.config) as registry:
        yield await Shelf.make(app, registry, folder)


@contextmanager
def shelved(world: World, **options: bool) -> Iterator[LoopbackRegistry]:
    """Let the workspace publish to an empty registry."""
    with LoopbackRegistry(**options) as server:  # type: ignore[arg-type]
        world.settings(f'[registry]\nurl = "http://{server.host}"\n')
        yield server
