"""Networks fail: nothing that was proposed is taken back for that, and everything is looked at again."""

from __future__ import annotations

import pytest

from state.events import FeedFailed
from tests.upstream import Fault
from tests.upstream.layout import UNOFFICIAL
from tests.world import NEWER, World
from watcher.app import App

X64 = "/nodejs.org/dist/v22.23.2/node-v22.23.2-linux-x64.tar.xz"
INDEX = "/nodejs.org/dist/index.json"
UNOFFICIAL_INDEX = "/unofficial-builds.nodejs.org/download/release/index.json"
SCHEDULE = "/raw.githubusercontent.com/nodejs/Release/main/schedule.json"
UNSIGNED = "/unofficial-builds.nodejs.org/download/release/v22.23.2/SHASUMS256.txt"


@pytest.fixture
def shaky(proposed: World) -> World:
    """The same world with one attempt for each request, and something new in the index to look at."""
    proposed.settings("[feed]\nattempts = 1")
    proposed.touch()
    return proposed


@pytest.mark.parametrize("path", [X64, UNSIGNED, "/nodejs.org/dist/v22.23.2/SHASUMS256.txt.asc"])
def test_a_passing_error_takes_nothing_back(shaky: World, path: str) -> None:
    """A 503 is no proof of anything: no older version, no partial release, and the same again when it is over."""
    head, labels = shaky.git("rev-parse", "watcher/node/22"), shaky.pull(2).labels
    shaky.upstream.faults[path] = Fault("status", 503)
    assert shaky.sync()["pulls"] == []
    assert shaky.git("rev-parse", "watcher/node/22") == head
    assert shaky.pull(2).labels == labels
    shaky.upstream.faults.clear()
    assert shaky.sync()["pulls"] == []
    assert shaky.git("rev-parse", "watcher/node/22") == head


def test_an_outage_of_the_unofficial_builds_does_not_stop_a_new_release(world: World) -> None:
    """Official platforms go ahead; the others are late, with the reason."""
    world.only("22.11.0")
    world.sync()
    world.decide("merge", 1)
    world.publish(NEWER)
    world.only("22.23.2", "22.11.0")
    world.settings("[feed]\nattempts = 1")
    world.upstream.faults[UNSIGNED] = Fault("status", 503)
    found = world.sync()
    assert [p["new"] for p in found["pulls"]] == ["22.23.2"]
    assert {h["libc"] for h in found["held"]} == {"musl", "glibc"}
    assert all("503" in h["reason"] for h in found["held"])
    world.upstream.faults.clear()
    assert [p["number"] for p in world.sync()["pulls"]] == [2]
    assert "partial-release" not in world.pull(2).labels


def test_a_whole_outage_costs_the_documents_and_nothing_more(shaky: World) -> None:
    """While upstream is away its files are not asked for either."""
    for path in (INDEX, UNOFFICIAL_INDEX, SCHEDULE):
        shaky.upstream.faults[path] = Fault("status", 503)
    shaky.sync()
    shaky.upstream.requests.clear()
    report = shaky.report()
    assert report.exit_code == 3
    assert len(report.failed) == len(shaky.upstream.requests) == 3

    async def told(app: App) -> int:
        return sum(isinstance(e.event, FeedFailed) for e in app.store.events_after(0))

    assert shaky.run(told) == 3  # one for each document, however long the outage is


def test_a_release_that_waits_is_looked_at_while_another_document_is_away(world: World) -> None:
    """The unofficial builds being down does not keep an official file that arrived from being proposed."""
    world.only("22.11.0")
    world.sync()
    world.decide("merge", 1)
    world.publish(NEWER)
    world.only("22.23.2", "22.11.0")
    world.settings("[feed]\nattempts = 1")
    file = world.served / X64.lstrip("/")
    body = file.read_bytes()
    file.unlink()
    assert world.sync()["pulls"] == []
    file.write_bytes(body)
    world.upstream.faults[UNOFFICIAL_INDEX] = Fault("status", 503)
    report = world.report()
    assert [p.new for p in report.pulls] == ["22.23.2"]
    assert report.exit_code == 3


def test_a_wrong_unsigned_file_is_told_however_slow_its_download_is(world: World) -> None:
    """The comparison ends after the pull request is open: its failure is told by the same run."""
    world.only("22.11.0")
    world.sync()
    world.decide("merge", 1)
    world.settings("[feed]\ncompare_grace = 0.0")
    world.publish(NEWER)
    world.only("22.23.2", "22.11.0")
    name = "node-v22.23.2-linux-x64-musl.tar.xz"
    (world.served / UNOFFICIAL / "v22.23.2" / name).write_bytes(b"something else")
    report = world.report()
    assert [f.url.endswith(name) for f in report.failed] == [True]
    assert any("its list says" in h.reason for h in report.held if h.libc == "musl")
    assert report.exit_code == 3
    downloads = [r for r in world.upstream.requests if r.path.endswith(name) and r.method == "GET"]
    assert len(downloads) == 1
