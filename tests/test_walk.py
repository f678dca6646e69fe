"""The walk, end to end: from recorded feeds to a merged pull request and its build plan."""

from __future__ import annotations

import json
import re

import pytest

from generator import builds
from tests.upstream import Fault
from tests.upstream.layout import OFFICIAL, UNOFFICIAL
from tests.world import NEWER, World
from watcher.app import App
from watcher.changes import build_plan

_SUM = re.compile(r"echo '([0-9a-f]{64})  node.tar.xz'")


@pytest.fixture
def imported(world: World) -> World:
    """A world whose import of October 2024 was merged."""
    world.sync()
    world.decide("merge", 1)
    return world


def titles(found: dict[str, list[dict[str, str]]]) -> list[str]:
    """The titles of the pull requests of a run."""
    return [p["title"] for p in found["pulls"]]


def test_the_first_sync_imports_every_supported_line_in_one_pull_request(world: World) -> None:
    """An empty catalogue is filled by one pull request; line, old and new have no single value."""
    found = world.sync()
    assert found["held"] == found["skipped"] == found["failed"] == []
    [pull] = found["pulls"]
    assert pull["title"] == "node: import 18, 20, 22, 23"
    assert (pull["source"], pull["line"], pull["old"], pull["new"], pull["state"]) == ("node", None, None, None, "open")
    assert pull["branch"] == "watcher/node/import"
    assert pull["lines"] == {"18": "18.20.4", "20": "20.18.0", "22": "22.11.0", "23": "23.1.0"}


def test_a_second_run_does_nothing_and_costs_three_conditional_requests(world: World) -> None:
    """What upstream did not change is asked for once more, and that is all."""
    world.sync()
    world.upstream.requests.clear()
    before = world.git("for-each-ref")
    found = world.report()
    assert found.unchanged
    assert not found.pulls
    assert [(r.status, r.conditional, r.body_bytes) for r in world.upstream.requests] == [(304, True, 0)] * 3
    assert world.git("for-each-ref") == before


def test_a_patch_release_is_one_pull_request_of_one_commit(imported: World) -> None:
    """The step, its files, its trailers and its body are those of the line."""
    imported.publish(NEWER)
    imported.only("22.23.2", "23.1.0", "20.18.0", "18.20.4", "22.11.0")
    found = imported.sync()
    pull = next(p for p in found["pulls"] if p["line"] == "22")
    assert (pull["old"], pull["new"], pull["branch"]) == ("22.11.0", "22.23.2", "watcher/node/22")
    assert pull["title"] == "node: 22.11.0 -> 22.23.2 [SECURITY]"
    message = imported.git("log", "-1", "--format=%B", "watcher/node/22")
    assert "Watcher-Key: node/22" in message
    assert "Watcher-Release: 22.23.2" in message
    assert imported.git("rev-list", "--count", "main..watcher/node/22").strip() == "1"
    shown = imported.pull(pull["number"])
    assert set(shown.labels) == {"watcher", "stack/node", "line/22", "security"}
    assert "signed by CC68F5A3106FF448322E48ED27F5E38D5B0A215F" in shown.body
    assert "2027-04-30" in shown.body
    assert len(shown.body) < 65_536


def test_after_the_merge_each_checksum_is_the_one_of_the_signed_list(imported: World) -> None:
    """Every Dockerfile of the line carries the digest that the list gives its file."""
    imported.publish(NEWER)
    number = next(p["number"] for p in imported.sync()["pulls"] if p["line"] == "22")
    imported.decide("merge", number)
    lists = imported.served / OFFICIAL / "v22.23.2" / "SHASUMS256.txt.asc"
    signed = lists.read_text() + (imported.served / UNOFFICIAL / "v22.23.2" / "SHASUMS256.txt").read_text()
    paths = [p for p in imported.paths() if p.startswith("balena-base-images/node/") and "/22/" in p]
    assert len(paths) > 40
    for path in paths:
        text = imported.text(path)
        name = re.search(r"node-v22\.23\.2-linux-[a-z0-9-]+\.tar\.xz", text)
        digest = _SUM.search(text)
        assert name
        assert digest
        assert f"{digest[1]}  {name[0]}" in signed


