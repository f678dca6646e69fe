"""What the watcher adds to an engine's own time: the same images once more, by the bare engine, from the same orders.

What the engine does not do is all in the watcher's time: planning, pushing, naming, devices. Trying an image out is the
engine's time as well, a container's, but none of a build: so there are two floors, without the trials and with them.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any

from builder.engines import command
from builder.engines.buildx import Buildx
from builder.engines.engine import BuildRequest, Engine
from builder.oci import Layout
from builder.smoke import smoke
from builder.workshop import Order
from tests.bench import measure
from watcher import together
from watcher.app import App
from watcher.config import load
from watcher.drawings import Drawings
from watcher.engines import engine
from watcher.fitting import fit
from watcher.wiring import wired

DEVICES = 40
GOAL = 1.15

_FLOORS = {"the bare engine, no trials": False, "the bare engine and the same trials": True}

CATALOGUE = "\n".join(
    (
        '[classes.generic-amd64]\ntitle = "Generic x86_64"\narch = "amd64"\nlayer = "generic"\ngeneric = true\n',
        "[devices]",
        *(
            f'device-{number} = {{ title = "Device {number}", arch = "amd64", class = "generic-amd64" }}'
            for number in range(DEVICES)
        ),
        "",
    )
)
"""The devices of the family, all of one class that has no layer of its own."""


def bare(settings: Path, names: Collection[str], work: Path, *, tried: bool = False) -> float:
    """Build the images *names* as they were made last, as many at once as the settings say, those that took longest first.

    :param tried: with their trials
    :return: the seconds of that
    """
    return asyncio.run(_bare(settings, names, work, tried))


async def _bare(settings: Path, names: Collection[str], work: Path, tried: bool) -> float:  # noqa: FBT001  (private)
    config = load(settings)
    async with wired(config) as app:
        orders = await _orders(app, names, work)
    chosen = (await engine(config)).engine

    async def one(order: Order) -> None:
        layout = await _build(chosen, order, work / order.inputs)
        if tried:
            wrong = await smoke(chosen, layout, order.platform, order.expected)
            assert not wrong, wrong
        await chosen.forget(layout)

    if isinstance(chosen, Buildx):  # else it would find what it built for us
        await command.run([*chosen.program, "prune", "--all", "--force"], chosen.environment)
    begun = time.monotonic()
    await together.each(one, orders, config.settings.builds.jobs)
    return time.monotonic() - begun


async def _orders(app: App, names: Collection[str], work: Path) -> list[Order]:
    """What the engine was given for each of these images, those that took longest first."""
    builds = sorted(app.store.builds.made(names).values(), key=lambda build: -build.seconds)
    drawings = await Drawings.at(app, builds[-1].commit)
    await drawings.read(app, {build.dockerfile for build in builds})
    bases = {name for build in builds for name in drawings.bases(build).values()}
    digests = {name: row.digest for name, row in app.store.builds.made(bases).items()}
    host = app.config.settings.registry.host
    return [fit(app, drawings, drawings.order(build, host, digests, work / f"bare-{build.id}.log")) for build in builds]


async def _build(chosen: Engine, order: Order, folder: Path) -> Layout:
    context = folder / "context"
    for path, body in order.files.items():
        place = context / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(body)
    # buildah calls an image by the name of its layout: no two that are built at once may have the same.
    return await chosen.build(
        BuildRequest(
            context, context / order.dockerfile, order.platform, folder / f"layout-{order.inputs[:16]}", order.log, order.epoch,
            order.arguments, order.labels,
        )
    )  # fmt: skip


def measured(build: Callable[[], str], settings: Path, work: Path) -> Mapping[str, Any]:
    """Time ``watcher build … --json`` (*build* runs it) beside the bare engine, print both, and return its report."""
    begun = time.monotonic()
    report: Mapping[str, Any] = json.loads(build())
    seconds = time.monotonic() - begun
    names = [image["name"] for image in report["built"]]
    what = f"{len(names)} images built, {len(report['relabelled'])} devices, tried out, pushed, named"
    for number, (floor, tried) in enumerate(_FLOORS.items()):
        limit = bare(settings, names, work / str(number), tried=tried)
        measure.line(what, f"{seconds:.1f} s", f"{limit:.1f} s {floor}", seconds / limit, f"<= {GOAL} x")
    return report
