"""The scene of a run: a workspace, an upstream, a forge and a registry of its own; and what people do there."""

from __future__ import annotations

import copy
import shutil
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from builder.oci import MANIFEST, Descriptor, digest_of, written
from tests.github.hub import Access, Hub
from tests.github.site import TOKEN, Site
from tests.registry import LoopbackRegistry
from tests.registry.server import Repository
from tests.resilience.victim import NEVER, Command, Kill, start
from tests.small_family import shrink
from tests.upstream import Fault, Upstream
from tests.world import NEWER, World
from watcher.app import App

PATIENCE = 240.0
RIGHTS = {TOKEN: Access("watcher", {"contents": "write", "pull_requests": "write"})}
HUB = ("issues", "users", "labels", "statuses", "runs", "hooks", "refs", "repo", "_ids")
"""What a GitHub remembers beside git."""

SETTINGS = """
[feed]
compare_grace = 60  # on a busy machine a slow download would be a second proposal
[publish]
mode = "publish"
[registry]
url = "http://127.0.0.1:5000"
writes_per_minute = 1000000000
[builds]
smoke = false
"""
"""The port of the registry stands for every port: see :mod:`tests.resilience.victim`."""

INDEX = "/nodejs.org/dist/index.json"
IN_THE_WAY = "refs/heads/watcher/node"
"""A branch of that name keeps every branch below it from being made."""

BEFORE_US = "balenalib/amd64-debian"
"""A repository that has a dated tag of others."""


@dataclass
class Origin:
    """What every run copies: a workspace, and its upstream in three states: ``down``, ``first``, and ``next``."""

    world: World
    upstreams: dict[str, Upstream]


