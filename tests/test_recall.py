"""The memory was deleted: what the registry tells brings back what is published, and what it was made of."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from contextlib import aclosing
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest

from builder.oci import MANIFEST
from generator.resolve import Resolver
from tests.foundry import Counted, Crash, Foundry
from tests.registry import LoopbackRegistry
from tests.registry.images import layout
from tests.small_family import shrink
from tests.test_recover import remembered
from tests.world import NEWER, World, import_22
from watcher import registry_access
from watcher.app import App
from watcher.family import main
from watcher.recall import Recalled
from watcher.recover import recall, recover
from watcher.retrace import HELD
from watcher.rollback import back, free

pytestmark = pytest.mark.slow

NODE = "balenalib/amd64-debian-node"
NAMES = ("amd64-debian-node:22", f"{NODE}:22.11.0-trixie-run", "debian-node:22", "intel-nuc-node", "amd64-debian")


def publish(foundry: Foundry) -> Foundry:
    """Let all images of the family be in the registry, and a second release of Node."""
    named(foundry)
    foundry.work()
    foundry.world.publish(NEWER)
    foundry.world.only("22.23.2", "22.11.0")
    number = next(p["number"] for p in foundry.world.sync()["pulls"] if p["new"] == "22.23.2")
    foundry.world.decide("merge", number)
    foundry.work()
    return foundry


def named(foundry: Foundry) -> None:
    """Name the registry in the settings."""
    foundry.settings(f'[registry]\nurl = "http://{foundry.server.host}"\n')


def lose(foundry: Foundry) -> None:
    """Delete the memory."""
    shutil.rmtree(foundry.world.folder / "ws" / "var")


def document(foundry: Foundry, *arguments: str) -> Any:
    """What a command says to programs."""
    return days(json.loads(foundry.cli(*arguments, "--json")))


def days(value: Any) -> Any:
    """The same but for the time of the day at which something was pushed: that no registry tells."""
    if isinstance(value, dict):
        told = {key: each[:10] if key in ("at", "pushed") and each else each for key, each in value.items()}
        return {key: days(each) for key, each in told.items()}
    return [days(each) for each in value] if isinstance(value, list) else value


def day(at: datetime) -> datetime:
    """A time without the time of the day."""
    return at.replace(hour=0, minute=0, second=0, microsecond=0)


def known(foundry: Foundry) -> dict[str, Any]:
    """Everything that is known of what was published."""

    async def job(app: App) -> Mapping[str, Any]:
        unknown = {"id": 0, "plan": 0, "cached": False, "attempts": 0, "seconds": 0, "log": "", "packages": ""}
        builds = [
            replace(build, started_at=None, finished_at=None, **unknown)  # type: ignore[arg-type]
            for build in app.store.builds.newest(1000)
        ]
        rows = {row.reference: row for r in app.store.ledger.repositories() for row in app.store.ledger.of(r)}
        moves = {
            name: [replace(move, at=day(move.at)) for move in app.store.ledger.history(row.repository, row.tag)]
            for name, row in rows.items()
        }
        return {
            "builds": sorted(builds, key=lambda build: (build.name, build.digest)),
            "tags": {name: (row.digest, row.dated, row.origin, row.pushed_at.date()) for name, row in rows.items()},
            "moves": moves,
            "pins": [(pin.reference, pin.digest) for pin in app.store.ledger.pins.all()],
        }

    return {
        **foundry.world.run(job),
        **days(remembered(foundry.world)),
        "history": [document(foundry, "history", name) for name in NAMES],
        "resolve": [document(foundry, "resolve", name) for name in NAMES],
    }


def test_all_that_is_published_is_known_again(foundry: Foundry) -> None:
    """Tags, builds, moves with their reasons, status: as before. Nothing is stale, no image is written, it is safe to repeat."""
    publish(foundry)
    before, tags, made = known(foundry), foundry.tags(), list(foundry.forge.made)
    stale = document(foundry, "build", "--all-stale", "--dry-run")
    assert {image["kind"] for image in stale["images"]} == {"relabel"}  # a device without Node: nobody asked for it yet
    lose(foundry)
    said = foundry.cli("recover")
    assert (
        f"Registry: {len(before['tags'])} tags of 16 repositories and {len(before['builds'])} builds found again."
        in said
    )
    assert known(foundry) == before
    assert document(foundry, "build", "--all-stale", "--dry-run") == stale
    asked = len(foundry.server.asked)
    again = document(foundry, "recover")["registry"]
    assert (again["tags"], again["builds"], again["held"], again["untold"]) == (0, 0, [], [])
    assert len(foundry.server.asked) - asked < 100
    assert known(foundry) == before
    foundry.cli("build", "--all-stale")
    assert foundry.forge.made == made
    assert {name: foundry.tags()[name] for name in tags} == tags
    # By hand, and staged images are gone: still nothing would be built.
    foundry.server.repositories.pop("balenalib/staging")
    lose(foundry)
    foundry.cli("recover")
    assert document(foundry, "build", "--all-stale", "--dry-run")["images"] == []


def test_with_github_as_the_forge(world: World) -> None:
    """Pull requests are GitHub's, the rest is the same."""
    with LoopbackRegistry() as server:
        foundry = Foundry(world, server)
        named(foundry)
        shrink(world, ())
        with world.on_github():
            import_22(world)
            foundry.work()
            before = known(foundry)
            assert {build.pull for build in before["builds"]} == {1}
            lose(foundry)
            foundry.cli("recover")
            after = known(foundry)
    for each in (before, after):
        each["status"]["sources"]["node"].pop("lag")  # this GitHub merges by the real clock, the world has its own
    assert after == before


