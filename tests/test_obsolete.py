"""What maintainers decide stays decided, and a pull request that became pointless says so and goes."""

from __future__ import annotations

import json
import shutil

from state.events import ArtifactChanged
from tests.upstream import Fault
from tests.upstream.layout import OFFICIAL, UNOFFICIAL
from tests.world import NEWER, World
from watcher.app import App


def test_not_this_version_does_not_mean_the_one_before(proposed: World) -> None:
    """Closing 22.23.2 does not bring 22.23.1 up."""
    proposed.decide("close", 2)
    assert proposed.sync()["pulls"] == []
    proposed.touch()
    assert proposed.sync()["pulls"] == []


def test_a_version_that_is_ignored_takes_its_pull_request_along(proposed: World) -> None:
    """Closed by us: that is no maintainer's decision, so taking it back proposes it again."""

    async def ignore(app: App) -> None:
        app.store.ignore("node", "22", "22.23.2", "breaks us", app.now())

    async def unignore(app: App) -> None:
        app.store.unignore("node", "22", "22.23.2")

    proposed.run(ignore)
    assert proposed.sync()["pulls"] == []
    assert proposed.pull(2).standing == "closed"
    proposed.run(unignore)
    assert [p["new"] for p in proposed.sync()["pulls"]] == ["22.23.2"]


def test_a_release_that_is_withdrawn_takes_its_pull_request_along(proposed: World) -> None:
    """Nobody should merge what upstream took back, files and all; the newest that is left is proposed."""
    for site in (OFFICIAL, UNOFFICIAL):
        shutil.rmtree(proposed.served / site / "v22.23.2")
    proposed.serve_index([e for e in proposed.index() if e["version"] != "v22.23.2"])
    found = proposed.sync()
    assert proposed.pull(2).standing == "closed"
    assert [(p["number"], p["new"]) for p in found["pulls"]] == [(3, "22.23.1")]


def test_a_release_whose_files_cannot_be_asked_for_is_not_withdrawn(proposed: World) -> None:
    """An outage proves nothing: what is proposed stays, and the next poll asks again."""
    proposed.serve_index([e for e in proposed.index() if e["version"] != "v22.23.2"])
    for file in proposed.served.glob("*/**/v22.23.2/*"):
        proposed.upstream.faults[f"/{file.relative_to(proposed.served)}"] = Fault("status", 403)
    found = proposed.sync()
    assert (found["pulls"], proposed.pull(2).standing) == ([], "open")
    assert "cannot be asked for" in found["skipped"][0]["reason"]


def test_a_list_of_the_newest_alone_withdraws_nothing(proposed: World) -> None:
    """Some upstreams list their five newest releases, or one: what is older than these may be there all the same."""
    older = next(e for e in proposed.index() if e["version"] == "v22.23.2")
    others = [e for e in proposed.index() if not e["version"].startswith("v22.")]
    proposed.serve_index([*others, older | {"version": "v22.99.0"}])
    assert [h["version"] for h in proposed.sync()["held"] if not h["arch"]] == ["22.99.0"]
    assert proposed.pull(2).standing == "open"


def test_a_line_that_vanishes_is_told_and_kept(proposed: World) -> None:
    """It may have ended, or the document may be cut short: that is for a person to say."""
    proposed.serve_index([proposed.index()[0] | {"version": "v16.99.0"}])
    found = proposed.sync()
    ended, older = (s["reason"] for s in found["skipped"])
    assert ended == (
        "upstream lists nothing of 22 any more; what is recorded stays: if the line has ended, remove its record"
    )
    assert "is older than the one" in older
    assert (found["pulls"], proposed.pull(2).standing) == ([], "open")


def test_the_end_of_a_line_takes_its_update_along(proposed: World) -> None:
    """Support ended while an update was open: the update is closed, the removal is proposed."""
    schedule = json.loads(proposed.schedule().read_text())
    schedule["v22"]["end"] = "2026-08-09"
    proposed.schedule().write_text(json.dumps(schedule))
    found = proposed.sync()
    assert [p["title"] for p in found["pulls"]] == ["node: remove 22 (end of life 2026-08-09)"]
    assert proposed.pull(2).standing == "closed"


def test_a_checksum_that_changes_while_it_is_proposed_is_marked_once(proposed: World) -> None:
    """A label and a comment on the pull request; one event, however often it is polled."""
    file = proposed.served / UNOFFICIAL / "v22.23.2" / "SHASUMS256.txt"
    file.write_text("".join(f"{line[:64][::-1]}{line[64:]}\n" for line in file.read_text().splitlines()))
    for _ in range(3):
        proposed.touch()
        assert proposed.sync()["pulls"] == []
    assert "checksum-changed" in proposed.pull(2).labels

    async def told(app: App) -> int:
        return sum(isinstance(e.event, ArtifactChanged) for e in app.store.events_after(0))

    assert proposed.run(told) == 2  # one for each file of the list


def test_a_line_that_the_schedule_forgets_is_said(proposed: World) -> None:
    """Nothing new of it is proposed, and the run says why."""
    schedule = json.loads(proposed.schedule().read_text())
    del schedule["v22"]
    proposed.schedule().write_text(json.dumps(schedule))
    assert ["does not say how long" in s["reason"] for s in proposed.sync()["skipped"]] == [True]


def test_merged_and_closed_between_two_runs_are_both_heard(world: World) -> None:
    """The closed one is not made again for the sake of the merged one."""
    world.only("22.11.0")
    world.sync()
    world.decide("merge", 1)
    world.publish(NEWER)
    world.only("22.11.0", "24.19.0", "26.7.0")
    assert [p["line"] for p in world.sync()["pulls"]] == ["24", "26"]

    async def both(app: App) -> None:
        await app.forge.merge(2)
        await app.forge.close(3)

    world.run(both)
    assert world.sync()["pulls"] == []
    assert {p.number: p.state for p in world.pulls()} == {1: "merged", 2: "merged", 3: "closed"}
