"""The walk with GitHub as the forge: cloned and pushed by git over HTTP, pull requests over its API, real merges."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.github.hub import Access
from tests.github.site import TOKEN, Site
from tests.world import NEWER, World

pytestmark = pytest.mark.slow


@pytest.fixture
def github(world: World) -> Iterator[Site]:
    """GitHub for the world's images repository; only the one token may do anything."""
    with world.on_github(tokens={TOKEN: Access("watcher", {"contents": "write", "pull_requests": "write"})}) as site:
        yield site


def test_the_walk_goes_through_github(world: World, github: Site) -> None:
    """Imported, merged by a maintainer, heard, updated line by line; the token is nowhere but where it was put."""
    [pull] = world.sync()["pulls"]
    hub = github.hub
    assert (pull["title"], pull["url"]) == ("node: import 18, 20, 22, 23", f"{hub.api}/owner/images/pull/1")
    assert hub.pull(1).request.head.sha == world.git("rev-parse", "watcher/node/import").strip()
    assert set(hub.issue(1).labels) == {"watcher", "stack/node", "import"}
    maintainer = github.as_somebody("ann")
    maintainer.ask("PUT", "pulls/1/merge", {})
    world.publish(NEWER)
    found = world.sync()
    assert [p["line"] for p in found["pulls"]] == ["22", "24", "26", "18", "20", "23"]
    assert world.pulls()[-1].state == "merged"
    assert hub.authorizations == {f"token {TOKEN}", "token ghp_ann"}
    written = [p for p in world.folder.rglob("*") if p.is_file() and p.name not in ("github-token", "askpass")]
    assert written
    assert not [p for p in written if TOKEN.encode() in p.read_bytes()]


def test_an_opened_pull_request_costs_few_calls_and_an_unchanged_watch_one(world: World, github: Site) -> None:
    """Three calls for one opened (GitHub's limits are shared), after the one that sees whether anything happened."""
    world.sync()
    assert github.hub.calls == ["GET /pulls", "GET /pulls", "POST /pulls", "POST /issues/1/labels"]
    github.hub.log.clear()
    assert world.sync()["pulls"] == []
    assert github.hub.calls == ["GET /pulls"]


@pytest.mark.parametrize("method", ["merge", "squash", "rebase"])
def test_merged_is_merged_however(world: World, github: Site, method: str) -> None:
    """A squash and a rebase bring other commits than ours: what is built is what is on the default branch."""
    world.sync()
    github.as_somebody("ann").ask("PUT", "pulls/1/merge", {"merge_method": method})
    world.sync()
    [record] = world.pulls()
    assert (record.state, record.merge_commit) == ("merged", world.git("rev-parse", "main").strip())
