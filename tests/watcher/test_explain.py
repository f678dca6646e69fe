"""``watcher explain``: what an event means, what led to it, what came of it."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import get_args

import pytest
from click.testing import CliRunner

from state.events import Event, PullRequestOpened, RenderAsked
from tests.world import World
from watcher.app import App
from watcher.cli import cli
from watcher.explaining import _MEANING


def run(world: World, *arguments: str, code: int = 0) -> str:
    """What a command prints."""
    done = CliRunner().invoke(cli, ["--config", str(world.config_file), *arguments])
    assert done.exit_code == code, done.output
    return done.output


@pytest.mark.parametrize("kind", [kind.__name__ for kind in get_args(Event)])
def test_every_event_has_a_meaning(kind: str) -> None:
    """It is the first sentence of its own description."""
    assert _MEANING[kind].strip().endswith((".", ":")), kind


def test_a_release_is_told_with_what_came_of_it(imported: World) -> None:
    """Its pull request, and what a maintainer can do; from there back to the release."""

    async def live(app: App) -> tuple[int, int]:
        now = app.now() + timedelta(hours=1)
        [seen] = app.store.record([RenderAsked()], now)
        app.store.record([RenderAsked()], now)
        pull = await app.forge.pull(1)
        [opened] = app.store.finish(seen, [PullRequestOpened("render", pull)], now + timedelta(seconds=1))
        return seen.id, opened.id

    asked, opened = imported.run(live)
    told = json.loads(run(imported, "explain", str(asked), "--json"))
    assert (told["followed"], told["cause"], told["kind"]) == ([opened], None, "RenderAsked")
    back = json.loads(run(imported, "explain", str(opened), "--json"))
    assert (back["cause"], back["followed"]) == (asked, [])
    assert back["advice"] == "Read and decide: watcher pulls show 1"
    shown = run(imported, "explain", str(asked))
    assert "Its step was done at 2024-11-01 10:00:01 UTC." in shown
    assert f"led to      {opened:>6}  PullRequestOpened  #1" in shown
    assert "Its step has to run yet" in run(imported, "explain", str(asked + 1))
    assert "carried by  #1 merged" in run(imported, "explain", "1")


def test_there_is_no_such_event(world: World) -> None:
    """Exit code 1, and where to find one."""
    assert "no event 7: `watcher events` lists them" in run(world, "explain", "7", code=1)
    assert run(world, "explain", str(2**64), code=1)
