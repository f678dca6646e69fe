"""Networks fail: nothing that was proposed is taken back for that, and everything is looked at again."""

from __future__ import annotations

import pytest

from tests.upstream import Fault
from tests.upstream.layout import UNOFFICIAL
from tests.world import NEWER, World

X64 = "/nodejs.org/dist/v22.23.2/node-v22.23.2-linux-x64.tar.xz"
UNSIGNED = "/unofficial-builds.nodejs.org/download/release/v22.23.2/SHASUMS256.txt"


@pytest.fixture
def proposed(world: World) -> World:
    """A world in which 22.11.0 is recorded, 22.23.1 was released, and 22.23.2 is proposed."""
    world.only("22.11.0")
    world.sync()
    world.decide("merge", 1)
    world.publish(NEWER)
    world.only("22.23.2", "22.11.0")
    world.release("22.23.1", like="22.23.2")
    assert [p["new"] for p in world.sync()["pulls"]] == ["22.23.2"]
    world.settings("[feed]\nattempts = 1")
    world.touch()
    return world


@pytest.mark.parametrize("path", [X64, UNSIGNED, "/nodejs.org/dist/v22.23.2/SHASUMS256.txt.asc"])
def test_a_passing_error_takes_nothing_back(proposed: World, path: str) -> None:
    """A 503 is no proof of anything: no older version, no partial release, and the same again when it is over."""
    head, labels = proposed.git("rev-parse", "watcher/node/22"), proposed.pull(2).labels
    proposed.upstream.faults[path] = Fault("status", 503)
    assert proposed.sync()["pulls"] == []
    assert proposed.git("rev-parse", "watcher/node/22") == head
    assert proposed.pull(2).labels == labels
    proposed.upstream.faults.clear()
    assert proposed.sync()["pulls"] == []
    assert proposed.git("rev-parse", "watcher/node/22") == head


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


def test_a_whole_outage_costs_the_documents_and_nothing_more(proposed: World) -> None:
    """While upstream is away its files are not asked for either."""
    for name in ("dist/index.json", "unofficial"):
        proposed.upstream.faults[f"/nodejs.org/{name}"] = Fault("status", 503)
    proposed.upstream.faults["/raw.githubusercontent.com/nodejs/Release/main/schedule.json"] = Fault("status", 503)
    proposed.sync()
    proposed.upstream.requests.clear()
    report = proposed.report()
    assert report.exit_code == 3
    assert {f.url.split("/")[2] for f in report.failed} == {"nodejs.org", "raw.githubusercontent.com"}
    assert len(proposed.upstream.requests) == 3


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
