"""A world with something on every page, served on loopback, and Debian's Chromium to look at it."""

from __future__ import annotations

import asyncio
import shutil
import socket
import subprocess
import tarfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from playwright.sync_api import Browser, sync_playwright
from starlette.applications import Starlette

from state.events import ReleaseHeld, ReleaseSeen
from state.model import Arch, Build, BuildState, Held, Release, Version
from state.store import Move, Pin, Store
from state.store.moves import Why
from tests.state.facts import release
from tests.upstream import Upstream
from tests.web.provider import CLIENT, SECRET, Provider, running
from tests.world import NEWER, World
from watcher.config import Configured, load
from watcher.web.pages import routes
from watcher.web.site import Site
from watcher.wiring import wired

CACHE = Path(__file__).parents[2] / ".cache" / "browser"
SHOTS = Path(__file__).parents[1] / "screenshots"
AXE = "axe-core@4.14.1"
TOKEN = "open sesame"
NOW = NEWER[2]
NEWEST = {
    "python": {"3.12": "3.12.13", "3.13": "3.13.9", "3.14": "3.14.2"},
    "go": {"1.25": "1.25.9", "1.26": "1.26.3"},
    "openjdk": {"17-jdk": "17.0.20+8", "21-jdk": "21.0.12+7", "25-jdk": "25.0.4+9"},
    "dotnet": {"8.0-sdk": "8.0.421", "10.0-sdk": "10.0.203"},
    "debian": {"bookworm": "12.14", "trixie": "13.6"},
    "alpine": {"3.22": "3.22.5", "3.23": "3.23.2"},
}
LOG = """STEP 1/4: FROM balenalib/i386-debian:trixie-run
STEP 2/4: RUN fetch https://unofficial-builds.nodejs.org/download/release/v22.23.2/node-v22.23.2-linux-x86.tar.xz
curl: (22) The requested URL returned error: 404
Error: building at STEP "RUN fetch …": while running runtime: exit status 22
"""
FAILED: dict[str, Any] = {
    "step": "RUN fetch node-v22.23.2-linux-x86.tar.xz",
    "error": "STEP 2/4: RUN fetch node-v22.23.2-linux-x86.tar.xz\ncurl: (22) The requested URL returned error: 404",
    "log": "5-1.log",
    "failures": 1,
    "next_try": NOW + timedelta(hours=4),
}
PACKAGES = (
    {"curl": "8.14.1-2", "libc6": "2.41-12", "libssl3t64": "3.5.1-1", "zlib1g": "1:1.3.1"},
    {"curl": "8.14.1-2+deb13u1", "libc6": "2.41-12+deb13u1", "libssl3t64": "3.5.4-1~deb13u1", "libzstd1": "1.5.7"},
)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave these out unless they are asked for by name: they need a browser."""
    if collection_path.name.startswith("test_") and not any("tests/browser" in arg for arg in config.args):
        return True
    return None


@dataclass
class Served:
    """The pages at ``url``, and the memory behind them."""

    config: Configured
    provider: Provider
    port: int
    url: str = ""
    loop: asyncio.AbstractEventLoop | None = None
    server: uvicorn.Server | None = None
    begun: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        """Serve until told to stop, on its port."""
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        async with wired(self.config) as app:
            web = Starlette(routes=routes(Site(app, lambda: None)))
            self.server = uvicorn.Server(uvicorn.Config(web, port=self.port, log_config=None, lifespan="off"))
            task = asyncio.create_task(self.server.serve())
            while not self.server.started:
                await asyncio.sleep(0.02)
            self.url = f"http://127.0.0.1:{self.port}"
            self.begun.set()
            await task

    def store(self) -> Store:
        """The memory, to change it under the page's feet."""
        return Store.open(self.config.database_url)


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Pages of a world in which a merge is being built, a release waits and a step failed."""
    folder = tmp_path_factory.mktemp("browser")
    (folder / "served").mkdir()
    with Upstream(folder / "served") as upstream:
        world = World.make(folder, upstream)
        world.sync()
        world.decide("merge", 1)
        world.publish(NEWER)
        world.sync()
        number = next(pull.number for pull in world.pulls() if pull.line == "22")
        world.decide("merge", number)
    token = folder / "token"
    token.write_text(TOKEN)
    with socket.socket() as free, running() as provider:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        free.close()
        # By its other name it is another site to a browser, as a provider is.
        provider.url = provider.url.replace("127.0.0.1", "localhost")
        (secret := folder / "secret").write_text(SECRET)
        world.settings(
            f'[web]\ntoken_file = "{token}"\n[web.oidc]\nissuer = "{provider.url}"\nclient_id = "{CLIENT}"\n'
            f'client_secret_file = "{secret}"\nredirect_url = "http://127.0.0.1:{port}/login/oidc/back"\nusers = ["ada"]'
        )
        world.day(NOW + timedelta(hours=3))
        yield from _serving(Served(load(world.config_file), provider, port), number)


def _serving(served: Served, number: int) -> Iterator[Served]:
    """Furnish the memory, and serve it."""
    with served.store() as store:
        _furnish(store, number)
        _publish_images(store, number)
    logs = served.config.var / "builds"
    logs.mkdir(exist_ok=True)
    (logs / "5-1.log").write_text(LOG)
    thread = threading.Thread(target=served.run)
    thread.start()
    assert served.begun.wait(60)
    yield served
    assert served.server
    served.server.should_exit = True
    thread.join(20)


def _furnish(store: Store, pull: int) -> None:
    """Put something on each page."""
    for source, versions in NEWEST.items():
        _publish(store, source, versions)
    failing = "https://www.python.org/api/v2/downloads/release/: 503 Service Unavailable, asked four times"
    store.poll_failed("python", failing, "https://www.python.org/", NOW + timedelta(hours=2, minutes=20))
    held = Held("node", "24", "24.19.0", Arch.ARMV6, "glibc", "not published yet", NOW, NOW + timedelta(days=2))
    store.record([ReleaseHeld(held)], NOW)
    [failed] = store.record([ReleaseSeen("node", "22", (release(),))], NOW)
    store.fail(failed, "GitHub refused: secondary rate limit; tried again in 2 minutes", NOW)
    store.builds.add(list(_builds(pull)))
    states: list[BuildState] = ["tagged", "tagged", "pushed", "running", "failed", "waiting", "waiting", "blocked"]
    store.builds.save(
        replace(each, state=state, seconds=73.0, attempts=1, **(FAILED if state == "failed" else {}))
        for each, state in zip(store.builds.of(9000), states, strict=False)
    )
    store.desk.pause("alpine", "their mirror is being moved", NOW + timedelta(hours=1))


def _publish_images(store: Store, pull: int) -> None:
    """Let tags have moved: packages are known of two images of three; one name is pinned."""
    digests = ["sha256:" + letter * 64 for letter in "abc"]
    for number, packages in enumerate(PACKAGES, 1):
        known = store.builds.contents.keep(packages)
        [made] = _builds(pull, ("amd64",))
        store.builds.add([replace(made, plan=number, digest=digests[number], packages=known, state="tagged")])
    node, device = "balenalib/amd64-debian-node", "balenalib/raspberrypi3-debian-node"
    for n, name in enumerate(["22", "22.23", "22.23.2", "latest"]):
        store.ledger.moved(
            [Move(node, name, "", digests[n % 2], NOW - timedelta(days=9), "release", "node 22.11.0", 1)]
        )
        store.ledger.moved([Move(node, name, digests[n % 2], digests[2], NOW, "release", "node 22.23.2", pull)])
    run = "22.23.2-trixie-run"
    steps: list[tuple[str, int, Why, str]] = [
        (digests[0], 9, "release", "node 22.23.2"),
        (digests[1], 4, "plan", "debian 13.6"),
        (digests[0], 0, "rollback", ""),
    ]
    before = ""
    for digest, days, why, note in steps:
        at = NOW - timedelta(days=days)
        dated = f"{run}-{at:%Y%m%d}"
        moves = [Move(device, run, before, digest, at, why, note, pull if why == "release" else None)]
        store.ledger.moved([*moves, *([Move(device, dated, "", digest, at, why, note, dated=True)] if note else [])])
        before = digest
    store.ledger.pins.add([Pin(device, run, digests[0], NOW, "their program does not start on 13.6")])


def _publish(store: Store, source: str, versions: dict[str, str]) -> None:
    """Let a source have been polled: each version was published some days before, the last one waits."""
    found = [
        Release(
            source, line, Version(version), NOW.date() - timedelta(days=3 * n + 1), supported_until=date(2027, 6, 1)
        )
        for n, (line, version) in enumerate(versions.items())
    ]
    waits = [Held(source, found[-1].line, str(found[-1].version), None, None, "the tarball is not signed yet", NOW)]
    waiting = waits if source == "go" else []
    store.poll_finished(source, now=NOW - timedelta(hours=9), listed=found[:1])
    store.poll_finished(source, now=NOW + timedelta(hours=2, minutes=9), listed=found, waiting=waiting)


def _builds(pull: int, only: tuple[str, ...] = ()) -> Iterator[Build]:
    """A plan of two stages, or *only* some hardware's images of it."""
    base = "balenalib/{}-debian-node:22.23.2-trixie-run"
    for hw, kind, below in (
        ("amd64", "build", "balenalib/amd64-debian:trixie-run"),
        ("aarch64", "build", "balenalib/aarch64-debian:trixie-run"),
        ("armv7hf", "build", "balenalib/armv7hf-debian:trixie-run"),
        ("raspberrypi3", "build", base.format("armv7hf")),
        ("i386", "build", "balenalib/i386-debian:trixie-run"),
        ("intel-nuc", "relabel", base.format("amd64")),
        ("raspberrypi4-64", "relabel", base.format("aarch64")),
        ("qemux86", "relabel", base.format("i386")),
    ):
        if only and hw not in only:
            continue
        yield Build(
            plan=9000,
            commit="c0ffee" * 6 + "beef",
            name=base.format(hw),
            kind="relabel" if kind == "relabel" else "build",
            platform="linux/amd64",
            hw=hw,
            dockerfile=f"balena-base-images/node/{hw}/debian/trixie/22/run/Dockerfile",
            base=below,
            day=date(2026, 8, 10),
            pull=pull,
            source="node",
            reason="node 22.23.2",
        )


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Debian's own; without it this is an error and no skip."""
    program = shutil.which("chromium")
    assert program, "chromium is needed: apt-get install chromium"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def axe() -> str:
    """The accessibility checker's source, as npm has it; kept from run to run."""
    package = CACHE / f"{AXE.replace('@', '-')}.tgz"
    if not package.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        subprocess.run(["npm", "pack", "--silent", AXE], cwd=CACHE, check=True, capture_output=True)
    with tarfile.open(package) as archive:
        member = archive.extractfile("package/axe.min.js")
        assert member
        return member.read().decode()
