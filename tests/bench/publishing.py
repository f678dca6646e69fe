"""A Node patch in the registry: builds, devices, statements and names, by the real code over Debian's docker-registry.

The engine makes layers of nothing: what is measured is the watcher and the registry. The family is a slice of the page's
that has about as many names an image as that. The floor is as many bare HEAD and PUT requests of one manifest, as many at
once, each on a connection of its own.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx

from builder import publish
from builder.oci import Manifest
from builder.registry import Registry, RegistrySettings
from builder.workshop import Workshop
from generator import matrix, tags
from tests.bench import measure
from tests.builds import registry as debian
from tests.foundry import Forge
from tests.generator.family import DAY, family
from tests.registry.images import layout
from tests.small_family import shrink
from tests.upstream import Upstream
from tests.world import NEWER, World, import_22
from watcher import bus
from watcher.app import App
from watcher.build_report import Report
from watcher.building import work
from watcher.works import Works

_PAGE = 446 + 4252
"""Builds and relabels of a Node patch at the page's scale."""
_CLASSES, _DEVICES = 3, 20
_LINES = {"debian": ("trixie",), "alpine": ("3.22", "3.23", "3.24")}
"""Of the family that is measured. Debian's default line has most names (41), Alpine's lines have few."""
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
    _tell(report, seconds, own, (floor, reads, writes))


def _tell(report: Report, seconds: float, own: float, floor: tuple[float, int, int]) -> None:
    """Print what was measured, and what that is for a Node patch of the page's."""
    images, names = len(report.built) + len(report.relabelled), len(report.names)
    print(f"docker-registry on loopback; {os.cpu_count()} processors, load before {os.getloadavg()[2]:.1f}")
    what = f"{len(report.built)} builds, {len(report.relabelled)} relabels, {names:,} names"
    beside = f"{floor[0]:.1f} s {floor[1]:,} HEAD, {floor[2]:,} PUT"
    measure.line(what, f"{seconds:.1f} s", beside, seconds / floor[0])
    measure.line("of it the watcher's own processor time", f"{own:.1f} s")
    measure.line("names an image", f"{names / images:.1f}", f"{_names_an_image():.1f} on the page: moving, dated")
    factor = _PAGE / images
    measure.line(
        f"a Node patch on the page: {factor:.0f} times that", f"{seconds * factor:.0f} s", goal=f"< {_GOAL:.0f} s"
    )


def _names_an_image() -> float:
    """Names of an image of the line of Node that has most, in the whole family."""
    rows = family()
    names = tags.Names(rows)
    images = [image for image in matrix.images(rows) if image.stack == "node" and image.stack_line == "24"]
    return sum(len(names.tags(image)) + len(names.dated(image, DAY, 0)) for image in images) / len(images)


@contextmanager
def _scene() -> Iterator[Scene]:
    with tempfile.TemporaryDirectory(prefix="watcher-bench-") as name:
        folder = Path(name)
        (folder / "served").mkdir()
        with Upstream(folder / "served") as upstream, debian.running(folder / "registry") as host:
            world = World.make(folder, upstream)
            world.settings('[publish]\nmode = "publish"\n')
            shrink(world, devices=_devices(), lines=_LINES)
            import_22(world)
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
    clients = [httpx.AsyncClient(timeout=60) for _ in range(_AT_ONCE)]
    begun = time.perf_counter()
    await _send(clients, f"http://{host}/v2/floor/image/manifests", made, reads, writes)
    seconds = time.perf_counter() - begun
    await asyncio.gather(*(client.aclose() for client in clients))
    return seconds


async def _send(clients: Sequence[httpx.AsyncClient], place: str, made: Manifest, reads: int, writes: int) -> None:
    jobs = iter([True] * reads + [False] * writes)

    async def one(client: httpx.AsyncClient) -> None:
        for number, read in enumerate(jobs):
            if read:
                await client.head(f"{place}/{made.digest}", headers={"Accept": made.media_type})
            else:
                headers = {"Content-Type": made.media_type}
                await client.put(f"{place}/tag-{number}", content=made.body, headers=headers)

    await asyncio.gather(*(one(client) for client in clients))
