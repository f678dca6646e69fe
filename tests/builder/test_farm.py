"""Builds on many machines: a real scheduler and real workers on loopback, makers of our own."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

import pytest
from distributed import Scheduler, Worker
from distributed.security import Security
from typing_extensions import override

from builder.engines.engine import BuildRequest
from builder.farm import Farm, connected, worker_of
from builder.farm_security import Certificates, security
from builder.oci import Layout
from builder.registry import Registry, RegistrySettings
from builder.workshop import Made, Maker, Order, Unfit, Workshop
from state.errors import BuildError, NotOffered, RegistryError, SettingsError, Unavailable
from state.model import Arch, Image
from tests.certificates import Authority
from tests.foundry import Forge
from tests.registry import LoopbackRegistry

pytestmark = pytest.mark.slow

AMD64, ARM64 = "linux/amd64", "linux/arm64"


def order(folder: Path, number: int = 1, platform: str = AMD64) -> Order:
    """An order that only its number makes different."""
    image = Image("os-arch", "amd64", Arch.AMD64, "debian", "trixie", "run", "x/Dockerfile", "debian:trixie")
    return Order(
        name=f"balenalib/amd64-debian:{number}",
        image=image,
        platform=platform,
        inputs=f"{number:064x}",
        dockerfile="x/Dockerfile",
        files={"x/Dockerfile": b"FROM scratch\n"},
        arguments={},
        labels={},
        epoch=0,
        log=folder / "logs" / f"{number}.log",
    )


@dataclass
class Bench:
    """A maker that takes its time, fails when it is told to, and says what it made."""

    name: str
    seconds: float = 0.01
    error: Exception | None = None
    made: list[str] = field(default_factory=list)
    busy: int = 0
    most: int = 0

    async def make(self, order: Order) -> Made:
        """Sleep, and be done."""
        self.busy += 1
        self.most = max(self.most, self.busy)
        await asyncio.sleep(self.seconds)
        self.busy -= 1
        order.log.write_text(f"built by {self.name}\n")
        if self.error:
            raise self.error
        self.made.append(order.name)
        return Made(f"sha256:{order.inputs}", self.seconds)


@asynccontextmanager
async def farm(folder: Path, *workers: tuple[Maker, dict[str, int]]) -> AsyncIterator[Farm]:
    """A scheduler with these workers, and a farm that is connected to it."""
    async with Scheduler(host="127.0.0.1", port=0, dashboard=False, dashboard_address="127.0.0.1:0") as scheduler:
        running: list[Worker] = []
        try:
            for number, (bench, platforms) in enumerate(workers):
                made = worker_of(scheduler.address, bench, folder / f"w{number}", platforms, host="127.0.0.1")
                running.append(await made)
            async with connected(scheduler.address) as connection:
                yield connection
        finally:
            await asyncio.gather(*(worker.close() for worker in running))


async def test_an_order_goes_to_a_worker_of_its_platform(tmp_path: Path) -> None:
    """Its log comes back to where the order says; no worker has more at once than it offers."""
    here, there = Bench("here"), Bench("there", seconds=0.05)
    async with farm(tmp_path, (here, {AMD64: 1}), (there, {ARM64: 2})) as maker:
        assert await maker.platforms() == {AMD64: 1, ARM64: 2}
        orders = [order(tmp_path, n, ARM64 if n % 2 else AMD64) for n in range(12)]
        made = await asyncio.gather(*(maker.make(each) for each in orders))
    assert [each.digest for each in made] == [f"sha256:{n:064x}" for n in range(12)]
    assert (len(here.made), len(there.made)) == (6, 6)
    assert (here.most, there.most) == (1, 2)
    assert (tmp_path / "logs" / "3.log").read_text() == "built by there\n"


async def test_a_platform_that_nobody_offers_is_told_at_once(tmp_path: Path) -> None:
    """Dask alone would wait for ever; with the platforms that there are."""
    async with farm(tmp_path, (Bench("one"), {AMD64: 1})) as maker:
        begun = monotonic()
        with pytest.raises(NotOffered, match=r"no worker of the farm builds linux/arm64; they offer linux/amd64"):
            await maker.make(order(tmp_path, 1, ARM64))
        assert monotonic() - begun < 2
    async with farm(tmp_path) as maker:
        with pytest.raises(NotOffered, match="no worker is connected"):
            await maker.make(order(tmp_path))


@pytest.mark.parametrize(
    "error",
    [
        BuildError("STEP 3/4: RUN false\nexit status 1"),
        Unfit("smoke test: says v1"),
        Unavailable("buildah cannot be started"),
        RegistryError("r.example", "staging", "HTTP 503"),
    ],
    ids=lambda error: type(error).__name__,
)
async def test_what_fails_there_fails_here_the_same(tmp_path: Path, error: Exception) -> None:
    """The very kind of error with its words, and the log of it."""
    async with farm(tmp_path, (Bench("one", error=error), {AMD64: 1})) as maker:
        with pytest.raises(type(error)) as raised:
            await maker.make(order(tmp_path))
    assert (type(raised.value), str(raised.value)) == (type(error), str(error))
    assert (tmp_path / "logs" / "1.log").read_text() == "built by one\n"


async def test_a_build_that_is_no_longer_wanted_is_taken_back(tmp_path: Path) -> None:
    """Ended here it does not begin there any more; the worker is free for the next one."""
    bench = Bench("one", seconds=0.2)
    async with farm(tmp_path, (bench, {AMD64: 1})) as maker:
        first = asyncio.create_task(maker.make(order(tmp_path, 1)))
        second = asyncio.create_task(maker.make(order(tmp_path, 2)))
        await asyncio.sleep(0.1)
        second.cancel()
        with pytest.raises(asyncio.CancelledError):
            await second
        assert (await first).digest == f"sha256:{1:064x}"
        await maker.make(order(tmp_path, 3))
    assert bench.made == ["balenalib/amd64-debian:1", "balenalib/amd64-debian:3"]


@dataclass
class Slow(Forge):
    """An engine that takes eight tenths of a second for a build."""

    @override
    async def build(self, request: BuildRequest) -> Layout:
        """Write the layout, after a while."""
        await asyncio.sleep(0.8)
        return await super().build(request)


async def test_to_wait_for_a_turn_is_no_part_of_the_time_that_a_build_may_take(tmp_path: Path) -> None:
    """Three orders and one worker: each is in time, all together are not; what is not fails there, and is ended."""
    files = {"x/Dockerfile": b"FROM scratch\n", "scripts/entry.sh": b""}
    orders = [replace(order(tmp_path, n), files=files, minutes=2 / 60) for n in range(3)]
    with LoopbackRegistry() as server:
        async with aclosing(Registry(RegistrySettings(server.host, plain=True, writes_per_minute=0))) as registry:
            shop = Workshop(Slow(), registry, "balenalib/staging", tmp_path / "scratch")
            async with farm(tmp_path, (shop, {AMD64: 1})) as maker:
                begun = monotonic()
                made = await asyncio.gather(*(maker.make(each) for each in orders))
                assert monotonic() - begun > 2
                assert all(each.seconds < 2 for each in made)
                with pytest.raises(BuildError, match=r"no end after 0\.005 minutes: \[builds\] minutes allows more"):
                    await maker.make(replace(orders[0], minutes=0.005))


WORKER = """
import asyncio, sys
from pathlib import Path
from builder.farm import worker_of
from tests.builder.test_farm import AMD64, Bench

