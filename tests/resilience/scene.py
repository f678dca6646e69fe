"""The scene of a run: a workspace whose lines 18 and 22 are recorded, and an upstream that moved two years on.

The script is short and has all kinds of steps: a sync proposes an update, a new line and a removal; a maintainer merges
one and closes one; a sync hears that, plans the builds, and makes anew what no longer merges with it.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path

from tests.github.hub import Access
from tests.github.site import TOKEN, Site
from tests.upstream import Upstream
from tests.world import NEWER, World
from watcher.app import App

LINES = ("22.23.2", "24.19.0", "22.11.0", "18.20.4")
MERGED, REFUSED = "watcher/node/24", "watcher/node/22"
PATIENCE = 240.0


@dataclass
class Scene:
    """One run's workspace. ``tried`` are the commands as they ended: what was killed, and what was said."""

    world: World
    site: Site | None = None
    tried: list[str] = field(default_factory=list)

    def sync(self, point: int = 0, instant: float | None = None, *, room: int = 0) -> list[str]:
        """Run ``watcher sync node``, killed at boundary *point* or after *instant* seconds; return the boundaries.

        With *room* no file can grow beyond so many bytes, for the program and for the git that it starts.
        """
        passed = self.world.folder / "boundaries"
        passed.unlink(missing_ok=True)
        passed.touch()
        command = ["prlimit", f"--fsize={room}"] if room else []
        command += [sys.executable, "-m", "tests.resilience.victim", str(point), str(passed)]
        command += ["--github"] if self.site else []
        command += ["--config", str(self.world.config_file), "sync", "node"]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        begun = time.monotonic()
        try:
            said, _ = process.communicate(timeout=PATIENCE if instant is None else instant)
        except subprocess.TimeoutExpired:
            process.kill()
            said, _ = process.communicate()
        took = time.monotonic() - begun
        names = passed.read_text().splitlines()
        self.tried.append(f"exit {process.returncode} after {took:.2f} s and {len(names)} boundaries: {said.strip()}")
        return names

    @property
    def ended_well(self) -> bool:
        """Whether the last command did."""
        return self.tried[-1].startswith("exit 0 ")

    def decide(self) -> None:
        """Be the maintainer: merge what adds line 24, and refuse the update of 22."""
        if self.site is None:
            self.world.run(_decide)
            return
        ann = self.site.as_somebody("ann")
        for issue in list(self.site.hub.pulls()):
            if issue.request.head.ref == MERGED:
                ann.ask("PUT", f"pulls/{issue.number}/merge", {})
            elif issue.request.head.ref == REFUSED:
                ann.ask("PATCH", f"pulls/{issue.number}", {"state": "closed"})


async def _decide(app: App) -> None:
    for pull in await app.forge.pulls():
        if pull.standing == "open" and pull.branch == MERGED:
            await app.forge.merge(pull.number)
        elif pull.standing == "open" and pull.branch == REFUSED:
            await app.forge.close(pull.number)


@contextmanager
def prepared(folder: Path) -> Iterator[World]:
    """Make the workspace that every run copies, and serve its upstream until the end of the block."""
    (folder / "served").mkdir(parents=True)
    with Upstream(folder / "served") as upstream:
        world = World.make(folder, upstream)
        world.only("22.11.0", "18.20.4")
        world.sync()
        world.decide("merge", 1)
        world.publish(NEWER)
        world.only(*LINES)
        shutil.rmtree(folder / "ws" / "var")
        for ref in world.git("for-each-ref", "--format=%(refname)", "refs/watcher", "refs/pull").split():
            world.git("update-ref", "-d", ref)
        yield world


@contextmanager
def scene(folder: Path, origin: World, *, github: bool) -> Iterator[Scene]:
    """A copy of the workspace of *origin*, with a forge of its own."""
    shutil.copytree(origin.folder / "ws", folder / "ws")
    world = World(folder, origin.upstream, _day=origin._day)
    world.settings("[feed]\ncompare_grace = 60\n")  # on a busy machine a slow download would be a second proposal
    rights = {TOKEN: Access("watcher", {"contents": "write", "pull_requests": "write"})}
    served: AbstractContextManager[Site | None] = world.on_github(tokens=rights) if github else nullcontext(None)
    with served as site:
        yield Scene(world, site)


@dataclass(frozen=True, slots=True)
class Kill:
    """Where to kill: at a boundary (counted from 1), or after so many seconds."""

    point: int = 0
    instant: float | None = None


def play(scene: Scene, kills: Sequence[Kill] = (), stage: int = 0) -> list[list[str]]:
    """Play the script, its sync number *stage* (0 or 1) disturbed by *kills*; return the boundaries of both syncs.

    :raises AssertionError: a sync that nobody killed did not end well, not even the second time
    """
    passed = []
    for number in (0, 1):
        for kill in kills if number == stage else ():
            scene.sync(kill.point, kill.instant)
        before = len(scene.tried)
        passed.append(scene.sync())
        if not scene.ended_well:
            scene.sync()
        assert scene.ended_well, "\n".join(scene.tried[before:])
        if number == 0:
            scene.decide()
    return passed
