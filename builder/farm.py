"""Builds on many machines: each order is one task of Dask's scheduler, on a worker that offers the order's platform.

What stands on what is the queue's business (a child is ordered once its parents' digests are known); which worker is
free, and what a lost worker was doing, is Dask's. Its own graph was measured beside that: deploy/docs/design.md.
Devices do not come here: a relabel is a few requests, and Dask's own work for a task costs as much.
https://distributed.dask.org/en/stable/resources.html
"""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from time import monotonic
from typing import Any
from uuid import uuid4

from distributed import Client, Future, KilledWorker, Worker, WorkerPlugin, get_worker
from distributed.client import FutureCancelledError

from builder.farm_security import Certificates, security
from builder.workshop import Made, Maker, Order
from state.errors import BuildError, NotOffered, RegistryError, Unavailable

_FRESH = 2.0
"""Seconds for which it is believed what workers offer: a scheduler with many of them takes some time to tell."""

_LOG = 1 << 20
"""Bytes of a log that come back from a worker: its end."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a worker sends back: an image, or what went wrong, as plain values; ``log`` is the end of its log."""

    made: Made | None = None
    error: str = ""
    kind: type[BuildError] = BuildError
    refused: tuple[str, str, str] | None = None
    log: bytes = b""

    def result(self) -> Made:
        """Return the image, or raise what its maker raised."""
        if self.made is not None:
            return self.made
        if self.refused is not None:
            raise RegistryError(*self.refused)
        raise self.kind(self.error)


class Farm:
    """A maker whose work is done by the workers of a scheduler.

    No more orders of a platform are with the scheduler than its workers can work on: Dask gives a task that needs a
    resource to a worker at once, and what was given out beside a worker that becomes idle would wait for a busy one.
    """

    def __init__(self, client: Client, patience: float) -> None:
        """Send orders through *client*, which is connected; for *patience* seconds a worker may be away (a reboot)."""
        self._client, self._patience = client, patience
        self._busy: Counter[str] = Counter()
        self._waiting: dict[str, deque[asyncio.Future[None]]] = {}
        self._offered: Mapping[str, int] = {}
        self._asking = asyncio.Lock()
        self._asked = float("-inf")

    async def platforms(self) -> Mapping[str, int]:
        """Return platform → how many builds of it may run at once, over all workers; at most two seconds old."""
        async with self._asking:
            if monotonic() >= self._asked + _FRESH:
                self._offered = await self._ask()
                self._asked = monotonic()
        return self._offered

    async def _ask(self) -> Mapping[str, int]:
        try:
            if self._client.scheduler is None:
                raise OSError("not connected")  # noqa: TRY301  (what a lost connection says, too)
            told = await self._client.scheduler.identity(n_workers=-1)
        except OSError as error:
            raise Unavailable(f"the farm's scheduler does not answer: {error}") from error
        found: Counter[str] = Counter()
        for worker in told["workers"].values():
            found.update({name: int(count) for name, count in worker.get("resources", {}).items()})
        return found

    async def make(self, order: Order) -> Made:
        """Have one image made by a worker that offers its platform.

        :raises NotOffered: none does (at once), or none did for *patience* seconds while it was being made
        :raises Unavailable: the scheduler is lost, or the engine of the worker
        """
        async with self._turn(order.platform):
            outcome = await self._outcome(order)
        if outcome.log:
            await asyncio.to_thread(_keep, order.log, outcome.log)
        return outcome.result()

    @asynccontextmanager
    async def _turn(self, platform: str) -> AsyncIterator[None]:
        """Wait until a worker of *platform* can begin, first come first served."""
        waiting = self._waiting.setdefault(platform, deque())
        place = asyncio.get_running_loop().create_future()
        waiting.append(place)
        try:
            while not place.done():
                room = (await self.platforms()).get(platform, 0)
                self._admit(platform, room)
                await asyncio.wait({place}, timeout=_FRESH)  # by then there may be a new worker
        except BaseException:
            self._leave(platform, place)
            raise
        try:
            yield
        finally:
            self._busy[platform] -= 1
            self._next(platform)

    def _admit(self, platform: str, room: int) -> None:
        """Let those in for whom there is room; NotOffered where there is none at all."""
        if not room:
            there = ", ".join(sorted(self._offered)) or "nothing: no worker is connected"
            raise NotOffered(f"no worker of the farm builds {platform}; they offer {there}")
        waiting = self._waiting[platform]
        while waiting and self._busy[platform] < room:
            self._busy[platform] += 1
            waiting.popleft().set_result(None)

    def _next(self, platform: str) -> None:
        """Let the next one in where a build ended."""
        if room := self._offered.get(platform, 0):
            self._admit(platform, room)

    def _leave(self, platform: str, place: asyncio.Future[None]) -> None:
        if place.done():
            self._busy[platform] -= 1
            self._next(platform)
        else:
            self._waiting[platform].remove(place)

    async def _outcome(self, order: Order) -> Outcome:
        future = self._client.submit(
            work, order, key=f"{order.inputs[:16]}-{uuid4().hex[:8]}", resources={order.platform: 1}, pure=False
        )
        try:
            return await self._attended(future, order.platform)
        except (asyncio.CancelledError, NotOffered):
            with suppress(Exception):
                await self._client.cancel([future], force=True)  # type: ignore[no-untyped-call]
            raise
        finally:
            future.release()  # type: ignore[no-untyped-call]

    async def _attended(self, future: Future[Any], platform: str) -> Outcome:
        """Wait for the end of a task, for as long as there is somebody who may do it: Dask alone would wait for ever."""
        ended, seen = asyncio.ensure_future(_result(future)), monotonic()
        try:
            while not ended.done():
                if (await self.platforms()).get(platform):
                    seen = monotonic()
                elif monotonic() > seen + self._patience:
                    raise NotOffered(f"the workers of the farm that build {platform} are gone")
                await asyncio.wait({ended}, timeout=self._patience / 10)
            return await ended
        finally:
            ended.cancel()


