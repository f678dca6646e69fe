"""What a change may not do silently is not built unless its pull request carries the label."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from state.events import BuildPlanned
from tests.watcher.test_pulls import LINE, document, push, run
from tests.world import World
from watcher.app import App


def _planned(world: World) -> list[BuildPlanned]:
    async def job(app: App) -> list[BuildPlanned]:
        recorded = (each.event for each in app.store.events_after(0))
        return [event for event in recorded if isinstance(event, BuildPlanned)]

    return world.run(job)


def test_what_people_slipped_in_is_not_built_unseen(proposed: World) -> None:
    """A commit on the branch moves Debian's default: nobody labelled that, so neither plan nor merge builds it."""
    tables = "catalogue/distros.toml"
    moved = proposed.text(tables).replace('default = "trixie"', 'default = "bookworm"', 1)
    push(proposed, LINE, {tables: moved})
    refused = run(proposed, "build", "--pull", "2", "--dry-run", code=1).stderr
    assert refused.startswith("watcher: #2 is not built: changes what names mean: ")
    assert "amd64-debian: trixie -> bookworm" in refused
    assert "label the pull request default-moved, or give --allow-removals" in refused
    assert document(proposed, "build", "--pull", "2", "--dry-run", "--allow-removals")["images"]
    run(proposed, "pulls", "merge", "2")
    plan = _planned(proposed)[-1]
    assert (plan.pull, dict(plan.counts)) == (2, {})
    assert "default-moved" in plan.blocked
    assert "not built: changes what names mean" in run(proposed, "events").stdout


def test_what_the_watcher_labelled_is_built(world: World) -> None:
    """The end of a line removes images, says so first, and carries the label: merging it is the consent."""
    world.only("18.20.4", "22.11.0")
    world.sync()
    world.decide("merge", 1)
    world.day(datetime(2026, 8, 10, tzinfo=UTC))
    [end] = [p for p in world.sync()["pulls"] if p["branch"] == "watcher/eol/node-18"]
    shown = document(world, "pulls", "show", str(end["number"]))
    assert "removes-images" in shown["labels"]
    assert shown["body"].startswith("### Look twice\n")
    assert "all of node 18 (" in shown["body"]
    assert "catalogue/ended/node/18.json" in shown["files"]
    run(world, "pulls", "merge", str(end["number"]))
    assert [plan.blocked for plan in _planned(world)] == ["", ""]
    gone = json.loads(run(world, "resolve", "amd64-node:18.20.4", "--json", code=1).stdout)
    assert gone["reason"] == "Node.js 18 ended on 2025-04-30: its names stay at 18.20.4"
    assert gone["frozen_since"][:10] == "2026-08-10"