async def main() -> None:
    async with worker_of(sys.argv[1], Bench("lost", seconds=30), Path(sys.argv[2]), {AMD64: 1}, host="127.0.0.1") as w:
        await w.finished()

asyncio.run(main())
"""


async def test_what_a_lost_worker_was_doing_is_done_by_another(tmp_path: Path) -> None:
    """Killed in the middle of a build: every image arrives all the same."""
    bench = Bench("left")
    async with Scheduler(host="127.0.0.1", port=0, dashboard=False, dashboard_address="127.0.0.1:0") as scheduler:
        lost = subprocess.Popen([sys.executable, "-c", WORKER, scheduler.address, str(tmp_path / "lost")])
        try:
            await _until(lambda: len(scheduler.workers) == 1)
            async with connected(scheduler.address) as maker:
                orders = [asyncio.create_task(maker.make(order(tmp_path, n))) for n in range(3)]
                await _until(lambda: any(w.processing for w in scheduler.workers.values()))
                async with worker_of(scheduler.address, bench, tmp_path / "left", {AMD64: 2}, host="127.0.0.1"):
                    os.kill(lost.pid, signal.SIGKILL)
                    made = await asyncio.wait_for(asyncio.gather(*orders), 20)
        finally:
            lost.kill()
            lost.wait()
    assert [each.digest for each in made] == [f"sha256:{n:064x}" for n in range(3)]
    assert len(bench.made) == 3


async def _until(condition: object) -> None:
    assert callable(condition)
    for _ in range(400):
        if condition():
            return
        await asyncio.sleep(0.05)
    raise AssertionError("it did not come to that")


async def test_a_worker_that_does_not_come_back_is_not_waited_for_for_ever(tmp_path: Path) -> None:
    """Dask alone would keep the build for it; after a while it is said that nobody is left, and it is taken back."""
    bench = Bench("one", seconds=60)
    async with Scheduler(host="127.0.0.1", port=0, dashboard=False, dashboard_address="127.0.0.1:0") as scheduler:
        worker = await worker_of(scheduler.address, bench, tmp_path / "w", {AMD64: 1}, host="127.0.0.1")
        async with connected(scheduler.address, patience=0.5) as maker:
            task = asyncio.create_task(maker.make(order(tmp_path)))
            await _until(lambda: bench.busy == 1)
            await worker.close()
            with pytest.raises(NotOffered, match="linux/amd64 are gone"):
                await asyncio.wait_for(task, 30)
            await _until(lambda: not scheduler.tasks)


async def test_a_scheduler_that_is_gone_is_an_error_and_no_end(tmp_path: Path) -> None:
    """Nothing is said against the image, and nobody is cancelled."""
    scheduler = await Scheduler(host="127.0.0.1", port=0, dashboard=False, dashboard_address="127.0.0.1:0")
    address = scheduler.address
    worker = await worker_of(address, Bench("one", seconds=5), tmp_path / "w", {AMD64: 1}, host="127.0.0.1")
    async with connected(address) as maker:
        task = asyncio.create_task(maker.make(order(tmp_path)))
        await asyncio.sleep(0.3)
        await worker.close()
        await scheduler.close()
        with pytest.raises(Unavailable, match="scheduler"):
            await asyncio.wait_for(task, 30)
    with pytest.raises(Unavailable, match="cannot be reached"):
        async with connected(address, seconds=0.5):
            pass


@pytest.mark.parametrize(
    "address", ["tcp://10.0.0.1:8786", "tls://127.0.0.1:8786", "127.0.0.1:8786", "tcp://127.0.0.1"]
)
def test_beyond_this_machine_there_are_certificates(address: str) -> None:
    """Dask runs the code that it is sent: nobody else may send any."""
    with pytest.raises(SettingsError):
        security(address, None)


def test_certificates_go_with_tls(tmp_path: Path) -> None:
    """An address that would not use them is a slip."""
    files = Certificates(tmp_path / "ca.pem", tmp_path / "cert.pem", tmp_path / "key.pem")
    with pytest.raises(SettingsError, match="it is tls://"):
        security("tcp://127.0.0.1:8786", files)
    asked = security("tls://farm.example:8786", files)
    assert asked is not None
    assert asked.require_encryption
    assert security("tcp://127.0.0.1:8786", None) is None


async def test_machines_know_one_another_by_certificates(tmp_path: Path) -> None:
    """By TLS an image is made; who has a certificate of another authority neither orders nor works."""
    ours = _certificates(Authority(tmp_path / "ours"))
    foreign = _certificates(Authority(tmp_path / "foreign"))
    own = Security(
        require_encryption=True,
        tls_ca_file=str(ours.authority),
        tls_scheduler_cert=str(ours.certificate),
        tls_scheduler_key=str(ours.key),
    )  # type: ignore[no-untyped-call]
    places: Any = {"host": "tls://127.0.0.1", "port": 0, "dashboard": False, "dashboard_address": "127.0.0.1:0"}
    async with Scheduler(security=own, **places) as scheduler:
        bench, here = Bench("one"), {"host": "127.0.0.1"}
        async with worker_of(scheduler.address, bench, tmp_path / "w", {AMD64: 1}, ours, **here) as worker:
            async with connected(scheduler.address, ours) as maker:
                assert (await maker.make(order(tmp_path))).digest == f"sha256:{1:064x}"
            assert {urlsplit(each).scheme for each in (scheduler.address, worker.address)} == {"tls"}
            with pytest.raises(Unavailable, match="cannot be reached"):
                async with connected(scheduler.address, foreign, seconds=1):
                    pass
            stranger = worker_of(scheduler.address, bench, tmp_path / "s", {AMD64: 1}, foreign, **here)
            with pytest.raises((OSError, TimeoutError)):
                await asyncio.wait_for(stranger, 2)
            await stranger.close()
            assert set(scheduler.workers) == {worker.address}


def _certificates(authority: Authority) -> Certificates:
    return Certificates(authority.file, *authority.issue("farm", "127.0.0.1"))
