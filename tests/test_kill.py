"""Killed at any moment: the next run goes on, nothing is lost and nothing is done twice."""

from __future__ import annotations

import contextlib
import random
import subprocess
import sys
from pathlib import Path

import pytest

from tests.world import NEWER, World
from watcher.app import App

SEED = 20261122
PROGRAM = Path(sys.executable).with_name("watcher")


@pytest.mark.parametrize("run", range(3))
def test_kill_dash_nine_loses_nothing(world: World, run: int) -> None:
    """Killed some times on the way, the walk ends with the pull requests of a run that nobody disturbed."""
    world.sync()
    world.decide("merge", 1)
    world.publish(NEWER)
    dice = random.Random(SEED + run)
    for _ in range(4):
        process = subprocess.Popen([str(PROGRAM), "--config", str(world.config_file), "sync", "node"],
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # fmt: skip
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(dice.uniform(0.5, 2.2))
        process.kill()
        process.wait()
    world.sync()
    world.git("fsck", "--connectivity-only")

    async def branches(app: App) -> list[str]:
        return sorted(pull.branch for pull in await app.forge.pulls() if pull.standing == "open")

    lines = [f"watcher/node/{line}" for line in ("22", "24", "26")]
    ended = [f"watcher/eol/node-{line}" for line in ("18", "20", "23")]
    assert world.run(branches) == sorted([*lines, *ended])
    assert sorted(p.branch for p in world.pulls() if p.state == "open") == sorted([*lines, *ended])
    for branch in lines:
        assert world.git("rev-list", "--count", f"main..{branch}").strip() == "1"
    assert world.sync()["pulls"] == []
