"""One name for all architectures, over the images of one build."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

from builder.oci import INDEX
from state.store import Pin
from tests.watcher.shelf import Shelf, shelf_of, shelved
from tests.world import World
from watcher.app import App
from watcher.indexing import Cause, Indexed, members_of, write_indexes

ARCHES = ("amd64", "aarch64", "armv7hf", "rpi", "armv5e", "i386")
NAME = "balenalib/debian:bookworm-run"
DAY = date(2026, 11, 22)


def _members(shelf: Shelf) -> list[str]:
    names = [f"{arch}-debian:bookworm-run" for arch in ARCHES]
    return [name for name in names if shelf.resolver.resolve(name).image]


async def _index(shelf: Shelf, done: list[str], waiting: tuple[str, ...] = (), day: date = DAY) -> Indexed:
    catalogue = shelf.resolver.catalogue
    found = await write_indexes(shelf.app, shelf.registry, catalogue, done, Cause(day), waiting)
    return next(each for each in found if each.name == NAME)


def test_an_index_is_over_all_architectures_once_all_are_there(world: World, tmp_path: Path) -> None:
    """Until then it says who is missing; each member states its platform, and the dated name is written once."""
    with shelved(world) as server:

        async def job(app: App) -> None:
            async with shelf_of(app, tmp_path) as shelf:
                *some, last = _members(shelf)
                assert len(some) >= 4
                for name in some:
                    await shelf.build(name, "one", DAY)
                told = await _index(shelf, ["balenalib/amd64-debian:bookworm-run"])
                (missing,) = told.missing
                assert shelf.image(missing) == shelf.image(last)
                assert told.tags == ()
                assert server.repository("balenalib/debian").tags == {}
                await shelf.build(last, "one", DAY)
                told = await _index(shelf, ["balenalib/amd64-debian:bookworm-run"])
                assert {tag.action for tag in told.tags} == {"written"}
                manifest = await shelf.registry.manifest("balenalib/debian", "bookworm")
                assert manifest
                assert manifest.media_type == INDEX
                stated = [row["platform"] for row in json.loads(manifest.body)["manifests"]]
                assert {"os": "linux", "architecture": "arm", "variant": "v7"} in stated
                assert len(stated) == len(some) + 1
                assert await shelf.leads(f"{NAME}-20261122") == manifest.digest
                again = await _index(shelf, ["balenalib/amd64-debian:bookworm-run"])
                assert {tag.action for tag in again.tags} == {"kept"}
                (move,) = app.store.ledger.history("balenalib/debian", "bookworm")
                assert (move.why, move.after) == ("index", manifest.digest)

        world.run(job)


def test_an_index_waits_for_members_of_the_same_build(world: World, tmp_path: Path) -> None:
    """An older image of an architecture is not mixed in while the newer one is still being built, or failed."""
    with shelved(world):

        async def job(app: App) -> None:
            async with shelf_of(app, tmp_path) as shelf:
                for name in _members(shelf):
                    await shelf.build(name, "one", DAY)
                first = await _index(shelf, ["balenalib/amd64-debian:bookworm-run"])
                await shelf.build("amd64-debian:bookworm-run", "two", DAY)
                late = "balenalib/aarch64-debian:bookworm-run"
                told = await _index(shelf, ["balenalib/amd64-debian:bookworm-run"], (late,))
                assert told.missing == (late,)
                assert await shelf.leads("balenalib/debian:bookworm") == first.digest
                await shelf.build("aarch64-debian:bookworm-run", "two", DAY)
                second = await _index(shelf, [late])
                assert second.digest != first.digest
                assert await shelf.leads("balenalib/debian:bookworm") == second.digest
                assert await shelf.leads(f"{NAME}-20261122") == first.digest
                assert await shelf.leads(f"{NAME}-20261122.1") == second.digest

        world.run(job)


def test_a_pinned_name_of_an_index_stays(world: World, tmp_path: Path) -> None:
    """The others move, and it is said."""
    with shelved(world):

        async def job(app: App) -> None:
            async with shelf_of(app, tmp_path) as shelf:
                for name in _members(shelf):
                    await shelf.build(name, "one", DAY)
                first = await _index(shelf, ["balenalib/amd64-debian:bookworm-run"])
                app.store.ledger.pins.add([Pin("balenalib/debian", "bookworm", first.digest, app.now(), "TLS")])
                await shelf.build("amd64-debian:bookworm-run", "two", DAY)
                second = await _index(shelf, ["balenalib/amd64-debian:bookworm-run"])
                assert second.pinned == ("bookworm",)
                assert await shelf.leads("balenalib/debian:bookworm") == first.digest
                assert await shelf.leads(NAME) == second.digest

        world.run(job)


def test_only_images_of_architectures_are_members(world: World, tmp_path: Path) -> None:
    """A device's image is in no index."""

    async def job(app: App) -> None:
        async with shelf_of(app, tmp_path) as shelf:
            names = ("amd64-debian:bookworm-run", "intel-nuc-debian:bookworm-run")
            images = [shelf.image(name) for name in names]
            assert members_of(shelf.resolver.catalogue, images) == {"balenalib/amd64-debian:bookworm-run"}

    with shelved(world):
        world.run(job)
