"""A Node patch in the registry: builds, devices, statements and names, by the real code over Debian's docker-registry.

The engine makes layers of nothing: what is measured is the watcher and the registry. The floor is as many bare HEAD and
PUT requests of one manifest, sent by one client with as many at once.
"""

from __future__ import annotations

import asyncio
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx

from builder import publish
from builder.oci import Manifest
from builder.registry import Registry, RegistrySettings
from builder.workshop import Workshop
from tests.bench import measure
from tests.builds import registry as debian
from tests.foundry import Forge, merged_family
from tests.registry.images import layout
from tests.upstream import Upstream
from tests.world import NEWER, World
from watcher import bus
from watcher.app import App
from watcher.build_report import Report
from watcher.building import work
from watcher.works import Works

_PAGE = 446 + 4252
"""Builds and relabels of a Node patch at the page's scale."""
_CLASSES, _DEVICES = 3, 42
"""Of the family that is measured: a fiftieth of that."""
_AT_ONCE = 16
_GOAL = 600.0


@dataclass
class Scene:
    """A world whose works push to one real registry, and what was asked of that: method → count."""

    world: World
    host: str
    asked: Counter[str] = field(default_factory=Counter)

    @asynccontextmanager
    async def works(self, namespace: str) -> AsyncIterator[Works]:
        """Yield what building needs."""
        registry = _Counted(self)
        var, staging = self.world.folder / "ws" / "var", f"{namespace}/staging"
        try:
            yield Works(registry, Workshop(Forge(), registry, staging, var / "scratch"), staging, var / "builds")
        finally:
            await registry.aclose()

    def work(self) -> Report:
        """Run the builds that are due."""
        return self.world.run(lambda app: work(replace(app, works=self.works)))


class _Counted(Registry):
    def __init__(self, scene: Scene) -> None:
        super().__init__(RegistrySettings(scene.host, plain=True, writes_per_minute=0))
        self._scene = scene

    async def _once(self, method: str, *rest: Any) -> Any:
        self._scene.asked[method] += 1
        return await super()._once(method, *rest)


def main() -> None:
    """Measure a patch on a family of a fiftieth of the page's, once all of it is in the registry."""
    if shutil.which("docker-registry") is None:
        raise SystemExit("the program docker-registry is needed: apt-get install docker-registry")
    with _scene() as scene:
        first = scene.work()
        scene.world.publish(NEWER)
        scene.world.only("22.23.2", "22.11.0")
        number = next(pull["number"] for pull in scene.world.sync()["pulls"] if pull["new"] == "22.23.2")
        scene.world.decide("merge", number)
        scene.world.run(_hear)
        scene.asked.clear()
        begun, used = time.perf_counter(), time.process_time()
        report = scene.work()
        seconds, own = time.perf_counter() - begun, time.process_time() - used
        assert [each.exit_code for each in (first, report)] == [0, 0], report
        reads = scene.asked["HEAD"] + scene.asked["GET"]
        writes = scene.asked.total() - reads
        floor = asyncio.run(_bare(scene.host, scene.world.folder, reads, writes))
    what = f"{len(report.built)} builds, {len(report.relabelled)} relabels, {len(report.names):,} names"
    measure.line(what, f"{seconds:.1f} s", f"{floor:.1f} s {reads:,} HEAD, {writes:,} PUT", seconds / floor)
    measure.line("of it the watcher's own processor time", f"{own:.1f} s")
    factor = _PAGE / (len(report.built) + len(report.relabelled))
    whole = f"{seconds * factor:.0f} s"
    measure.line(f"a Node patch on the page: {factor:.0f} times that", whole, goal=f"< {_GOAL:.0f} s")


@contextmanager
def _scene() -> Iterator[Scene]:
    with tempfile.TemporaryDirectory(prefix="watcher-bench-") as name:
        folder = Path(name)
        (folder / "served").mkdir()
        with Upstream(folder / "served") as upstream, debian.running(folder / "registry") as host:
            world = World.make(folder, upstream)
            world.settings('[publish]\nmode = "publish"\n')
            merged_family(world, devices=_devices())
            yield Scene(world, host)


def _devices() -> str:
    """A few classes, of which one is generic, and as many devices in each."""
    names = [f"device-{number}" for number in range(_DEVICES)]
    classes = ["generic-amd64", *names[1:_CLASSES]]
    row = 'title = "Device"\narch = "amd64"\nlayer = "generic"\n'
    told = [f"[classes.generic-amd64]\n{row}generic = true\n"]
    for each in classes[1:]:
        own = f'[classes.{each}.distros]\ndebian = ["trixie"]\n[classes.{each}.packages]\ndebian = ["of-{each}"]\n'
        told.append(f"[classes.{each}]\n{row}{own}")
    rows = (
        f'{name} = {{ title = "Device", arch = "amd64", class = "{classes[number % _CLASSES]}" }}'
        for number, name in enumerate(names)
    )
    return "\n".join([*told, "[devices]", *rows, ""])


async def _hear(app: App) -> None:
    """Put the merge's builds into the queue, so that only making them is measured."""
    await bus.hear(app)


async def _bare(host: str, folder: Path, reads: int, writes: int) -> float:
    """Seconds of as many requests that ask for one manifest, or write it under a name."""
    registry = Registry(RegistrySettings(host, plain=True, writes_per_minute=0))
    made = await publish.push(registry, "floor/image", layout(folder / "floor"))
    await registry.aclose()
    limits = httpx.Limits(max_connections=_AT_ONCE)
    async with httpx.AsyncClient(limits=limits, timeout=60) as client:
        begun = time.perf_counter()
        await _send(client, f"http://{host}/v2/floor/image/manifests", made, reads, writes)
        return time.perf_counter() - begun


async def _send(client: httpx.AsyncClient, place: str, made: Manifest, reads: int, writes: int) -> None:
    jobs = iter([True] * reads + [False] * writes)

    async def one() -> None:
        for number, read in enumerate(jobs):
            if read:
                await client.head(f"{place}/{made.digest}", headers={"Accept": made.media_type})
            else:
                headers = {"Content-Type": made.media_type}
                await client.put(f"{place}/tag-{number}", content=made.body, headers=headers)

    await asyncio.gather(*(one() for _ in range(_AT_ONCE)))
