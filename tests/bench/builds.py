"""Planning the whole family's builds, and devices in a registry on loopback, each beside what no program can go below."""

from __future__ import annotations

import asyncio
import sqlite3
import tempfile
import time
import tracemalloc
from contextlib import closing
from datetime import date
from pathlib import Path

from builder import publish
from builder.registry import Registry, RegistrySettings
from generator import builds, matrix, tags
from generator.rows import Catalogue
from state.events import BuildPlanned
from state.store import Store
from tests.bench import measure
from tests.generator.family import family
from tests.generator.languages import spoken
from tests.registry import LoopbackRegistry
from tests.registry.images import layout
from watcher.planning import rows

_DAY = date(2026, 11, 24)
_DEVICES = 200
_LAYERS = (b"x" * 2_000_000, b"y" * 500_000)


def main() -> None:
    """Measure both."""
    catalogue = spoken(family())
    _plan(catalogue)
    _queue(catalogue)
    asyncio.run(_relabel())


def _plan(catalogue: Catalogue) -> None:
    """Every image anew, with all its names; the floor is to list the images and their names."""
    paths = {image.dockerfile for image in matrix.images(catalogue)}
    begun = time.perf_counter()
    names = tags.Names(catalogue)
    listed = [names.tags(image) for image in matrix.images(catalogue)]
    floor = time.perf_counter() - begun
    del listed
    begun = time.perf_counter()
    steps = builds.plan(catalogue, paths, _DAY)
    seconds = time.perf_counter() - begun
    count = sum(len(step.tags) for step in steps)
    measure.line(f"a full bake planned: {len(steps):,} images, {count:,} names", f"{seconds:.1f} s",
                 f"{floor:.1f} s their names alone", seconds / floor, "< 10 s")  # fmt: skip
    del steps
    tracemalloc.start()
    held = builds.plan(catalogue, paths, _DAY)
    peak = tracemalloc.get_traced_memory()[1] / 2**20
    tracemalloc.stop()
    measure.line(f"the same, at its most in memory ({len(held):,})", f"{peak:.0f} MiB", goal="< 600 MiB")


def _queue(catalogue: Catalogue) -> None:
    """The same plan as rows of the database, and read back; the floor is sqlite3 with the same rows and indexes."""
    touched = builds.closure(catalogue, {image.dockerfile for image in matrix.images(catalogue)})
    planned = BuildPlanned("bench", 0, "c0ffee" * 6 + "c0ff", {}, _DAY.isoformat())
    with tempfile.TemporaryDirectory() as folder:
        database = Path(folder) / "state.db"
        with Store.open(f"sqlite:///{database}") as store:
            begun = time.perf_counter()
            store.builds.add(rows(catalogue, touched, 1, planned, _DAY))
            written = time.perf_counter() - begun
            begun = time.perf_counter()
            count = len(store.builds.open())
            read = time.perf_counter() - begun
        floor = _inserted(database, Path(folder) / "floor.db")
    measure.line(
        f"{count:,} builds queued", f"{written:.1f} s", f"{floor:.1f} s inserted by sqlite3 alone", written / floor
    )
    measure.line(f"{count:,} builds read", f"{read:.1f} s")


def _inserted(database: Path, copy: Path) -> float:
    """Seconds in which bare sqlite3 puts the rows of the queue, read before, into an empty database of the same tables."""
    with closing(sqlite3.connect(database)) as whole, closing(sqlite3.connect(copy)) as empty:
        made = "SELECT sql FROM sqlite_master WHERE tbl_name = 'build' AND sql IS NOT NULL ORDER BY type DESC"
        for (statement,) in whole.execute(made).fetchall():
            empty.execute(statement)
        found = whole.execute("SELECT * FROM build").fetchall()
        marks = ", ".join("?" * len(found[0]))
        begun = time.perf_counter()
        empty.executemany(f"INSERT INTO build VALUES ({marks})", found)
        empty.commit()
        return time.perf_counter() - begun


async def _relabel() -> None:
    """One class, and devices of it one after the other; the floor is as many empty requests."""

    async def at_once(seconds: float) -> None:
        del seconds

    with LoopbackRegistry() as server, tempfile.TemporaryDirectory() as folder:
        registry = Registry(RegistrySettings(server.host, plain=True, writes_per_minute=10**9), sleep=at_once)
        source = "balenalib/generic-amd64-debian"
        made = await publish.push(registry, source, layout(Path(folder), layers=_LAYERS))
        server.moved, asked = 0, len(server.asked)
        begun = time.perf_counter()
        for number in range(_DEVICES):
            labels = {"io.balena.device-type": f"device-{number}"}
            await publish.relabel(registry, source, made.digest, f"balenalib/device-{number}-debian", labels)
        seconds = (time.perf_counter() - begun) / _DEVICES
        moved, requests = server.moved / _DEVICES, (len(server.asked) - asked) / _DEVICES
        begun = time.perf_counter()
        for _ in range(_DEVICES):
            await registry.digest(source, made.digest)
        floor = (time.perf_counter() - begun) / _DEVICES * requests
        await registry.aclose()
    measure.line(f"a device relabelled ({requests:.0f} requests)", f"{seconds * 1e3:.1f} ms",
                 f"{floor * 1e3:.1f} ms as many HEADs", seconds / floor, "< 100 ms")  # fmt: skip
    measure.line("bytes moved for it, a configuration read and written", f"{moved:.0f} B", goal="no layer")