def test_lines_start_end_and_move_each_in_a_pull_request_of_its_own(imported: World) -> None:
    """Two years later: one line moved, two are new, three are at their end; all of them merge."""
    imported.publish(NEWER)
    found = imported.sync()
    assert titles(found) == [
        "node: 22.11.0 -> 22.23.2 [SECURITY]",
        "node: add 24 (24.19.0)",
        "node: add 26 (26.7.0)",
        "node: remove 18 (end of life 2025-04-30)",
        "node: remove 20 (end of life 2026-04-30)",
        "node: remove 23 (end of life 2025-06-01)",
    ]
    removal = next(p for p in found["pulls"] if p["line"] == "18")
    assert set(imported.pull(removal["number"]).labels) >= {"eol", "removes-images"}
    # Each touches the list of lines in the docs: whatever no longer merges is made again on the new base.
    for pull in found["pulls"]:
        assert imported.decide("merge", pull["number"]).state == "merged"
    lines = {p.split("/")[-1] for p in imported.paths() if p.startswith("catalogue/releases/node/")}
    assert lines == {"22.json", "24.json", "26.json"}
    assert not [p for p in imported.paths() if re.search(r"/node/.*/(18|20|23)/", p)]
    assert imported.sync()["pulls"] == []


def test_arm_dropped_by_a_new_line_is_absent_there_and_stays_elsewhere(imported: World) -> None:
    """Node 24 has no 32-bit ARM build: its line has none, 22 keeps its own, nothing waits for it."""
    imported.publish(NEWER)
    found = imported.sync()
    assert found["held"] == []
    assert not [p for p in imported.paths("watcher/node/24") if re.search(r"/node/armv7hf/.*/24/", p)]
    assert [p for p in imported.paths("watcher/node/22") if re.search(r"/node/armv7hf/.*/22/", p)]
    assert "partial-release" not in imported.pull(next(p["number"] for p in found["pulls"] if p["line"] == "24")).labels


def test_the_build_plan_names_images_whole_and_parents_first(imported: World) -> None:
    """Builds come before what stands on them, devices last, each with its platform and dated tag."""

    async def job(app: App) -> list[builds.BuildStep]:
        return list((await build_plan(app, 1)).steps)

    steps = imported.run(job)
    names = [s.name for s in steps]
    assert "balenalib/amd64-debian-node:22.11.0-trixie-run" in names
    for step in steps:
        assert step.base not in names or names.index(step.base) < names.index(step.name)
    kinds = [s.kind for s in steps]
    assert kinds == sorted(kinds, key=["build", "relabel"].index)
    pi = next(s for s in steps if s.name == "balenalib/raspberrypi4-64-debian-node:22.11.0-trixie-run")
    assert pi.platform == "linux/arm64"
    assert pi.dated_tags == ("balenalib/raspberrypi4-64-debian-node:22.11.0-trixie-run-20241101",)


def test_a_dry_run_shows_the_calls_and_touches_nothing(imported: World) -> None:
    """Neither repository nor memory is another one afterwards."""
    imported.publish(NEWER)
    refs = imported.git("for-each-ref")
    memory = imported.run(_status)
    found = imported.sync(dry=True)
    assert len(found["pulls"]) == 6
    assert imported.git("for-each-ref") == refs
    assert imported.run(_status) == memory
    assert len(imported.sync()["pulls"]) == 6


async def _status(app: App) -> str:
    return json.dumps([app.store.last_event(), [p.document() for p in app.store.pulls()]])


def test_observing_records_releases_and_opens_nothing(world: World) -> None:
    """``mode = "observe"`` is for looking on."""
    world.settings('[publish]\nmode = "observe"')
    assert world.sync()["pulls"] == []

    async def job(app: App) -> dict[str, str]:
        return dict(app.store.newest("node", app.now().date()))

    assert world.run(job) == {"18": "18.20.4", "20": "20.18.0", "22": "22.11.0", "23": "23.1.0"}


def test_a_source_can_have_a_mode_of_its_own(world: World) -> None:
    """One source may propose while the others are only looked at."""
    world.settings('[publish]\nmode = "observe"\n[sources.node]\nmode = "propose"')
    assert len(world.sync()["pulls"]) == 1


def test_a_dead_feed_is_named_and_the_last_good_state_stays(imported: World) -> None:
    """The error names source and URL; what was recorded is still there, and recovery is by itself."""
    imported.publish(NEWER)
    imported.upstream.faults["/nodejs.org/dist/index.json"] = Fault("html")
    found = imported.report()
    assert found.exit_code == 3
    [failed] = found.failed
    assert (failed.source, failed.url) == ("node", "https://nodejs.org/dist/index.json")

    async def job(app: App) -> tuple[str, object]:
        state = app.store.source_state("node")
        return state.error, state.failing_since

    error, since = imported.run(job)
    assert "HTML" in error
    assert since
    imported.upstream.faults.clear()
    # Meanwhile the schedule was good, and the index as it was: lines that ended were proposed for removal already.
    assert len(found.pulls) == len(imported.report().pulls) == 3
    assert imported.run(job) == ("", None)
