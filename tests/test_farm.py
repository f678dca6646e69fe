"""A merged release is built by the workers of a farm, as the settings say; everything else is as on one machine."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from distributed import Scheduler

from builder.engines.discover import Found
from builder.farm import worker_of
from builder.workshop import Made, Maker, Order
from state.errors import BuildError, SettingsError
from tests.foundry import Forge, Foundry
from tests.registry import LoopbackRegistry
from tests.world import OLDER, World
from watcher import works
from watcher.app import App
from watcher.build_report import Report
from watcher.building import work
from watcher.cli import cli
from watcher.config import Configured, load
from watcher.makers import Shop
from watcher.registry_access import opened

pytestmark = pytest.mark.slow

BOTH = ("linux/amd64", "linux/arm64")


@pytest.fixture
def server() -> Iterator[LoopbackRegistry]:
    """An empty registry."""
    with LoopbackRegistry() as served:
        yield served


@pytest.fixture
def foundry(world: World, server: LoopbackRegistry) -> Foundry:
    """A small family of two architectures in which Node 22.11.0 is merged."""
    return Foundry.merged(world, server, "aarch64")


def _settings(foundry: Foundry, scheduler: str) -> Configured:
    foundry.settings(
        f'[registry]\nurl = "http://{foundry.server.host}"\n'
        f'[builds]\nsmoke = false\n[farm]\nscheduler = "{scheduler}"\n'
    )
    return load(foundry.world.config_file)


@asynccontextmanager
async def _worker(config: Configured, forge: Forge, folder: Path, platforms: tuple[str, ...]) -> AsyncIterator[None]:
    """What ``watcher worker`` runs, with an engine that needs no containers."""
    async with opened(config) as registry:
        shop = Shop(config, Found(forge, "forge 1.2 of the worker"), registry)
        scheduler = config.settings.farm.scheduler
        async with worker_of(scheduler, shop, folder, dict.fromkeys(platforms, 2), host="127.0.0.1"):
            yield


def _work(foundry: Foundry, *workers: tuple[Forge, tuple[str, ...]]) -> Report:
    """Start a scheduler with these workers, and build what is due with it."""

    async def job(app: App) -> Report:
        async with Scheduler(host="127.0.0.1", port=0, dashboard=False, dashboard_address="127.0.0.1:0") as scheduler:
            config = _settings(foundry, scheduler.address)
            running = [
                _worker(config, forge, foundry.world.folder / f"w{n}", platforms)
                for n, (forge, platforms) in enumerate(workers)
            ]
            for each in running:
                await each.__aenter__()
            try:

                def these(namespace: str) -> Any:
                    return works.opened(config, namespace)

                return await work(replace(app, works=these))
            finally:
                await asyncio.gather(*(each.__aexit__(None, None, None) for each in running))

    return foundry.world.run(job)


def test_a_merge_is_built_by_the_farm(foundry: Foundry) -> None:
    """Each worker builds its platform, parents before children; names, devices and logs are as ever."""
    one, two = Forge(), Forge()
    report = _work(foundry, (one, BOTH[:1]), (two, BOTH[1:]))
    assert (report.broken, report.blocked, report.stopped) == ([], [], "")
    assert not any("aarch64" in place for place in one.made)
    assert all("aarch64" in place for place in two.made)
    assert one.made
    assert two.made
    assert len(one.made) + len(two.made) == len(report.built)
    tags = foundry.digests("balenalib/amd64-debian-node")
    assert tags["22"] == tags["22.11.0-trixie-run-20241101"]
    assert report.relabelled
    assert "STEP 1/2" in foundry.log(report.built[0]).read_text()
    assert foundry.open() == []


@dataclass
class Both:
    """Makes its first image once an image of each platform was ordered."""

    maker: Maker
    ordered: set[str] = field(default_factory=set)
    all: asyncio.Event = field(default_factory=asyncio.Event)

    async def make(self, order: Order) -> Made:
        """Wait for the other platform, for ten seconds at most."""
        self.ordered.add(order.platform)
        if self.ordered == set(BOTH):
            self.all.set()
        try:
            await asyncio.wait_for(self.all.wait(), 10)
        except TimeoutError:
            raise BuildError("the other platform waits for this one") from None
        return await self.maker.make(order)


def test_a_platform_does_not_wait_for_another(foundry: Foundry) -> None:
    """With room for a single build, one of each platform goes on, where a farm builds."""

    async def job(app: App) -> Report:
        @asynccontextmanager
        async def one_each(namespace: str) -> AsyncIterator[works.Works]:
            async with app.works(namespace) as found:
                yield replace(found, maker=Both(found.maker), jobs=1, apart=True)

        return await work(replace(app, works=one_each))

    report: Report = foundry.run(job)
    assert report.broken == []
    assert report.built


def test_the_statement_of_an_image_names_the_engine_of_the_worker(foundry: Foundry) -> None:
    """In the words in which it told the worker its version: this machine has built nothing."""
    foundry.settings("[trust]\nsbom = false\n")
    report = _work(foundry, (Forge(), BOTH))
    home = foundry.server.repository(report.built[0].repository)
    manifests = [json.loads(body) for _, body in home.manifests.values()]
    [layer] = next(
        each["layers"] for each in manifests if each.get("subject", {}).get("digest") == report.built[0].digest
    )
    details = json.loads(home.blobs[layer["digest"]])["predicate"]["runDetails"]
    assert details["builder"]["version"]["engine"] == "forge 1.2 of the worker"


def test_a_platform_without_a_worker_holds_back_only_itself(foundry: Foundry) -> None:
    """It is said at once, without a strike, and the others are built and named; with a worker it is made."""
    report = _work(foundry, (Forge(), BOTH[:1]))
    assert (report.broken, report.blocked, report.stopped) == ([], [], "")
    assert [build.name for build in report.waiting] == ["balenalib/aarch64-debian:trixie-run"]
    assert "no worker of the farm builds linux/arm64; they offer linux/amd64" in report.waiting[0].error
    assert report.exit_code == 1
    assert foundry.digests("balenalib/amd64-debian-node")["22"]
    assert not foundry.digests("balenalib/aarch64-debian-node")
    assert {(each.state, each.attempts, each.failures) for each in foundry.open()} == {("waiting", 0, 0)}
    assert _work(foundry, (Forge(), BOTH[:1])).waiting == []
    foundry.world.day(OLDER[2] + timedelta(minutes=1))
    assert _work(foundry, (Forge(), BOTH)).built
    assert foundry.digests("balenalib/aarch64-debian-node")["22"]
    assert foundry.open() == []


def test_a_farm_beyond_this_machine_needs_certificates(world: World) -> None:
    """All three of them; a scheduler that is not there is told as such."""

    def asked(extra: str) -> None:
        world.settings(f'[registry]\nurl = "http://127.0.0.1:1"\n[farm]\n{extra}\n')

        async def job(app: App) -> None:
            async with app.works("balenalib"):
                pass

        world.run(job)

    with pytest.raises(SettingsError, match="tls:// and certificates"):
        asked('scheduler = "tcp://192.0.2.1:8786"')
    with pytest.raises(SettingsError, match="belong together"):
        asked('scheduler = "tls://192.0.2.1:8786"\ntls_key_file = "key.pem"')


def test_a_worker_says_what_it_lacks(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A scheduler, a platform of the family, a registry."""
    monkeypatch.chdir(world.folder / "ws")

    def said(*arguments: str) -> str:
        done = CliRunner().invoke(cli, ["worker", *arguments])
        assert done.exit_code != 0
        return f"{done.output} {done.exception}"

    assert "say which scheduler" in said("--platform", "linux/amd64")
    assert "'linux/riscv64' is none of linux/amd64" in said("--platform", "linux/riscv64")
    assert "[registry] url" in said("--platform", "linux/amd64", "--scheduler", "tcp://127.0.0.1:1")