async def _result(future: Future[Any]) -> Outcome:
    try:
        return await future  # type: ignore[no-any-return]
    except KilledWorker as error:
        raise BuildError(f"the workers that built it were lost: {error}") from error
    except FutureCancelledError as error:  # a CancelledError by its class: but nobody ended us
        raise Unavailable(f"the farm's scheduler was lost: {error}") from error


async def work(order: Order) -> Outcome:
    """Make an image with the maker of the worker that runs this."""
    bench = get_worker().plugins[_Bench.name]
    assert isinstance(bench, _Bench)  # noqa: S101  (worker_of gives every worker one)
    scratch = bench.scratch
    log = scratch / f"{order.inputs[:16]}-{uuid4().hex[:8]}.log"
    await asyncio.to_thread(scratch.mkdir, parents=True, exist_ok=True)
    try:
        made = await bench.maker.make(replace(order, log=log))
        return Outcome(made, log=await asyncio.to_thread(_end, log))
    except RegistryError as error:
        told = (error.registry, error.reference, error.problem)
        return Outcome(refused=told, log=await asyncio.to_thread(_end, log))
    except BuildError as error:
        return Outcome(error=str(error), kind=type(error), log=await asyncio.to_thread(_end, log))
    finally:
        await asyncio.to_thread(log.unlink, missing_ok=True)


def _keep(log: Path, text: bytes) -> None:
    log.parent.mkdir(parents=True, exist_ok=True)
    log.write_bytes(text)


def _end(log: Path) -> bytes:
    return log.read_bytes()[-_LOG:] if log.exists() else b""


class _Bench(WorkerPlugin):
    """The place of a worker: what its tasks find there."""

    name = "bench"

    def __init__(self, maker: Maker, scratch: Path) -> None:
        self.maker, self.scratch = maker, scratch


def worker_of(
    scheduler: str,
    maker: Maker,
    scratch: Path,
    platforms: Mapping[str, int],
    certificates: Certificates | None = None,
    **options: Any,
) -> Worker:
    """Return a worker that offers *platforms* (platform → builds at once); ``async with`` it to let it work.

    :raises SettingsError: the scheduler is beyond this machine, and there are no certificates
    """
    return Worker(
        scheduler,
        resources=dict(platforms),
        nthreads=max(platforms.values()),
        security=security(scheduler, certificates),
        plugins=(_Bench(maker, scratch),),
        memory_limit=0,
        local_directory=str(scratch),
        **options,
    )


@asynccontextmanager
async def connected(
    scheduler: str, certificates: Certificates | None = None, seconds: float = 10, patience: float = 300
) -> AsyncIterator[Farm]:
    """Connect to a scheduler, and let go of it again; *patience* is that of :class:`Farm`.

    :raises SettingsError: it is beyond this machine, and there are no certificates
    :raises Unavailable: it cannot be reached within *seconds*
    """
    asked = security(scheduler, certificates)
    try:
        client = await Client(  # type: ignore[no-untyped-call]
            scheduler, asynchronous=True, security=asked, timeout=seconds, set_as_default=False
        )
    except (OSError, TimeoutError) as error:
        raise Unavailable(f"the farm's scheduler {scheduler} cannot be reached: {error}") from error
    try:
        yield Farm(client, patience)
    finally:
        await client.close()
