"""The dashboard issue: what it tells, and what its boxes do; each end to end on GitHub."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from click.testing import CliRunner

from tests.github.faults import Fault
from tests.github.site import Site
from tests.world import World
from watcher.app import App
from watcher.cli import cli

NUMBER = 1
"""The issue's: it is there before the first pull request."""


@pytest.fixture
def github(world: World) -> Iterator[Site]:
    """A proposed import as #2, and the dashboard."""
    world.only("22.11.0")
    world.github = "issues = true\ndashboard = true\n"
    with world.on_github() as site:
        world.sync()
        world.sync()
        yield site


def body(github: Site) -> str:
    """What the issue says."""
    return str(github.ask("GET", f"issues/{NUMBER}")["body"])


def tick(github: Site, box: str, *, off: bool = False) -> None:
    """Tick a box, as the browser does: with its line ends."""
    old, new = ("[x]", "[ ]") if off else ("[ ]", "[x]")
    text = body(github)
    line = f"- {old} <!-- watcher:{box} -->"
    assert line in text, text
    said = text.replace(line, line.replace(old, new)).replace("\n", "\r\n")
    github.ask("PATCH", f"issues/{NUMBER}", {"body": said})


def paused(world: World) -> set[str]:
    """The sources that are left alone."""

    async def job(app: App) -> set[str]:
        return set(app.store.desk.paused())

    return world.run(job)


def test_it_tells_what_is_under_way_and_costs_one_call(world: World, github: Site) -> None:
    """One issue; where nothing happens it is read and not written."""
    assert "make again: [#2](" in body(github)
    assert "- [ ] <!-- watcher:pause:node --> node" in body(github)
    github.hub.log.clear()
    world.sync()
    assert github.hub.calls == ["GET /pulls", "GET /issues"]


def test_a_source_is_paused_and_resumed(world: World, github: Site) -> None:
    """The box shows it, whoever paused it; a pause of elsewhere is not undone by a box that was not moved."""
    tick(github, "pause:go")
    world.sync()
    assert paused(world) == {"go"}
    assert "- [x] <!-- watcher:pause:go --> go (since 2024-11-01: by the dashboard issue)" in body(github)
    done = CliRunner().invoke(cli, ["--config", str(world.config_file), "pause", "rust", "--reason", "<b>@all [x]"])
    assert done.exit_code == 0
    tick(github, "pause:go", off=True)
    world.sync()
    assert paused(world) == {"rust"}
    assert "- [x] <!-- watcher:pause:rust --> rust (since 2024-11-01: &lt;b&gt;&#64;all &#91;x])" in body(github)


def test_a_pull_request_is_made_again(world: World, github: Site) -> None:
    """Commits by people are given up then, and the box is empty again."""
    github.branch("watcher/node/import", {"NOTE.md": "mine\n"}, onto="watcher/node/import")
    world.sync()
    assert "held by people" in body(github)
    tick(github, "recreate:2")
    world.sync()
    world.sync()
    assert "NOTE.md" not in world.paths("watcher/node/import")
    assert "- [ ] <!-- watcher:recreate:2 -->" in body(github)
    assert "held by people" not in body(github)


def test_what_failed_is_told_and_tried_again(world: World) -> None:
    """With the box ticked it is tried once more at once; what GitHub said stays text."""
    world.only("22.11.0")
    world.github = "issues = true\ndashboard = true\n"
    with world.on_github() as github:
        github.hub.faults.append(Fault(404, {"message": "<script>"}, match="POST .*/pulls$", times=3))
        world.report()
        world.report()
        assert "### Failed" in body(github)
        assert "&lt;script&gt;" in body(github)
        assert "<script>" not in body(github)
        tick(github, "retry:")
        world.report()
        assert github.hub.faults == []
        assert [issue.number for issue in github.hub.pulls()] == [2]
        world.sync()
        assert "### Failed" not in body(github)


def test_a_removal_is_approved(world: World, github: Site) -> None:
    """Only a removal has such a box; ticked, it is merged."""
    assert "watcher:approve" not in body(github)
    github.ask("PUT", "pulls/2/merge", {})
    world.sync()
    world.day(datetime(2027, 6, 1, tzinfo=UTC))
    [removal] = world.sync()["pulls"]
    assert removal["branch"] == "watcher/eol/node-22"
    world.sync()
    tick(github, f"approve:{removal['number']}")
    world.sync()
    assert not [path for path in world.paths() if "/node/" in path and path.endswith("Dockerfile")]


def test_it_needs_issues(world: World) -> None:
    """The settings say so together."""
    world.github = "dashboard = true\n"
    with world.on_github():
        done = CliRunner().invoke(cli, ["--config", str(world.config_file), "sync", "node"])
    assert "[github] issues has to be true as well" in str(done.exception)
