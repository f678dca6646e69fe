"""Asks the web application without a socket, over a world's own memory."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TypeVar

import httpx

from state.store import Wish
from tests.world import World
from watcher.app import App
from watcher.live import Live
from watcher.web.app import application

T = TypeVar("T")


@dataclass
class Asking:
    """A client; ``woken`` counts how often the daemon would have been woken."""

    app: App
    client: httpx.AsyncClient
    woken: list[None] = field(default_factory=list)

    def wishes(self) -> list[Wish]:
        """What is wished and not carried out."""
        return self.app.store.desk.inbox.open()


def ask(world: World, job: Callable[[Asking], Awaitable[T]]) -> T:
    """Wire everything up, and run *job* with a client."""

    async def whole(app: App) -> T:
        woken: list[None] = []
        live = Live(app, frozenset(("poll", "publish", "web")), app.now(), lambda: woken.append(None))
        transport = httpx.ASGITransport(application(live))
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            async with asyncio.timeout(20):
                return await job(Asking(app, client, woken))

    return world.run(whole)
