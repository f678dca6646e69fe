"""What is deleted from the registry, and what stays."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from builder import publish, referrers
from builder.referrers import Attachment
from state.model import Build
from state.store import Pin
from tests.registry.images import layout
from tests.watcher.shelf import Shelf, shelf_of, shelved
from tests.world import World
from watcher.app import App
from watcher.cli import cli
from watcher.conductor import Conductor

STAGING = "balenalib/staging"
NAME = "balenalib/amd64-debian"
DAYS = [date(2026, 11, day) for day in (1, 2, 3)]


def _call(*arguments: str) -> Result:
    done = CliRunner().invoke(cli, ["prune", *arguments])
    assert done.exit_code == 0, done.output
    return done


def _with(world: World, folder: Path, job: Any) -> Any:
    async def whole(app: App) -> Any:
        async with shelf_of(app, folder) as shelf:
            return await job(shelf)

    return world.run(whole)


async def _stage(shelf: Shelf, inputs: str, what: str, *, state: str, days: int) -> str:
    """Stage an image whose build ended so many days ago."""
    manifest = await publish.push(shelf.registry, STAGING, layout(shelf.folder / inputs, label=what))
    await publish.name(shelf.registry, STAGING, inputs, manifest, once=False)
    app = shelf.app
    row = Build(int(inputs[0], 16), "c0ffee", f"{NAME}:{inputs}", "build", "linux/amd64", inputs, "x", "y", DAYS[0])
    app.store.builds.add([row])
    (mine,) = (each for each in app.store.builds.open() if each.name == row.name)
    ended = app.now() - timedelta(days=days)
    done: Any = {"state": state, "digest": manifest.digest, "inputs": inputs, "finished_at": ended}
    app.store.builds.save([replace(mine, **done)])
    return manifest.digest


def test_staged_images_go_a_week_after_their_names_were_written(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not what waits for names, not what is fresh, not what another build needs too, and nothing that is not ours."""
    monkeypatch.chdir(world.folder / "ws")
    rows = [("1a", "old", "tagged", 9), ("2b", "fresh", "tagged", 2), ("3c", "waits", "pushed", 9)]
    rows += [("4d", "same", "tagged", 9), ("5e", "same", "tagged", 2)]

    async def fill(shelf: Shelf) -> None:
        for inputs, what, state, days in rows:
            await _stage(shelf, inputs, what, state=state, days=days)
        other = await publish.push(shelf.registry, STAGING, layout(shelf.folder / "other", label="other"))
        await publish.name(shelf.registry, STAGING, "others", other, once=False)

    with shelved(world) as server:
        _with(world, tmp_path, fill)
        there = set(server.repository(STAGING).tags)
        assert json.loads(_call("--dry-run", "--json").stdout)["staged"] == [f"{STAGING}:1a"]
        assert set(server.repository(STAGING).tags) == there
        assert f"deleted {STAGING}:1a" in _call().stdout
        assert set(server.repository(STAGING).tags) == there - {"1a"}
        assert json.loads(_call("--json").stdout) == {"staged": [], "dated": [], "kept": [], "logs": []}


