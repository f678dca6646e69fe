"""What a maintainer merges is planned as soon as a webhook tells of it; what none tells is found by looking."""

from __future__ import annotations

import json

import pytest

from tests.github.hooks import signature
from tests.running import Running, running, settings
from tests.world import NEWER, World
from watcher.app import App

pytestmark = pytest.mark.slow

SECRET = "it's a secret to everybody"
INSTALLED = '[github]\nrepository = "owner/images"\nwebhook_secret_file = "secret"\n[daemon]\nlook_every_seconds = '


@pytest.fixture
def installed(world: World) -> World:
    """A world whose images repository GitHub tells of, at least in name."""
    world.publish(NEWER)
    (world.folder / "ws" / "secret").write_text(SECRET)
    return world


def merge(world: World, number: int) -> None:
    """Be the maintainer: on the forge only, the daemon is not told."""

    async def job(app: App) -> None:
        await app.forge.merge(number)

    world.run(job)


def deliver(daemon: Running, number: str) -> tuple[int, bytes]:
    """Be GitHub."""
    said = {
        "action": "closed",
        "repository": {"full_name": "owner/images"},
        "pull_request": {"head": {"ref": "watcher/x"}},
    }
    body = json.dumps(said).encode()
    headers = {
        "Content-Type": "application/json",
        "X-GitHub-Event": "pull_request",
        "X-GitHub-Delivery": number,
        "X-Hub-Signature-256": signature(SECRET, body),
    }
    return daemon.ask("/webhooks/github", body, headers)


def test_a_process_that_decides_nothing_lets_another_one_know(installed: World) -> None:
    """The web server hears of the merge; the process with the forge's token acts on it, once; a mirror's push too."""
    settings(installed, f"{INSTALLED}3600\n[web]\nlisten = '127.0.0.1:0'\nhook_secret_file = 'secret'")
    with running(installed, "--role", "web") as web, running(installed, "--role", "poll") as poller:
        poller.says("PullRequestOpened #1")
        merge(installed, 1)
        assert [deliver(web, number)[0] for number in ("a", "b", "a")] == [202] * 3
        poller.says("BuildPlanned #1")
        assert poller.text().count("PullRequestMerged #1") == 1
        before = len(installed.upstream.requests)
        assert web.ask("/hooks/poll/node", b"", {"Authorization": f"Bearer {SECRET}"})[0] == 202
        poller.until(lambda: len(installed.upstream.requests) > before, "a poll")
        assert "BuildPlanned" not in web.text()
        assert SECRET not in web.text() + poller.text()
    kept = [path for path in installed.folder.rglob("*") if path.is_file() and path.name != "secret"]
    assert not [path for path in kept if SECRET.encode() in path.read_bytes()]


def test_a_merge_that_nobody_tells_of_is_found(installed: World) -> None:
    """Looking is the net below."""
    settings(installed, f"{INSTALLED}1")
    with running(installed) as daemon:
        daemon.says("PullRequestOpened #1")
        merge(installed, 1)
        daemon.says("BuildPlanned #1")
