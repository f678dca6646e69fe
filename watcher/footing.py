"""What the builds of the queue stand on: images that are queued too, are in the registry, or have to be made first."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from generator import builds as planned
from state.errors import CatalogueError, ForeignRepository
from state.model import Build
from watcher import together
from watcher.app import App
from watcher.dating import Gate, split
from watcher.drawings import Drawings
from watcher.works import Works

_AT_ONCE = 8
_FRESH: Mapping[str, Any] = {
    name: Build.__dataclass_fields__[name].default
    for name in ("state", "attempts", "failures", "next_try", "started_at", "log", "step", "error")
}
"""What a row that nobody tried yet says."""


@dataclass(frozen=True, slots=True)
class Footing:
    """The open builds; what each stands on, by its number; digests by name of what is in the registry; drawings."""

    builds: list[Build]
    needs: Mapping[int, Collection[str]]
    known: Mapping[str, str]
    drawings: Mapping[str, Drawings]


async def footing(app: App, works: Works, gate: Gate, drawings: dict[str, Drawings]) -> Footing:
    """Look at the queue, and queue before it what it stands on and nobody has.

    :param drawings: by commit; those that are missing are added
    """
    while True:
        builds = app.store.builds.open()
        await _draw(app, builds, drawings)
        needs = {build.id: needs_of(drawings[build.commit], build) for build in builds if build.state != "pushed"}
        queued = {build.name for build in builds}
        outside = {name: b for b in builds for name in needs.get(b.id, ()) if name not in queued}
        known = await _known(app, works, gate, outside)
        absent = [missing(name, build, drawings[build.commit]) for name, build in outside.items() if name not in known]
        if not absent or not app.store.builds.add(absent):
            return Footing(builds, needs, known, drawings)


def needs_of(drawings: Drawings, build: Build) -> tuple[str, ...]:
    """Return what *build* stands on; nothing where that cannot be known: then making it says why, and stops no other."""
    try:
        return tuple(drawings.bases(build).values())
    except CatalogueError:
        return ()


async def _draw(app: App, builds: Iterable[Build], drawings: dict[str, Drawings]) -> None:
    """Have the drawings of every plan, and the Dockerfiles that are to be built."""
    paths: dict[str, set[str]] = {}
    for build in builds:
        wanted = paths.setdefault(build.commit, set())
        if build.kind == "build" and build.state != "pushed":
            wanted.add(build.dockerfile)
    for commit, wanted in paths.items():
        if commit not in drawings:
            drawings[commit] = await Drawings.at(app, commit)
        await drawings[commit].read(app, wanted)


async def _known(app: App, works: Works, gate: Gate, names: Collection[str]) -> dict[str, str]:
    """Name → digest of those that are in the registry: what we made last, else what the name leads to there."""
    made = app.store.builds.made(names)

    async def look(name: str) -> str | None:
        repository, tag = split(name)
        if name in made and await works.registry.digest(repository, made[name].digest):
            return made[name].digest
        try:
            await gate.enter(repository)
        except ForeignRepository:
            return None  # somebody else's image is nothing to stand on; making our own says so in full
        return await works.registry.digest(repository, tag)

    found = zip(names, await together.each(look, list(names), _AT_ONCE), strict=True)
    return {name: digest for name, digest in found if digest}


def missing(name: str, user: Build, drawings: Drawings) -> Build:
    """Return the build of an image that *user* stands on; CatalogueError if there is none of that name."""
    image = drawings.by_name.get(name)
    if image is None:
        raise CatalogueError(user.dockerfile, "BASE", f"no image of the catalogue is called {name}")
    return replace(
        user,
        id=0,
        name=name,
        kind=planned.kind_of(image),
        platform=image.arch.oci,
        hw=image.hw,
        dockerfile=image.dockerfile,
        base=image.base,
        reason=f"{user.reason}: {user.name} stands on it",
        **_FRESH,
    )
