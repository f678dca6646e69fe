"""What people decide about a pull request, and what a newer release does to an open one. Each end to end."""

from __future__ import annotations

from datetime import UTC, datetime

from click.testing import CliRunner

from builder.ports import Commit
from tests.toys import Toys
from tests.world import NEWER, World
from watcher.app import App
from watcher.cli import cli
from watcher.sync import sync


def test_a_closed_pull_request_means_not_this_version(imported: World) -> None:
    """It is not proposed again, the next one is; taking the decision back proposes it."""
    imported.publish(NEWER)
    imported.only("22.23.2", "22.11.0")
    [pull] = imported.sync()["pulls"]
    imported.decide("close", pull["number"])
    found = imported.sync()
    assert found["pulls"] == []
    assert [(s["version"], "closed" in s["reason"]) for s in found["skipped"]] == [("22.23.2", True)]

    async def unignore(app: App) -> None:
        app.store.unignore("node", "", "22.23.2")

    imported.run(unignore)
    [again] = imported.sync()["pulls"]
    assert again["number"] != pull["number"]


def test_the_version_after_a_closed_one_is_proposed(world: World) -> None:
    """A decision is about a version, not about a line."""
    world.only("20.18.0")
    world.sync()
    world.decide("close", 1)
    assert world.sync()["pulls"] == []
    world.publish(NEWER)
    world.only("22.23.2", "22.11.0")
    [pull] = world.sync()["pulls"]
    assert pull["lines"] == {"22": "22.23.2"}


def test_a_newer_release_updates_the_open_pull_request_in_place(world: World) -> None:
    """One open pull request per line: new commit, title and body, and a comment."""
    world.only("22.11.0", "20.18.0")
    world.sync()
    world.decide("merge", 1)
    world.publish(NEWER)
    world.day(datetime(2026, 4, 1, tzinfo=UTC))
    world.only("22.11.0", "20.18.0", "20.20.2")
    [first] = world.sync()["pulls"]
    assert first["title"].startswith("node: 20.18.0 -> 20.20.2")
    head = world.git("rev-parse", "watcher/node/20")
    entries = world.index()
    world.serve_index([{**e, "version": "v20.21.0"} if e["version"] == "v20.20.2" else e for e in entries])
    found = world.sync()
    # 20.21.0 has no list: it is held, and the open pull request for 20.20.2 stays as it is.
    assert found["pulls"] == []
    assert world.git("rev-parse", "watcher/node/20") == head


def test_commits_by_people_are_never_overwritten(imported: World) -> None:
    """A maintainer pushed to our branch: it stays, and the run says so."""
    imported.publish(NEWER)
    imported.only("22.23.2", "22.11.0")
    arrive = imported.take_unofficial("22.23.2")
    imported.sync()

    async def push(app: App) -> str:
        await app.repository.fetch()
        tip = await app.repository.head("watcher/node/22")
        assert tip
        when = datetime(2026, 8, 10, 12, tzinfo=UTC)
        theirs = await app.repository.commit(Commit("watcher/node/22", tip, "Mine\n", {"docs/note.md": "x\n"}, when))
        await app.repository.push("watcher/node/22", theirs, tip)
        return theirs

    theirs = imported.run(push)
    arrive()
    found = imported.sync()
    assert found["pulls"] == []
    assert any("left alone" in s["reason"] for s in found["skipped"])
    assert any("left alone" in s["reason"] for s in imported.sync()["skipped"])
    assert imported.git("rev-parse", "watcher/node/22").strip() == theirs


def test_a_version_may_be_ignored_in_one_line_only(toys: Toys) -> None:
    """Both flavours have the same number: by the command, and taken back by the other one."""
    toys.stack(group="line")
    for line in ("8.0-sdk", "8.0-runtime"):
        toys.release(line, "8.0.1")
    config = ("--config", str(toys.world.config_file))
    done = CliRunner().invoke(cli, [*config, "ignore", "toy", "8.0.1", "--line", "8.0-sdk", "--reason", "breaks us"])
    assert done.output == "toy 8.0.1 (8.0-sdk) is not proposed: breaks us\n"
    report = toys.sync()
    assert [(s.line, s.reason) for s in report.skipped] == [("8.0-sdk", "breaks us")]
    assert report.pulls[0].lines == {"8.0-runtime": "8.0.1"}
    assert "nothing to do" in CliRunner().invoke(cli, [*config, "unignore", "toy", "8.0.1", "--line", "8.0"]).output
    assert "is proposed again" in CliRunner().invoke(cli, [*config, "unignore", "toy", "8.0.1"]).output
    assert set(toys.sync().pulls[0].lines) == {"8.0-sdk", "8.0-runtime"}


def test_sources_with_a_security_release_come_first(toys: Toys) -> None:
    """Node is polled before toy; toy's pull request is opened before Node's."""
    toys.stack(group="line")
    toys.world.only("22.11.0")
    toys.announce("8.0-sdk", "8.0.1", security=True)
    toys.publish("8.0-sdk", "8.0.1")
    report = toys.world.run(lambda app: sync(app, ["node", "toy"]))
    assert [p.source for p in report.pulls] == ["toy", "node"]
