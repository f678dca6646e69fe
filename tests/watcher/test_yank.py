"""A bad release is taken back: its place in the catalogue, and its names."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from tests.watcher.shelf import Shelf, shelf_of, shelved
from tests.world import NEWER, World
from watcher.app import App
from watcher.cli import cli

HOME = "balenalib/amd64-debian-node"
FIRST, SECOND = date(2024, 11, 1), date(2026, 8, 10)


def _call(world: World, *arguments: str, code: int = 0) -> Result:
    done = CliRunner().invoke(cli, ["--config", str(world.config_file), *arguments])
    assert done.exit_code == code, (done.output, done.exception)
    return done


def _yank(world: World, *arguments: str) -> Any:
    return json.loads(
        _call(world, "yank", "node", "22.23.2", "--reason", "TLS `breaks`\n# often", *arguments, "--json").stdout
    )


def _bring(world: World) -> None:
    """Let 22.23.2 be proposed, and merge it as pull request #2."""
    world.publish(NEWER)
    world.only("22.23.2", "22.11.0")
    assert [p["number"] for p in world.sync()["pulls"]] == [2]
    world.decide("merge", 2)


def _with(world: World, folder: Path, job: Any) -> Any:
    async def whole(app: App) -> Any:
        async with shelf_of(app, folder) as shelf:
            return await job(shelf)

    return world.run(whole)


def test_a_pull_request_brings_the_release_before_back(imported: World) -> None:
    """Labelled, with the reason as text; what is recorded is what was recorded before, and nothing is proposed anew."""
    before = imported.text("catalogue/releases/node/22.json")
    _bring(imported)
    told = _yank(imported)
    (pull,) = told["pulls"]
    assert (pull["number"], pull["title"]) == (3, "node: 22.23.2 -> 22.11.0 (takes 22.23.2 back)")
    there = imported.pull(3)
    assert "downgrade" in there.labels
    assert "security" not in there.labels
    assert "because: `TLS 'breaks' # often`" in there.body
    assert imported.sync()["pulls"] == []
    assert imported.pull(3).standing == "open"
    imported.decide("merge", 3)
    assert imported.text("catalogue/releases/node/22.json") == before
    assert imported.sync()["pulls"] == []


def test_the_next_release_takes_the_place_of_the_one_that_was_taken_back(imported: World) -> None:
    """The open pull request is brought up to it, and is no downgrade any more."""
    imported.publish(NEWER)
    imported.release("22.23.1", like="22.23.2")
    imported.only("22.23.1", "22.11.0")
    imported.sync()
    imported.decide("merge", 2)
    _call(imported, "yank", "node", "22.23.1", "--reason", "TLS")
    assert "downgrade" in imported.pull(3).labels
    imported.publish(NEWER)
    imported.only("22.23.2", "22.11.0")
    assert [(p["number"], p["new"]) for p in imported.sync()["pulls"]] == [(3, "22.23.2")]
    assert "downgrade" not in imported.pull(3).labels
    assert imported.pull(3).title.startswith("node: 22.23.1 -> 22.23.2")


def test_names_lead_to_the_images_before_it_at_once(imported: World, tmp_path: Path) -> None:
    """And stay there until it is merged; names of the bad version alone, and dated ones, stay where they are."""
    with shelved(imported):

        async def old(shelf: Shelf) -> str:
            return await shelf.build("amd64-debian-node:22.11.0-trixie-run", "old", FIRST)

        async def new(shelf: Shelf) -> str:
            return await shelf.build("amd64-debian-node:22.23.2-trixie-run", "new", SECOND)

        good = _with(imported, tmp_path, old)
        _bring(imported)
        bad = _with(imported, tmp_path, new)

        async def look(shelf: Shelf, pins: int) -> None:
            for tag in ("22", "22-trixie", "22-trixie-run"):
                assert await shelf.leads(f"{HOME}:{tag}") == good
            assert await shelf.leads("balenalib/amd64-node:22-trixie") == good
            for tag in ("22.23.2-trixie-run", "22.23.2-trixie", "22.23.2-trixie-run-20260810"):
                assert await shelf.leads(f"{HOME}:{tag}") == bad
            assert bool(shelf.app.store.ledger.pins.all()) == bool(pins)

        told = _yank(imported)
        moved = {tag["ref"].partition("/")[2] for tag in told["names"][0]["tags"]}
        assert f"{HOME}:22" in moved
        assert f"{HOME}:22.23.2-trixie" not in moved
        _with(imported, tmp_path, lambda shelf: look(shelf, 1))
        past = json.loads(_call(imported, "history", "amd64-debian-node:22", "--json").stdout)
        assert [step["why"] for step in past["history"]] == ["yank", "plan", "plan"]
        imported.decide("merge", 3)
        _with(imported, tmp_path, lambda shelf: look(shelf, 0))


def test_what_cannot_be_taken_back_is_refused(imported: World) -> None:
    """A version that no line is at, one with nothing before it, and a source that there is not."""
    assert "no line of node is at 20.0.0" in _call(imported, "yank", "node", "20.0.0", "--reason", "x", code=2).output
    assert "no source 'nodejs'" in _call(imported, "yank", "nodejs", "22.11.0", "--reason", "x", code=2).output
    said = _call(imported, "yank", "node", "22.11.0", "--reason", "x", code=2).output
    assert "nothing of node 22 before 22.11.0 is known" in said
    assert imported.sync()["skipped"] == []


@pytest.mark.parametrize("reason", ["", " "])
def test_a_reason_is_needed(imported: World, reason: str) -> None:
    """The pull request has to say why."""
    assert "reason" in _call(imported, "yank", "node", "22.11.0", "--reason", reason, code=2).output