def test_an_unreachable_registry_is_told_and_the_next_run_completes(
    foundry: Foundry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What commits and the forge tell is remembered all the same."""
    named(foundry)
    foundry.work()
    before = known(foundry)
    lose(foundry)
    monkeypatch.setattr(registry_access, "opened", partial(registry_access.opened, attempts=1))
    foundry.settings('[registry]\nurl = "http://127.0.0.1:1"\n')
    said = foundry.cli("recover", code=1)
    assert "Pull requests found again: 1 merged" in said
    assert "not told     registry: 127.0.0.1:1/" in said
    assert "run `watcher recover` again" in said
    named(foundry)
    foundry.cli("recover")
    assert known(foundry) == before


def test_killed_anywhere_the_next_run_completes(foundry: Foundry) -> None:
    """Each repository is kept as it was read, each plan as it was retraced."""
    named(foundry)
    foundry.work()
    before = known(foundry)
    lose(foundry)
    foundry.world.run(recover_commits)

    async def job(app: App) -> None:
        async with aclosing(Counted(foundry)) as registry:
            await recall(app, registry, Recalled())

    stops = []
    foundry.stop_at = 30
    while foundry.stop_at < 10_000:
        try:
            foundry.run(job)
            break
        except Crash:
            stops.append(foundry.stop_at)
            foundry.stop_at *= 3
    assert len(stops) > 2
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("state.store.builds.Builds.recall", crash)
        foundry.stop_at = None
        lose(foundry)
        foundry.world.run(recover_commits)
        with pytest.raises(Crash):
            foundry.run(job)
    foundry.cli("recover")
    assert known(foundry) == before


async def recover_commits(app: App) -> None:
    """Recover what commits and the forge tell alone."""
    settings = app.config.settings
    alone = settings.model_copy(update={"registry": settings.registry.model_copy(update={"url": ""})})
    await recover(replace(app, config=app.config.model_copy(update={"settings": alone})))


def crash(*_: object) -> int:
    """The process ends here."""
    raise Crash


def test_a_name_that_was_moved_back_stays_there(foundry: Foundry) -> None:
    """Its pin is in no registry, but that it does not lead to its newest image is; released, it goes on."""
    publish(foundry)

    async def roll(app: App) -> None:
        async with aclosing(Counted(foundry)) as registry:
            await back(app, registry, Resolver(await main(app)), f"{NODE}:22", None, "it breaks")

    foundry.world.run(roll)
    before = known(foundry)
    lose(foundry)
    held = document(foundry, "recover")["registry"]["held"]
    after = known(foundry)
    assert after["pins"] == before["pins"]
    assert held == [name for name, _ in before["pins"]]
    assert f"{NODE}:22" in held
    leads = [{name: digest for name, (digest, *_) in each["tags"].items()} for each in (before, after)]
    assert leads[0] == leads[1] == foundry.tags()
    assert HELD in foundry.cli("history", f"{NODE}:22")

    async def release(app: App) -> None:
        async with aclosing(Counted(foundry)) as registry:
            await free(app, registry, Resolver(await main(app)), f"{NODE}:22")

    foundry.world.run(release)
    assert foundry.digests(NODE)["22"] == foundry.digests(NODE)["22.23.2-trixie-run-20260810"]


def test_images_that_wait_for_their_names_get_them(foundry: Foundry) -> None:
    """A dated name without its moving ones: the soak goes on where it was."""
    url = f'[registry]\nurl = "http://{foundry.server.host}"\n'
    foundry.world.settings(
        f'{url}[trust]\nsbom = false\nprovenance = false\n[publish]\nmode = "publish"\nsoak = "2d"\n'
    )
    foundry.work()
    assert "22" not in foundry.digests(NODE)
    lose(foundry)
    foundry.cli("recover")
    assert {build.state for build in foundry.open()} == {"pushed"}
    built = len(foundry.forge.made)
    foundry.world.day(foundry.world._day + timedelta(days=2))
    foundry.work()
    assert foundry.digests(NODE)["22"] == foundry.digests(NODE)["22.11.0-trixie-run-20241101"]
    assert len(foundry.forge.made) == built


def test_a_device_that_is_younger_than_its_class_image_is_known_again(foundry: Foundry) -> None:
    """Its label names the commit of the class, whose catalogue has no such device yet."""
    named(foundry)
    foundry.work()
    foundry.edit(
        "catalogue/devices.toml", '\n[devices.later]\ntitle = "Later"\narch = "amd64"\nclass = "generic-amd64"\n'
    )
    foundry.cli("build", "--all-stale")
    assert "latest" in foundry.digests("balenalib/later-debian-node")
    before = [document(foundry, "history", "later-debian-node"), document(foundry, "resolve", "later-debian-node")]
    assert before[1]["dated"]
    lose(foundry)
    assert document(foundry, "recover")["registry"]["untold"] == []
    after = [document(foundry, "history", "later-debian-node"), document(foundry, "resolve", "later-debian-node")]
    assert [after[0]["digest"], after[1]] == [before[0]["digest"], before[1]]
    assert document(foundry, "build", "--all-stale", "--dry-run")["images"] == []


def test_what_is_not_ours_is_left_alone(foundry: Foundry) -> None:
    """A repository of the family's names with somebody else's images is told, and no tag of it is taken."""
    named(foundry)
    foundry.work()
    theirs = foundry.server.repository("balenalib/amd64-node")
    theirs.tags.clear()
    image = layout(foundry.world.folder / "theirs")
    manifest = image.manifest()
    theirs.manifests[manifest.digest] = (MANIFEST, manifest.body)
    theirs.blobs[manifest.config.digest] = image.config()
    theirs.tags["22"] = manifest.digest
    lose(foundry)
    found = document(foundry, "recover")["registry"]
    assert found["foreign"] == ["balenalib/amd64-node"]
    assert found["untold"] == []

    async def job(app: App) -> bool:
        return "balenalib/amd64-node" in app.store.ledger.repositories()

    assert foundry.world.run(job) is False
