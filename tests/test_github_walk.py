"""The walk with GitHub as the forge: a clone of the remote, pull requests over its API, real merges."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.bench.measure import git
from tests.builder.hub import REPOSITORY, Hub, serving
from tests.world import NEWER, World

TOKEN = "ghp_walk0123456789"


@dataclass
class RealHub(Hub):
    """A hub whose pull requests are those of a real repository."""

    bare: Path = field(default=Path())

    def answer(self, verb: str, path: str, query: dict[str, str], said: Any) -> tuple[int, dict[str, str], Any]:
        """Tell each head as it is in the repository."""
        for pull in self.pulls.values():
            tip = self._tip(pull["head"]["ref"])
            pull["head"]["sha"] = tip or pull["head"]["sha"]
        status, headers, reply = super().answer(verb, path, query, said)
        if verb == "POST" and path.endswith("/pulls") and status == 201:
            reply["head"]["sha"] = self._tip(said["head"])
        return status, headers, reply

    def merge(self, number: int) -> None:
        """Be the maintainer: a merge commit on main."""
        pull = self.pulls[number]
        tree = git(self.bare, "merge-tree", "--write-tree", "main", pull["head"]["ref"]).decode().strip()
        commit = git(self.bare, "commit-tree", tree, "-p", "main", "-p", pull["head"]["ref"], "-m", "Merge").decode()
        git(self.bare, "update-ref", "refs/heads/main", commit.strip())
        touched = "2026-08-10T10:00:00Z"
        pull |= {"state": "closed", "merged_at": touched, "updated_at": touched, "merge_commit_sha": commit.strip()}

    def _tip(self, branch: str) -> str:
        return git(self.bare, "for-each-ref", "--format=%(objectname)", f"refs/heads/{branch}").decode().strip()


@pytest.fixture
def hub(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[RealHub]:
    """GitHub for the world's images repository."""
    monkeypatch.setenv("WATCHER_GITHUB__TOKEN", TOKEN)
    with serving(RealHub(bare=world.folder / "ws" / "images.git")) as hub:
        assert isinstance(hub, RealHub)
        world.settings(
            f'[forge]\nkind = "github"\n[github]\nrepository = "{REPOSITORY}"\nbase_url = "{hub.url}"\n'
            "seconds_between_writes = 0"
        )
        yield hub


def test_the_walk_goes_through_github(world: World, hub: RealHub) -> None:
    """Imported, merged by a maintainer, heard, updated line by line; the token is nowhere on disk."""
    [pull] = world.sync()["pulls"]
    assert (pull["title"], pull["url"]) == ("node: import 18, 20, 22, 23", hub.pulls[1]["html_url"])
    assert hub.pulls[1]["head"]["sha"] == world.git("rev-parse", "watcher/node/import").strip()
    assert {label["name"] for label in hub.pulls[1]["labels"]} == {"watcher", "stack/node", "import"}
    hub.merge(1)
    world.publish(NEWER)
    found = world.sync()
    assert [p["line"] for p in found["pulls"]] == ["22", "24", "26", "18", "20", "23"]
    assert world.pulls()[-1].state == "merged"
    assert hub.authorizations == {f"token {TOKEN}"}
    written = [p for p in world.folder.rglob("*") if p.is_file()]
    assert written
    assert not [p for p in written if TOKEN.encode() in p.read_bytes()]


def test_an_opened_pull_request_costs_few_calls_and_an_unchanged_watch_one(world: World, hub: RealHub) -> None:
    """GitHub's limits are shared: four calls at most for one opened, one to see that nothing happened."""
    world.sync()
    assert len(hub.calls) <= 1 + 4
    hub.calls.clear()
    assert world.sync()["pulls"] == []
    assert hub.calls == ["GET /pulls"]
