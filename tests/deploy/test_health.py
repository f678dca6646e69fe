"""A process of any role tells how it is, where the settings say so: what probes, Prometheus and the container ask."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time
import urllib.request
from email.utils import parsedate_to_datetime
from pathlib import Path

import pytest

from tests.running import running, settings
from tests.world import NEWER, World
from watcher.config import load

pytestmark = pytest.mark.slow

DOCKERFILE = Path(__file__).parents[2] / "deploy" / "Dockerfile"


def health_check(address: str) -> int:
    """Run the container's health check where the container says that it listens on *address*."""
    _, *arguments = json.loads(re.findall(r"^HEALTHCHECK[^\[]*(\[.*\])$", DOCKERFILE.read_text(), re.MULTILINE)[0])
    environment = {"WATCHER_DAEMON__HEALTH_LISTEN": address}
    return subprocess.run([sys.executable, *arguments], env=environment, capture_output=True, check=False).returncode


@pytest.mark.parametrize("role", ["poll", "publish", "web"])
def test_every_role_says_how_it_is(world: World, role: str) -> None:
    """Health and figures and nothing else; who polls counts requests, the others do not pretend to. The container asks it."""
    world.publish(NEWER)
    settings(world, '[daemon]\nhealth_listen = "127.0.0.1:0"')
    with running(world, "--role", role) as daemon:
        daemon.url = daemon.says(r"health on (http://\S+)")[1]
        with urllib.request.urlopen(f"{daemon.url}/healthz", timeout=10) as answer:
            (made,) = answer.headers.get_all("date")
        assert abs(parsedate_to_datetime(made).timestamp() - time.time()) < 60
        assert daemon.json("/healthz")["roles"] == [role]
        assert daemon.ask("/readyz")[0] in (200, 503)
        status, figures = daemon.ask("/metrics")
        assert status == 200
        assert b"watcher_info{" in figures
        assert (b'watcher_feed_requests_total{source="node"}' in figures) is (role == "poll")
        assert [daemon.ask(path)[0] for path in ("/", "/api/v1/status", "/webhooks/github")] == [404] * 3
        assert health_check(daemon.url.removeprefix("http://")) == 0
        daemon.send(signal.SIGTERM)
        assert daemon.ends() == 0
    assert health_check(daemon.url.removeprefix("http://")) != 0


def test_without_the_setting_nothing_listens(world: World) -> None:
    """A process that serves no pages has no open port unless somebody wants one."""
    settings(world)
    world.forget()
    memory = load(world.config_file).var / "watcher.db"
    with running(world, "--role", "publish") as daemon:
        daemon.until(memory.exists, "a start")
        daemon.send(signal.SIGHUP)
        daemon.says("settings read again")
        assert " on http" not in daemon.text()
