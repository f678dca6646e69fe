"""The whole walk on npm's emulate: from the feed to the pull request, brought up to date, merged, and heard of."""

from __future__ import annotations

import asyncio
from pathlib import Path

import httpx
import pytest

from builder.git import CloneRepository
from state.events import PullRequestMerged
from tests.emulate.conftest import FAMILY, TOKEN, bring_back, mirror
from tests.world import NEWER, World
from watcher.app import App


def on_emulate(world: World, api: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Let emulate keep the images repository's pull requests: whatever is pushed is mirrored there at once."""
    bare = world.folder / "ws" / "images.git"
    token = world.folder / "token"
    token.write_text(TOKEN)
    world.settings(
        f'[images]\nremote = "{bare}"\n[forge]\nkind = "github"\n[github]\nrepository = "{FAMILY}"\n'
        f'base_url = "{str(api.base_url).rstrip("/")}"\nseconds_between_writes = 0\ntoken_file = "{token}"\n'
    )
    pushed = CloneRepository.push

    async def push(self: CloneRepository, branch: str, commit: str, expected: str | None) -> None:
        await pushed(self, branch, commit, expected)
        await asyncio.to_thread(mirror, api, bare, branch, FAMILY)

    monkeypatch.setattr(CloneRepository, "push", push)
    mirror(api, bare, "main", FAMILY)
    return bare


def test_the_walk_goes_through_a_github_that_is_not_ours(
    world: World, api: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Imported, merged, heard; the next release opens a pull request, the one after it brings the same one up to date."""
    bare = on_emulate(world, api, monkeypatch)
    world.only("22.11.0")
    [pull] = world.sync()["pulls"]
    there = api.get(f"/repos/{FAMILY}/pulls/{pull['number']}").json()
    assert (there["state"], there["title"], there["head"]["ref"]) == ("open", "node: import 22", "watcher/node/import")
    assert {label["name"] for label in there["labels"]} == {"watcher", "stack/node", "import"}
    api.put(f"/repos/{FAMILY}/pulls/{pull['number']}/merge", json={}).raise_for_status()
    merged = bring_back(api, bare, "main", FAMILY)

    world.publish(NEWER)
    world.only("22.23.2", "22.11.0")
    world.release("22.23.1", like="22.23.2")
    both = world.index()
    world.serve_index([entry for entry in both if entry["version"] != "v22.23.2"])
    [first] = world.sync()["pulls"]
    assert [(p.state, p.merge_commit) for p in world.pulls() if p.number == pull["number"]] == [("merged", merged)]
    assert world.run(_merges) == [pull["number"]]
    assert (first["new"], first["number"] > pull["number"]) == ("22.23.1", True)

    world.serve_index(both)
    [second] = world.sync()["pulls"]
    assert (second["number"], second["new"]) == (first["number"], "22.23.2")
    there = api.get(f"/repos/{FAMILY}/pulls/{second['number']}").json()
    assert there["title"] == "node: 22.11.0 -> 22.23.2 [SECURITY]"
    assert "22.23.2" in there["body"]
    said = api.get(f"/repos/{FAMILY}/issues/{second['number']}/comments").json()
    assert ["before this it was" in comment["body"] for comment in said] == [True]
    listed = api.get(f"/repos/{FAMILY}/pulls").json()
    assert [each["number"] for each in listed if each["state"] == "open"] == [second["number"]]
    assert world.sync()["pulls"] == []


async def _merges(app: App) -> list[int]:
    """The pull requests that were heard to be merged."""
    events = [each.event for each in app.store.events_after(0)]
    return [event.pull.number for event in events if isinstance(event, PullRequestMerged)]
