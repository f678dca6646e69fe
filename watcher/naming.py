"""The moving names of one repository, as one batch: from the most specific to ``latest``, only where they change.

Whose a name is, the catalogue of the default branch says, however old the plan is: an image that was built late never
takes a name from a newer one. Names that a person pinned stay.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from builder import publish
from builder.oci import Manifest
from builder.publish import Tagged
from builder.registry import Registry
from generator.names import canonical
from state.errors import RegistryError
from state.model import Build, Image
from state.store import Move
from watcher import together
from watcher.app import App
from watcher.dating import Gate, split, why
from watcher.drawings import Drawings
from watcher.works import Works

_AT_ONCE = 8
_PARTS = re.compile(r"[.-]")


@dataclass(slots=True)
class Batch:
    """What is to be written in one repository and in those that have the same tags: whole name → image and plan."""

    app: App
    works: Works
    gate: Gate
    head: Drawings
    home: str
    wanted: dict[str, Build] = field(default_factory=dict)
    manifests: dict[str, Manifest] = field(default_factory=dict)

    def take(self, build: Build, then: Drawings) -> None:
        """Add the names that *build* (planned when the catalogue was *then*'s) may have now."""
        old, now = then.images[build.place], self.head.images.get(build.place)
        if now is not None and canonical(self.head.catalogue, now) == build.name:
            names = self.head.names.tags(now)
        else:  # another version stands in its place: what only ever named this one stays its own
            names = [name for name in then.names.tags(old) if not self._taken(old, name)]
        self.wanted |= dict.fromkeys(names, build)

    def _taken(self, image: Image, name: str) -> bool:
        tag = split(name)[1]
        return self.head.names.where(image.hw, image.distro, image.stack, tag) is not None

    async def write(self) -> list[Tagged]:
        """Write the batch; what is known of it in the history grows with it."""
        pinned = {repository: self.app.store.ledger.pins.of(repository) for repository in self._repositories()}
        free = [name for name in self.wanted if split(name)[1] not in pinned[split(name)[0]]]
        await self._prepare(free)
        done: list[tuple[str, Tagged]] = []
        for _, level in itertools.groupby(sorted(free, key=_order), key=_specific):
            names = list(level)
            done += zip(names, await together.each(self._one, names, _AT_ONCE), strict=True)
        self._remember(done)
        return [each for _, each in done]

    def _repositories(self) -> list[str]:
        return sorted({split(name)[0] for name in self.wanted})

    async def _prepare(self, names: Iterable[str]) -> None:
        """Have each image in each repository by its digest, before the first of its names."""
        for repository, digest in sorted({(split(name)[0], self.wanted[name].digest) for name in names}):
            await self.gate.enter(repository)
            if digest not in self.manifests:
                self.manifests[digest] = await _manifest(self.works.registry, self.home, digest)
            await publish.copy(self.works.registry, self.manifests[digest], self.home, repository)

    async def _one(self, name: str) -> Tagged:
        manifest = self.manifests[self.wanted[name].digest]
        return await publish.name(self.works.registry, *split(name), manifest, once=False)

    def _remember(self, done: Sequence[tuple[str, Tagged]]) -> None:
        builds = {name: self.wanted[name] for name, _ in done}
        moves = (
            Move(*split(name), each.before, each.digest, self.app.now(), why(builds[name]), builds[name].reason,
                 builds[name].pull or None)
            for name, each in done
        )  # fmt: skip
        self.app.store.ledger.named(moves, next(iter(self.wanted.values())).source, self.app.now())


async def _manifest(registry: Registry, repository: str, digest: str) -> Manifest:
    manifest = await registry.manifest(repository, digest)
    if manifest is None:
        raise RegistryError(registry.host, f"{repository}@{digest}", "is not there any more")
    return manifest


async def name_all(
    app: App, works: Works, gate: Gate, builds: Sequence[Build], drawings: Mapping[str, Drawings], head: Drawings
) -> list[Tagged]:
    """Let the moving names of one repository lead to *builds*, its newest images."""
    batch = Batch(app, works, gate, head, builds[0].repository)
    for build in builds:  # in the order of their planning: the later one of two counts
        batch.take(build, drawings[build.commit])
    return await batch.write()


def _specific(name: str) -> int:
    """How many parts a tag has, negative: what has most comes first, ``latest`` last of all."""
    tag = split(name)[1]
    return 0 if tag == "latest" else -len(_PARTS.split(tag))


def _order(name: str) -> tuple[int, str]:
    return _specific(name), name
