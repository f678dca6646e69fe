"""The pages of a small world, served without a socket."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Protocol

import httpx
import pytest
from starlette.applications import Starlette

from tests.upstream import Upstream
from tests.world import NEWER, World
from watcher.app import App
from watcher.config import load
from watcher.web.pages import routes
from watcher.web.site import Site
from watcher.wiring import wired

TOKEN = "open sesame"


@pytest.fixture(scope="session")
def worlds(tmp_path_factory: pytest.TempPathFactory) -> dict[str, World]:
    """Worlds that were made once: their upstream is gone, which a page does not need."""
    folder = tmp_path_factory.mktemp("pages")
    (folder / "served").mkdir()
    with Upstream(folder / "served") as upstream:
        world = World.make(folder, upstream)
        world.only("22.11.0")
        world.sync()
        world.decide("merge", 1)
        made = {"imported": copy(world, folder / "imported")}
        world.publish(NEWER)
        world.only("22.23.2", "22.11.0")
        world.sync()
        made["proposed"] = copy(world, folder / "proposed")
        world.decide("merge", 2)
        made["merged"] = copy(world, folder / "merged")
    return made


def copy(world: World, folder: Path) -> World:
    """The same world elsewhere."""
    shutil.copytree(world.folder / "ws", folder / "ws")
    return replace(world, folder=folder)


@pytest.fixture
def imported(worlds: dict[str, World], tmp_path: Path) -> World:
    """22.11.0 is recorded."""
    return copy(worlds["imported"], tmp_path)


@pytest.fixture
def proposed(worlds: dict[str, World], tmp_path: Path) -> World:
    """22.11.0 is recorded, 22.23.2 is proposed as #2."""
    return copy(worlds["proposed"], tmp_path)


@pytest.fixture
def merged(worlds: dict[str, World], tmp_path: Path) -> World:
    """That was merged."""
    return copy(worlds["merged"], tmp_path)


class Serve(Protocol):
    """Serve a world's pages to a client at *client*, whose requests name *host*."""

    def __call__(
        self, world: World, client: str = ..., host: str = ...
    ) -> AbstractAsyncContextManager[tuple[httpx.AsyncClient, App, list[str]]]:
        """Yield a browser, the watcher behind it, and who was woken."""
        ...


@pytest.fixture
def serve() -> Serve:
    """Serve a world's pages."""

    @asynccontextmanager
    async def served(
        world: World, client: str = "127.0.0.1", host: str = "127.0.0.1:8080"
    ) -> AsyncIterator[tuple[httpx.AsyncClient, App, list[str]]]:
        woken: list[str] = []
        async with wired(load(world.config_file)) as app:
            web = Starlette(routes=routes(Site(app, lambda: woken.append("woken"))))
            transport = httpx.ASGITransport(web, client=(client, 40_000))
            async with httpx.AsyncClient(transport=transport, base_url=f"http://{host}") as browser:
                yield browser, app, woken

    return served


@pytest.fixture
def with_token(monkeypatch: pytest.MonkeyPatch) -> str:
    """A token that logs in."""
    monkeypatch.setenv("WATCHER_WEB__TOKEN", TOKEN)
    return TOKEN
