"""One image made on this machine: built, tried out, and pushed to where images wait for their names.

What is staged is good: an image that fails its trial is not pushed. Its tag there is the digest of all that went into
it, so the same inputs are found again, by whoever asks.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from typing import Protocol

from builder import layers, publish, referrers, sbom
from builder.engines.command import step_of
from builder.engines.engine import BuildRequest, Engine
from builder.oci import Layout, Manifest, platform_of, written
from builder.packages import WANTED, Installed, Package, installed
from builder.referrers import Attachment
from builder.registry import Registry
from builder.sbom import Telling
from builder.scratch import room
from builder.smoke import Expected, smoke
from state.errors import BuildError, RegistryError
from state.model import Image

Trial = Callable[["Order", Layout], Awaitable[Sequence[str]]]
"""Tries a built image out, and returns what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Order:
    """One image to make, with all that it takes: nothing else is read anywhere.

    ``inputs`` (64 hexadecimal digits) is the digest of all that decides what comes out. ``files`` is the build context,
    path → content, in it ``dockerfile``; ``arguments`` and ``labels`` are the engine's. ``epoch`` is the time of every
    file that the build makes, in seconds since 1970. ``expected`` is what the image has to be. All that the engine says
    goes to ``log``. With ``telling`` it is told beside the image what it is made of (SPDX). Who makes it ends after
    ``minutes``: to wait for a worker's turn is no part of them.
    """

    name: str
    image: Image
    platform: str
    inputs: str
    dockerfile: str
    files: Mapping[str, bytes] = field(repr=False)
    arguments: Mapping[str, str]
    labels: Mapping[str, str]
    epoch: int
    log: Path
    expected: Expected = field(default_factory=Expected)
    telling: Telling | None = None
    minutes: float = 120


@dataclass(frozen=True, slots=True)
class Made:
    """An image that is staged: its digest, how many seconds it took, which packages it has, where that was read, and by what it was built."""

    digest: str
    seconds: float
    packages: tuple[Package, ...] = ()
    engine: str = ""


class Maker(Protocol):
    """What makes images: this machine, or many.

    :raises BuildError: the image cannot be built, or is no good
    :raises RegistryError: it cannot be pushed
    """

    async def make(self, order: Order) -> Made:
        """Make one image and stage it."""
        ...


def trial(engine: Engine) -> Trial:
    """Return the smoke test of what the order expects, on *engine*."""

    async def tried(order: Order, layout: Layout) -> Sequence[str]:
        return await smoke(engine, layout, order.platform, order.expected)

    return tried


class Unfit(BuildError):
    """An image was built and does not do what it must: it gets no name."""


class Workshop:
    """A maker on this machine, or of a farm's worker. ``staging`` is a repository, ``scratch`` a folder for contexts and layouts.

    ``version`` is what the engine said of itself when the run, or the worker, began: it is not asked for each image.
    """

    def __init__(
        self,
        engine: Engine,
        registry: Registry,
        staging: str,
        scratch: Path,
        trial: Trial | None = None,
        version: str = "",
    ) -> None:
        self._engine, self._registry, self._staging = engine, registry, staging
        self._scratch, self._trial, self._version = scratch, trial, version or engine.name

    async def make(self, order: Order) -> Made:
        """Build, check what the image says of itself, try it out, push it by digest, and note its inputs as its tag."""
        try:
            async with asyncio.timeout(order.minutes * 60):
                return await self._make(order)
        except TimeoutError:
            raise BuildError(f"no end after {order.minutes:g} minutes: [builds] minutes allows more") from None

    async def _make(self, order: Order) -> Made:
        begun = monotonic()
        async with room(self._scratch) as folder:
            context = folder / "context"
            await asyncio.to_thread(_write, context, order.files)
            layout = await self._engine.build(
                BuildRequest(
                    context=context,
                    dockerfile=context / order.dockerfile,
                    platform=order.platform,
                    output=folder / f"layout-{order.inputs[:16]}",
                    log=order.log,
                    epoch=order.epoch,
                    arguments=order.arguments,
                    labels=order.labels,
                )
            )
            found = await self._judged(order, layout)
            manifest = await publish.push(self._registry, self._staging, layout)
            if order.telling and found:
                await self._tell(order, order.telling, manifest, found)
        await publish.name(self._registry, self._staging, order.inputs, manifest, once=False)
        packages = found.packages if found else ()
        return Made(manifest.digest, monotonic() - begun, packages, self._version)

    async def _tell(self, order: Order, telling: Telling, manifest: Manifest, found: Installed) -> None:
        """Attach what the image is made of, before the tag that says that it is staged: both, or it is made again."""
        created = datetime.fromtimestamp(order.epoch, UTC)
        told = sbom.document(order.name, manifest.digest, found, telling.payloads, created, telling.tool)
        attachment = Attachment(sbom.MEDIA, written(told), {})
        await referrers.attach(self._registry, self._staging, manifest, attachment)

    async def _judged(self, order: Order, layout: Layout) -> Installed | None:
        """Try the image out, and read meanwhile which packages it has, where that is of use."""
        wanted = order.telling is not None or order.image.stack is None
        reading = asyncio.ensure_future(asyncio.to_thread(_packages, layout)) if wanted else None
        try:
            await self._try(order, layout)
        finally:
            await self._engine.forget(layout)
            if reading:
                await asyncio.wait([reading])  # the layout is gone after this
        return reading.result() if reading else None

    async def _try(self, order: Order, layout: Layout) -> None:
        stated = platform_of(layout.config())
        if stated != order.platform:
            raise Unfit(f"the image states {stated}, and must be {order.platform}")
        wrong = await self._trial(order, layout) if self._trial else ()
        if wrong:
            raise Unfit("smoke test: " + "; ".join(wrong))


def failed_step(error: BuildError) -> str:
    """Return the instruction that failed, "" where it is not the image's own fault: then it may work another time."""
    return "smoke test" if isinstance(error, Unfit) else step_of(str(error))


def _packages(layout: Layout) -> Installed | None:
    """What is installed, as far as that can be read: an image is no worse for it."""
    try:
        return installed(layers.files(layout, WANTED))
    except RegistryError:
        return None


def _write(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write a context; git's paths stay inside, since a tree has no ``..``."""
    for path, content in files.items():
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)
