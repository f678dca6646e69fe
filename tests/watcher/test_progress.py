"""People see how far long work is; programs and pipes do not."""

from __future__ import annotations

import io
import logging
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path

import click
import pytest
from typing_extensions import override

from builder.registry import Registry, RegistrySettings
from tests.foundry import Foundry
from tests.registry import LoopbackRegistry
from tests.watcher.original_tree import lay_out, node
from tests.watcher.test_adopt import NAME, fill
from tests.watcher.test_cli import call
from tests.world import World
from watcher.adopt import adopt
from watcher.app import App
from watcher.building import work
from watcher.cli import _Told
from watcher.cli.progress import shown
from watcher.recall import Recalled, places
from watcher.recover import recall


class Terminal(io.StringIO):
    """What a program takes for a terminal."""

    @override
    def isatty(self) -> bool:
        return True


class Heard(list[tuple[str, int, int]]):
    """All that was told of progress."""

    def __call__(self, what: str, done: int, total: int) -> None:
        """Note it."""
        self.append((what, done, total))

    def of(self, what: str) -> list[tuple[int, int]]:
        """How far one thing was, each time it was told."""
        return [(done, total) for told, done, total in self if told == what]


def test_a_terminal_shows_how_many_sources_were_polled(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """On standard error, gone at the end; neither with --json nor where that is no terminal."""
    at = world.folder / "ws"
    monkeypatch.setenv("TERM", "xterm")
    seen = call("sync", "node", at=at, err=Terminal())
    assert "sources polled" in seen.stderr
    assert "0/1" in seen.stderr
    assert "1/1" in seen.stderr
    assert seen.stderr.endswith("\x1b[2K")  # the last line was erased
    assert "polled" not in seen.stdout
    assert call("sync", "node", "--json", at=at, err=Terminal()).stderr == ""
    assert call("sync", "node", at=at).stderr == ""


def test_what_is_read_of_a_tree_is_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An import tells how many Dockerfiles it has read."""
    monkeypatch.setenv("TERM", "xterm")
    tree = lay_out(tmp_path / "balena-base-images", {"node/amd64/debian/bookworm/22.11.0/run": node("22.11.0", "x64")})
    seen = call("import", str(tree), err=Terminal()).stderr
    assert "Dockerfiles read" in seen
    assert "1/1" in seen


def test_each_image_that_is_made_is_counted(foundry: Foundry) -> None:
    """From none of the plan to all of it, never backwards."""
    heard = Heard()
    report = foundry.run(lambda app: work(replace(app, progress=heard)))
    told = heard.of("images made of those planned")
    planned = len(report.built) + len(report.cached) + len(report.relabelled)
    assert (told[0], told[-1]) == ((0, planned), (planned, planned))
    assert told == sorted(told)


def test_each_tag_that_is_adopted_is_counted(world: World) -> None:
    """A repository may have thousands."""
    heard = Heard()
    with LoopbackRegistry() as registry:
        fill(registry, {"latest": "a", "18": "a"})

        async def job(app: App) -> None:
            async with aclosing(Registry(RegistrySettings(registry.host, plain=True))) as client:
                await adopt(replace(app, progress=heard), client, NAME)

        world.run(job)
    assert heard.of(f"tags of {NAME} read") == [(0, 2), (1, 2), (2, 2)]


def test_each_repository_that_is_read_back_is_counted(foundry: Foundry) -> None:
    """A family has hundreds."""
    heard = Heard()

    async def job(app: App) -> int:
        async with aclosing(Registry(RegistrySettings(foundry.server.host, plain=True))) as client:
            await recall(replace(app, progress=heard), client, Recalled())
        return len(places(await app.images.catalogue(await app.images.head())))

    expected = foundry.run(job)
    assert heard.of("repositories read") == [(done, expected) for done in range(expected + 1)]


def test_what_is_said_meanwhile_stands_above(monkeypatch: pytest.MonkeyPatch) -> None:
    """Why a command waits is a line of its own, not part of a bar."""
    monkeypatch.setenv("TERM", "xterm")
    err = Terminal()
    monkeypatch.setattr("sys.stderr", err)
    with click.Context(click.Command("sync")), shown() as progress:
        progress("sources polled", 0, 2)
        _Told().handle(logging.makeLogRecord({"msg": "another watcher is acting"}))
        progress("sources polled", 1, 2)
    assert "\x1b[2Kwatcher: another watcher is acting\n" in err.getvalue()