@dataclass
class Scene:
    """One run's workspace. ``tried`` are the commands as they ended: what was killed, and what was said.

    ``killed`` counts the processes that were, ``passed`` are the boundaries
    of the last command, and ``took`` the seconds that it lasted.
    """

    world: World
    origin: Origin
    registry: LoopbackRegistry
    site: Site | None = None
    tried: list[str] = field(default_factory=list)
    killed: int = 0
    passed: Counter[str] = field(default_factory=Counter)
    took: float = 0.0
    upstream: str = "first"

    def run(self, *words: str, kill: Kill = NEVER, room: int = 0) -> int:
        """Run a command of the watcher, killed as *kill* says; return its exit code, -9 if it was.

        With *room* no file can grow beyond so many bytes, for the program and for the git that it starts.
        """
        passed, said = self.world.folder / "boundaries", self.world.folder / "output"
        passed.write_text("")
        port = int(self.registry.host.rpartition(":")[2])
        whole = ("--config", str(self.world.config_file), *words)
        begun = time.monotonic()
        process = start(Command(whole, kill, port, passed, said, room))
        process.join(PATIENCE if kill.instant is None else kill.instant)
        if process.exitcode is None:
            process.kill()
            process.join()
        code, self.took = process.exitcode or 0, time.monotonic() - begun
        self.passed = Counter(passed.read_text().splitlines())
        self.killed += code < 0
        text = said.read_text().strip() if said.exists() else ""
        self.tried.append(
            f"{' '.join(words)}: exit {code} after {self.took:.2f} s, {self.passed.total()} boundaries: {text}"
        )
        return code

    # Upstream, and the clock.

    def serve(self, upstream: str, days: int = 0) -> None:
        """Let upstream be in that state, and let *days* pass."""
        self.upstream, self.world.upstream = upstream, self.origin.upstreams[upstream]
        self.world.day(self.world._day + timedelta(days=days))

    # People.

    def obstruct(self) -> None:
        """Push a branch that is in the way of the watcher's."""
        self.world.git("update-ref", IN_THE_WAY, "refs/heads/main")

    def make_way(self) -> None:
        """Delete it."""
        self.world.git("update-ref", "-d", IN_THE_WAY)

    def commit_to(self, branch: str) -> None:
        """Push a commit of a person's to a branch."""
        me = ("-c", "user.name=ann", "-c", "user.email=ann@example.org")
        made = self.world.git(*me, "commit-tree", f"{branch}^{{tree}}", "-p", branch, "-m", "On second thoughts")
        self.world.git("update-ref", f"refs/heads/{branch}", made.strip())

    def number(self, branch: str) -> str:
        """The number of the open or closed pull request of a branch."""
        return next(str(number) for number, name in sorted(self._pulls().items(), reverse=True) if name == branch)

    def _pulls(self) -> dict[int, str]:
        if self.site:
            return {issue.number: issue.request.head.ref for issue in self.site.hub.pulls(state="all")}

        async def job(app: App) -> dict[int, str]:
            return {pull.number: pull.branch for pull in await app.forge.pulls()}

        return self.world.run(job)

    def decide(self, verb: str, branch: str) -> None:
        """Be a maintainer, who decides on the forge itself: ``merge`` or ``close``."""
        number = self.number(branch)
        if self.site is None:
            self.world.run(lambda app: getattr(app.forge, verb)(int(number)))
            return
        ann = self.site.as_somebody("ann")
        if verb == "merge":
            ann.ask("PUT", f"pulls/{number}/merge", {})
        else:
            ann.ask("PATCH", f"pulls/{number}", {"state": "closed"})


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A scene as it was at a moment: what a run begins with whose first part nothing disturbed."""

    folder: Path
    upstream: str
    day: datetime
    repositories: dict[str, Repository]
    written: list[tuple[str, str, str]]
    hub: dict[str, Any]


def snapshot(scene: Scene, folder: Path) -> Snapshot:
    """Keep a scene, in a folder that is not there yet."""
    shutil.copytree(scene.world.folder / "ws", folder / "ws")
    hub = copy.deepcopy({name: getattr(scene.site.hub, name) for name in HUB}) if scene.site else {}
    kept = copy.deepcopy(scene.registry.repositories)
    return Snapshot(folder, scene.upstream, scene.world._day, kept, list(scene.registry.written), hub)


@contextmanager
def prepared(folder: Path) -> Iterator[Origin]:
    """Make what every run copies, and serve its upstream until the end of the block.

    A small family whose lines 18 and 22 are recorded; the memory of how that came about is lost. Upstream moved two
    years on since then: line 22 has a new version, 24 is a new line, and 18 has ended.
    """
    (folder / "served").mkdir(parents=True)
    with ExitStack() as closing:
        upstreams = {"first": closing.enter_context(Upstream(folder / "served"))}
        world = World.make(folder, upstreams["first"])
        shrink(world, small=True)
        world.only("22.11.0", "18.20.4")
        world.sync()
        world.decide("merge", 1)
        world.publish(NEWER)
        world.release("22.23.1", like="22.23.2")
        shutil.copytree(folder / "served", folder / "next")
        world.only("22.23.1", "24.19.0", "22.11.0", "18.20.4")
        shutil.rmtree(folder / "ws" / "var")
        for ref in world.git("for-each-ref", "--format=%(refname)", "refs/watcher", "refs/pull").split():
            world.git("update-ref", "-d", ref)
        upstreams["down"] = closing.enter_context(Upstream(folder / "served", faults={INDEX: Fault("status", 404)}))
        upstreams["next"] = closing.enter_context(Upstream(folder / "next"))
        after = World(folder, upstreams["next"])
        after.only("22.23.2", "22.23.1", "24.19.0", "22.11.0", "18.20.4")
        yield Origin(world, upstreams)


@contextmanager
def scene(folder: Path, origin: Origin, *, github: bool, since: Snapshot | None = None) -> Iterator[Scene]:
    """A copy of the workspace of *origin*, or of a *since* kept scene of it, with a forge and a registry of its own."""
    shutil.copytree((since or origin.world).folder / "ws", folder / "ws")
    world = World(
        folder, origin.upstreams[since.upstream if since else "first"], _day=since.day if since else origin.world._day
    )
    world.settings(SETTINGS)
    served: AbstractContextManager[Site | None] = nullcontext(None)
    if github:
        served = world.on_github(tokens=dict(RIGHTS), now=lambda: world._day)
    with served as site, LoopbackRegistry() as registry:
        if since:
            registry.repositories = copy.deepcopy(since.repositories)
            registry.written = list(since.written)
        else:
            _before_us(registry)
        if site and since:
            _restore(site.hub, since, world)
        yield Scene(world, origin, registry, site, upstream=since.upstream if since else "first")


def _restore(hub: Hub, since: Snapshot, world: World) -> None:
    for name, value in copy.deepcopy(since.hub).items():
        setattr(hub, name, value)
    clone = world.folder / "ws" / "var" / "clone.git"
    if clone.exists():
        remote = f"{hub.api}/{hub.name}.git"
        subprocess.run(["git", "-C", str(clone), "config", "remote.origin.url", remote], check=True)


def _before_us(registry: LoopbackRegistry) -> None:
    """Let the registry have an image that somebody pushed there years ago, under a dated name."""
    theirs = registry.repository(BEFORE_US)
    config = written({"config": {"Labels": {"io.balena.architecture": "amd64"}}})
    named = Descriptor("application/vnd.oci.image.config.v1+json", digest_of(config), len(config))
    manifest = written({"schemaVersion": 2, "mediaType": MANIFEST, "config": named.document(), "layers": []})
    theirs.blobs[named.digest], theirs.tags["jessie-20180101"] = config, digest_of(manifest)
    theirs.manifests[digest_of(manifest)] = MANIFEST, manifest