def test_a_staged_image_that_no_build_knows_goes_after_the_day_of_its_plan(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A build that was cut off once it had staged, and was planned anew: only where the image says that it is ours."""
    monkeypatch.chdir(world.folder / "ws")
    ours = {"base-image-watcher.family": "balenalib"}

    async def fill(shelf: Shelf) -> None:
        days = {"1a": ours, "2b": ours, "3c": {}}
        for inputs, labels in days.items():
            created = shelf.app.now() - timedelta(days=2 if inputs == "2b" else 9)
            told = {**labels, "org.opencontainers.image.created": created.isoformat()}
            image = await publish.push(shelf.registry, STAGING, layout(shelf.folder / inputs, labels=told))
            await publish.name(shelf.registry, STAGING, inputs * 32, image, once=False)

    with shelved(world) as server:
        _with(world, tmp_path, fill)
        assert json.loads(_call("--json").stdout)["staged"] == [f"{STAGING}:{'1a' * 32}"]
        assert set(server.repository(STAGING).tags) == {"2b" * 32, "3c" * 32}


def test_logs_of_builds_go_after_some_weeks(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What tells why a build fails now stays, however old."""
    monkeypatch.chdir(world.folder / "ws")
    folder = world.folder / "ws" / "var" / "builds"
    folder.mkdir(parents=True)

    async def fill(shelf: Shelf) -> None:
        app = shelf.app
        row = Build(
            1, "c0ffee", f"{NAME}:x", "build", "linux/amd64", "x", "x", "y", DAYS[0], log="1-3.log", state="failed"
        )
        app.store.builds.add([row])
        for name, days in (("1-2.log", 29), ("1-3.log", 60), ("2-1.log", 27)):
            (folder / name).write_text("RUN")
            at = (app.now() - timedelta(days=days)).timestamp()
            os.utime(folder / name, (at, at))

    with shelved(world):
        _with(world, tmp_path, fill)
        assert json.loads(_call("--dry-run", "--json").stdout)["logs"] == ["1-2.log"]
        assert "1 logs of builds" in _call().stdout
        assert {file.name for file in folder.iterdir()} == {"1-3.log", "2-1.log"}


def test_the_daemon_deletes_as_the_command_does(world: World, tmp_path: Path) -> None:
    """Its housekeeping needs nobody who calls `watcher prune`."""

    async def fill(shelf: Shelf) -> None:
        for inputs, days in (("1a", 9), ("2b", 2)):
            await _stage(shelf, inputs, inputs, state="tagged", days=days)

    with shelved(world) as server:
        _with(world, tmp_path, fill)
        world.run(lambda app: Conductor(app).prune())
        assert set(server.repository(STAGING).tags) == {"2b"}


def _dated(world: World, extra: str = "") -> None:
    world.settings(world.extra + f'[retention]\ndated = "30d"\n{extra}')


@pytest.mark.parametrize("referrers_api", [True, False])
def test_old_dated_names_go_where_that_is_set(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, referrers_api: bool
) -> None:
    """With all that is attached to them; what a moving name or a pin leads to stays, and the newest of each name."""
    monkeypatch.chdir(world.folder / "ws")
    digests: list[str] = []

    async def fill(shelf: Shelf) -> None:
        for day in DAYS:
            digests.append(await shelf.build("amd64-debian:bookworm-run", day.isoformat(), day))
            manifest = await shelf.registry.manifest(NAME, digests[-1])
            assert manifest
            await referrers.attach(shelf.registry, NAME, manifest, Attachment("application/spdx+json", b"{}", {}))
        shelf.app.store.ledger.pins.add([Pin(NAME, "12", digests[1], shelf.app.now(), "x")])

    async def look(shelf: Shelf) -> None:
        assert [row.tag for row in shelf.app.store.ledger.dated(NAME, "bookworm-run")] == [
            "bookworm-run-20261103",
            "bookworm-run-20261102",
        ]

    with shelved(world, referrers=referrers_api) as server:
        _with(world, tmp_path, fill)
        world.day(world._day + timedelta(days=60))
        assert json.loads(_call("--json").stdout)["dated"] == []
        _dated(world)
        told = json.loads(_call("--json").stdout)
        assert told["dated"] == [f"{NAME}:bookworm-run-20261101"]
        left = server.repository(NAME)
        assert digests[0] not in left.manifests
        assert {digests[1], digests[2]} <= left.manifests.keys()
        subjects = [json.loads(body).get("subject", {}).get("digest") for _, body in left.manifests.values()]
        assert digests[0] not in subjects
        assert digests[1] in subjects
        assert f"sha256-{digests[0][7:]}" not in left.tags
        _with(world, tmp_path, look)


def test_a_registry_that_does_not_delete_is_told(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is forgotten of what is still there."""
    monkeypatch.chdir(world.folder / "ws")

    async def fill(shelf: Shelf) -> None:
        for day in DAYS:
            await shelf.build("amd64-debian:bookworm-run", day.isoformat(), day)

    with shelved(world, deletes=False):
        _with(world, tmp_path, fill)
        world.day(world._day + timedelta(days=60))
        _dated(world)
        told = json.loads(_call("--json").stdout)
        assert told["dated"] == []
        assert f"{NAME}:bookworm-run-20261101" in told["kept"]
        assert "kept balenalib/amd64-debian:bookworm-run-20261101: the registry does not delete" in _call().stdout
