"""Names go back to an earlier image and stay there until a person releases them."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from tests.watcher.shelf import Shelf, shelf_of, shelved
from tests.world import World
from watcher.app import App
from watcher.cli import cli

NAME = "balenalib/amd64-debian"
FIRST, SECOND, THIRD = (date(2026, 11, day) for day in (20, 22, 23))


def _call(*arguments: str, code: int = 0) -> Result:
    done = CliRunner().invoke(cli, arguments)
    assert done.exit_code == code, done.output
    return done


def _document(*arguments: str) -> Any:
    return json.loads(_call(*arguments, "--json").stdout)


Job = Callable[[Shelf], Awaitable[Any]]


def _with(world: World, folder: Path, job: Job) -> Any:
    """Run *job* on the shelf."""

    async def whole(app: App) -> Any:
        async with shelf_of(app, folder) as shelf:
            return await job(shelf)

    return world.run(whole)


@pytest.fixture
def two(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """An image of two days, the newer one bad."""
    monkeypatch.chdir(world.folder / "ws")

    async def fill(shelf: Shelf) -> list[str]:
        return [await shelf.build("amd64-debian:bookworm-run", what, day) for what, day in WHEN]

    with shelved(world):
        yield [world, tmp_path, *_with(world, tmp_path, fill)]


WHEN = (("good", FIRST), ("bad", SECOND))


def test_every_name_of_the_image_goes_back_and_stays(two: Any) -> None:
    """In every repository; dated names are left alone, and a later build moves none of them."""
    world, folder, good, bad = two
    told = _document("rollback", "amd64-debian:bookworm", "--reason", "TLS is broken")
    assert (told["was"], told["digest"]) == (bad, good)
    refs = {tag["ref"].partition("/")[2] for tag in told["tags"]}
    assert {f"{NAME}:bookworm", f"{NAME}:bookworm-run", "balenalib/amd64:bookworm"} <= refs

    async def later(shelf: Shelf) -> None:
        third = await shelf.build("amd64-debian:bookworm-run", "later", THIRD)
        assert await shelf.leads(f"{NAME}:bookworm") == good
        assert await shelf.leads("balenalib/amd64:bookworm-run") == good
        assert await shelf.leads(f"{NAME}:bookworm-run-20261122") == bad
        assert await shelf.leads(f"{NAME}:bookworm-run-20261123") == third

    _with(world, folder, later)
    past = _document("history", "amd64-debian:bookworm")
    assert past["pinned"]["reason"] == "TLS is broken"
    assert [(step["why"], step["digest"]) for step in past["history"]] == [
        ("rollback", good),
        ("plan", bad),
        ("plan", good),
    ]
    assert "was moved back" in _call("rollback", "amd64-debian:bookworm", code=2).output


def test_released_names_lead_to_the_newest_image(two: Any) -> None:
    """All that were pinned together; what was never pinned is refused."""
    world, folder, good, bad = two
    _call("rollback", "amd64-debian:bookworm")
    told = _document("rollback", "amd64-debian:bookworm-run", "--release")
    assert (told["was"], told["digest"]) == (good, bad)

    async def look(shelf: Shelf) -> None:
        for name in ("amd64-debian:bookworm", "amd64:bookworm-run", "amd64-debian:bookworm-run"):
            assert await shelf.leads(f"balenalib/{name}") == bad
        assert shelf.app.store.ledger.pins.all() == []

    _with(world, folder, look)
    assert "is not pinned" in _call("rollback", "amd64-debian:bookworm", "--release", code=2).output


def test_a_day_is_named_by_what_led_there_then(two: Any) -> None:
    """The end of that day counts; before the first one there is nothing to go back to."""
    world, folder, _, _ = two

    async def shift(shelf: Shelf) -> None:
        await shelf.build("amd64-alpine:3.22-run", "only", FIRST)

    _with(world, folder, shift)
    assert (
        "no digest of 2020-01-01 or before"
        in _call("rollback", "amd64-debian:bookworm", "--to", "2020-01-01", code=2).output
    )
    today = world._day.date().isoformat()
    assert "led where it leads now" in _call("rollback", "amd64-debian:bookworm", "--to", today, code=2).output
    assert "no digest earlier is known" in _call("rollback", "amd64-alpine:3.22", code=2).output
    assert "is not known to have been pushed" in _call("rollback", "amd64-debian:trixie", code=2).output
    assert "written once and never moves" in _call("rollback", "amd64-debian:bookworm-run-20261122", code=2).output


def test_an_image_that_is_gone_moves_nothing(two: Any) -> None:
    """Nothing is pinned either."""
    world, folder, good, bad = two

    async def lose(shelf: Shelf) -> None:
        await shelf.registry.delete(NAME, good)

    async def look(shelf: Shelf) -> None:
        assert await shelf.leads(f"{NAME}:bookworm") == bad
        assert shelf.app.store.ledger.pins.all() == []

    _with(world, folder, lose)
    done = CliRunner().invoke(cli, ["rollback", "amd64-debian:bookworm"])
    assert "is no longer there" in str(done.exception)
    _with(world, folder, look)


def test_without_a_registry_it_says_which_setting_is_missing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rather than to guess one."""
    monkeypatch.chdir(world.folder / "ws")
    done = CliRunner().invoke(cli, ["rollback", "amd64-debian"])
    assert "[registry] url" in str(done.exception)
