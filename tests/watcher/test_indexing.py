"""One name for all architectures, over the images of one build."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
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
NEXT = date(2026, 11, 23)
OTHER = date(2026, 11, 24)


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
                last, *some = _members(shelf)
                assert len(some) >= 4
                for name in some:
                    await shelf.build(name, "one", DAY)
                told = await _index(shelf, ["balenalib/aarch64-debian:bookworm-run"])
                (missing,) = told.required
                assert shelf.image(missing) == shelf.image(last)
                assert (told.tags, told.until) == ((), None)
                assert "bookworm" in told.waits
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


LATE = "balenalib/armv7hf-debian:bookworm-run"
FIRST = ["balenalib/amd64-debian:bookworm-run"]


def test_a_name_waits_for_a_late_architecture_and_then_goes_on_without_it(world: World, tmp_path: Path) -> None:
    """Who pulls it by that name loses it only then; the history says what is missing, and it comes back when it is made."""
    at = datetime(2026, 11, 22, tzinfo=UTC)

    async def fill(app: App) -> None:
        async with shelf_of(app, tmp_path) as shelf:
            for name in _members(shelf):
                await shelf.build(name, "one", DAY)
            await _index(shelf, FIRST)

    async def again(app: App) -> Indexed:
        async with shelf_of(app, tmp_path) as shelf:
            for name in ("amd64-debian:bookworm-run", "aarch64-debian:bookworm-run"):
                await shelf.build(name, "two", app.now().date())
            return await _index(shelf, FIRST, (LATE,), app.now().date())

    async def look(app: App) -> tuple[set[str], list[str]]:
        async with shelf_of(app, tmp_path) as shelf:
            manifest = await shelf.registry.manifest("balenalib/debian", "bookworm")
            assert manifest
            notes = [move.note for move in app.store.ledger.history("balenalib/debian", "bookworm")]
            return {(each.platform or {}).get("variant", "") for each in manifest.members}, notes

    async def made(app: App) -> Indexed:
        async with shelf_of(app, tmp_path) as shelf:
            await shelf.build("armv7hf-debian:bookworm-run", "two", app.now().date())
            return await _index(shelf, [LATE], (), app.now().date())

    with shelved(world):
        world.day(at)
        world.run(fill)
        world.day(at + timedelta(hours=24))
        told = world.run(again)
        assert (told.missing, told.required, told.digest) == ((LATE,), (), "")
        assert told.until == at + timedelta(hours=24 + 72)
        assert "bookworm" in told.waits
        world.day(at + timedelta(hours=24 + 71))
        assert world.run(again).digest == ""
        world.day(at + timedelta(hours=24 + 72))
        told = world.run(again)
        assert (told.missing, told.waits) == ((LATE,), ())
        variants, notes = world.run(look)
        assert "v7" not in variants
        assert notes[0] == "without armv7hf-debian"
        world.day(at + timedelta(hours=24 + 73))
        assert world.run(made).missing == ()
        assert "v7" in world.run(look)[0]


def test_what_no_name_had_is_not_waited_for(world: World, tmp_path: Path) -> None:
    """A version is there for those that it is there for, and the late one joins under the next ending of the day."""

    async def job(app: App) -> None:
        async with shelf_of(app, tmp_path) as shelf:
            for name in _members(shelf):
                if not LATE.endswith(name):
                    await shelf.build(name, "one", DAY)
            told = await _index(shelf, FIRST, (LATE,))
            assert (told.missing, told.waits) == ((LATE,), ())
            assert await shelf.leads("balenalib/debian:bookworm") == told.digest
            await shelf.build("armv7hf-debian:bookworm-run", "one", DAY)
            whole = await _index(shelf, [LATE])
            assert whole.missing == ()
            assert await shelf.leads(f"{NAME}-20261122") == told.digest
            assert await shelf.leads(f"{NAME}-20261122.1") == whole.digest

    with shelved(world):
        world.run(job)


def test_a_dated_index_and_its_members_have_one_date(world: World, tmp_path: Path) -> None:
    """Also a member that was not made anew, and where one was made twice that day."""

    async def job(app: App) -> None:
        async with shelf_of(app, tmp_path) as shelf:
            for name in _members(shelf):
                await shelf.build(name, "one", DAY)
            await _index(shelf, FIRST)
            for what, day, ending in (("two", NEXT, "20261123"), ("three", OTHER, "20261123.1")):
                image = await shelf.build("amd64-debian:bookworm-run", what, day)
                told = await _index(shelf, FIRST, (), NEXT)
                assert await shelf.leads(f"{NAME}-{ending}") == told.digest
                assert await shelf.leads(f"balenalib/amd64-debian:bookworm-run-{ending}") == image
                for name in _members(shelf)[1:]:
                    where = shelf.resolver.resolve(name).name
                    old = await shelf.leads(f"{where}-20261122")
                    assert old
                    assert await shelf.leads(f"{where}-{ending}") == old

    with shelved(world):
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
