"""``watcher sync`` with no argument: every source at once, each failing alone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from click.testing import CliRunner

from sources import SOURCES
from tests.upstream import Fault, Upstream
from tests.upstream.eleven import NOW, lay_out_all
from tests.world import World
from watcher import workspace
from watcher.app import App
from watcher.cli import cli

pytestmark = pytest.mark.slow

GO, FEDORA = "/go.dev/dl/?mode=json", "/fedoraproject.org/releases.json"
OPENJDK, UBUNTU = "/api.adoptium.net/v3/info/available_releases", "/changelogs.ubuntu.com/meta-release"
QUICK = "[registries]\npin = false\n[feed]\nattempts = 1\nread_seconds = 0.3\ndocument_limit = 1_000_000\n"


@pytest.fixture
def everything(tmp_path: Path) -> Iterator[World]:
    """Every source's upstream, and a workspace that has seen none of them."""
    served = tmp_path / "served"
    lay_out_all(served, tmp_path / "ws" / "var" / "keys")
    with Upstream(served) as upstream:
        workspace.make(tmp_path / "ws", [], NOW)
        world = World(tmp_path, upstream)
        world.settings(QUICK)
        world.day(NOW)
        yield world


def run(world: World, *command: str, code: int) -> Any:
    """Run a command for its document."""
    result = CliRunner().invoke(cli, ["--config", str(world.config_file), *command, "--json"])
    assert result.exit_code == code, result.output
    return json.loads(result.stdout)


def test_what_is_made_of_an_archive_that_cannot_be_reached_is_absent(everything: World) -> None:
    """Raspbian's: in the matrix, also under Debian's name, and in answers, with the reason; until it is reached once."""
    place = ("matrix", "--arch", "armv6", "--distro-version", "trixie", "--arch-only", "--stack", "none")
    name = "balenalib/rpi-raspbian:trixie-run"
    assert {cell["present"] for cell in run(everything, *place, code=0) if cell["distro"] == "raspbian"} == {True}
    everything.upstream.faults |= {
        f"/raspbian.raspberrypi.com/raspbian/dists/{line}/InRelease": Fault("status", 503)
        for line in ("bookworm", "bullseye", "trixie", "forky")
    }
    run(everything, "sync", "raspbian", code=3)
    found = [cell for cell in run(everything, *place, code=0) if cell["distro"] in ("debian", "raspbian")]
    assert [cell["present"] for cell in found] == [False] * 4
    reasons = {cell["reason"] for cell in found}
    assert len(reasons) == 1
    assert "cannot be reached since 2026-11-22 12:00: raspbian: http://raspbian.raspberrypi.com/" in reasons.pop()
    for command in (("matrix", "--explain", name), ("resolve", name)):
        answer = run(everything, *command, code=1)
        assert (answer["exists"], "cannot be reached" in answer["reason"]) == (False, True)
    everything.upstream.faults.clear()
    [pull] = run(everything, "sync", "raspbian", code=0)["pulls"]
    everything.decide("merge", pull["number"])
    assert {cell["present"] for cell in run(everything, *place, code=0) if cell["distro"] == "raspbian"} == {True}


def test_four_bad_feeds_stop_nobody_else(everything: World) -> None:
    """One is down, one stalls, one sends a page, one never ends: four FeedFailed, and the others' pull requests."""
    everything.upstream.faults |= {
        GO: Fault("status", 503),
        FEDORA: Fault("stall"),
        UBUNTU: Fault("html"),
        OPENJDK: Fault("endless"),
    }
    found = run(everything, "sync", code=3)
    errors = {f["url"].partition("://")[2]: f["error"] for f in found["failed"]}
    assert {path.lstrip("/") for path in (GO, FEDORA, UBUNTU, OPENJDK)} == set(errors)
    assert "HTTP 503" in errors[GO.lstrip("/")]
    assert "no answer in time" in errors[FEDORA.lstrip("/")]
    assert "<!DOCTYPE html>" in errors[UBUNTU.lstrip("/")]
    assert "is longer than 1000000 bytes" in errors[OPENJDK.lstrip("/")]
    assert {p["source"] for p in found["pulls"]} == {"node", "debian", "alpine", "raspbian"}
    status = run(everything, "status", code=0)["sources"]
    failing = {name for name, each in status.items() if each["failing_since"]}
    assert failing == {"go", "fedora", "ubuntu", "openjdk"}


def test_all_is_well_again_when_they_are(everything: World) -> None:
    """The next cycle proposes what the dead feed brings, tells of no failure, and asks the others for nothing new."""
    everything.upstream.faults[GO] = Fault("status", 503)
    run(everything, "sync", code=3)
    everything.upstream.faults.clear()
    everything.upstream.requests.clear()
    found = run(everything, "sync", code=0)
    assert [p["title"] for p in found["pulls"]] == ["go: import 1.26, 1.27"]
    documents = {unquote(url).partition("://")[2] for source in SOURCES.values() for url in source.DOCUMENTS.values()}
    # The first answers: files that are compared for longer than a moment lead to a second poll.
    answers = [(r.path.lstrip("/"), r.status) for r in reversed(everything.upstream.requests)]
    asked = {path: status for path, status in answers if path in documents}
    new = {unquote(url).partition("://")[2] for url in SOURCES["go"].DOCUMENTS.values()}
    assert asked == {path: 200 if path in new else 304 for path in documents}


def test_sources_share_the_turns_of_a_host(everything: World) -> None:
    """raw.githubusercontent.com is asked by node and by go: never by more than ``per_host`` at once."""

    async def turns(app: App) -> tuple[bool, bool]:
        node, go, alpine = (app.feeds(name)._exchange._connections for name in ("node", "go", "alpine"))
        assert node is go is alpine
        host = "https://raw.githubusercontent.com"
        return node.turn(f"{host}/a") is go.turn(f"{host}/b"), node.turn(host) is alpine.turn("https://alpinelinux.org")

    assert everything.run(turns) == (True, False)


def test_who_is_asked_to_wait_waits_alone(everything: World) -> None:
    """A long Retry-After ends that source's poll: it is asked at the next one, and nobody is held up."""
    slow = Fault("status", 429, headers=(("Retry-After", "3600"),))
    everything.settings(f'{QUICK}[publish]\nmode = "observe"\n')
    everything.upstream.faults |= {GO: slow, FEDORA: replace(slow, kind="redirect", value="https://elsewhere.test/")}
    errors = {f["source"]: f["error"] for f in run(everything, "sync", code=3)["failed"]}
    assert set(errors) == {"go", "fedora"}
    assert "HTTP 429, and asks to wait 3600 s" in errors["go"]
    assert "redirects to https://elsewhere.test, which is not permitted" in errors["fedora"]
