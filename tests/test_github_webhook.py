"""A maintainer merges on the GitHub made of real git, which tells the daemon."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from tests.github.hub import Hub
from tests.github.server import serving
from tests.running import Running, running, settings
from tests.world import NEWER, World

pytestmark = pytest.mark.slow

TOKEN, SECRET = "ghp_0123456789", "it's a secret to everybody"
ENVIRONMENT = {"WATCHER_GITHUB__TOKEN": TOKEN, "WATCHER_GITHUB__WEBHOOK_SECRET": SECRET}


@pytest.fixture
def hub(world: World) -> Iterator[Hub]:
    """GitHub for the world's images repository, which the daemon clones from it."""
    world.publish(NEWER)
    with serving(Hub(world.folder / "ws" / "images.git")) as hub:
        yield hub


def forge(hub: Hub) -> str:
    """The settings that lead there."""
    return (
        f'[images]\nremote = "{hub.api}/owner/images.git"\n[forge]\nkind = "github"\n[github]\n'
        f'repository = "owner/images"\nbase_url = "{hub.api}"\nseconds_between_writes = 0\n'
    )


def merge(hub: Hub, number: int = 1) -> None:
    """Be the maintainer."""
    url = f"{hub.api}/repos/owner/images/pulls/{number}/merge"
    assert httpx.put(url, headers={"Authorization": f"token {TOKEN}"}, json={}).status_code == 200


def hook(hub: Hub, daemon: Running) -> None:
    """Let GitHub tell the daemon."""
    config = {"url": f"{daemon.url}/webhooks/github", "content_type": "json", "secret": SECRET}
    made = httpx.post(
        f"{hub.api}/repos/owner/images/hooks",
        headers={"Authorization": f"token {TOKEN}"},
        json={"config": config, "events": ["pull_request", "push"]},
    )
    assert made.status_code == 201


def test_a_merge_is_planned_because_github_tells_of_it(world: World, hub: Hub) -> None:
    """The daemon would look in an hour; it plans the build as soon as it hears, and only once."""
    settings(world, f"{forge(hub)}\n[daemon]\nlook_every_seconds = 3600")
    with running(world, environment=ENVIRONMENT) as daemon:
        daemon.says("PullRequestOpened #1")
        hook(hub, daemon)
        merge(hub)
        daemon.says("BuildPlanned #1")
        assert daemon.text().count("PullRequestMerged #1") == 1
        assert {made.code for each in hub.hooks.values() for made in each.deliveries} == {202}
        assert SECRET not in daemon.text()
    assert not [p for p in world.folder.rglob("*") if p.is_file() and SECRET.encode() in p.read_bytes()]
