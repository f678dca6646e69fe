"""Serves the application from the daemon's own event loop, on a socket that outlives a reload of the settings."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from email.utils import formatdate

import uvicorn
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from typing_extensions import override

from state.errors import SettingsError
from watcher.daemon_settings import address

_BACKLOG = 1024


class _Server(uvicorn.Server):
    """Uvicorn without its signals, which are the daemon's; ``begun`` is set once it answers, ``ending`` ends it."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.begun, self.ending = asyncio.Event(), asyncio.Event()

    @override
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.begun.set()

    @override
    async def main_loop(self) -> None:
        """Wait for the end; uvicorn's own loop wakes ten times a second for it and for the date of answers."""
        await self.ending.wait()

    @override
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class _Dated:
    """An application whose answers say when they were made (https://www.rfc-editor.org/rfc/rfc9110#name-date)."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def dated(message: Message) -> None:
            if message["type"] == "http.response.start":
                date = (b"date", formatdate(usegmt=True).encode())
                message = {**message, "headers": [date, *message.get("headers", ())]}
            await send(message)

        await self._app(scope, receive, dated)


class Listener:
    """A socket that listens: while the settings are reloaded it stays open, and who connects waits that moment."""

    def __init__(self, setting: str) -> None:
        """Make one that does not listen yet; *setting* is what names its address."""
        self._setting, self._listen, self._socket = setting, "", socket.socket()

    @property
    def url(self) -> str:
        """Where it listens, as a person would type it."""
        host, port = self._socket.getsockname()[:2]
        return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

    def bind(self, listen: str) -> None:
        """Listen there, if not already; SettingsError if the address cannot be had."""
        if listen == self._listen:
            return
        host, port = address(listen)
        self.close()
        try:
            family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
            self._socket = socket.create_server((host, port), family=family, backlog=_BACKLOG)
        except OSError as error:
            raise SettingsError(f"{self._setting} = {listen!r}: {error.strerror or error}") from error
        self._listen = listen

    def close(self) -> None:
        """Listen no more."""
        self._socket.close()
        self._listen = ""

    @asynccontextmanager
    async def serving(self, app: ASGIApp, grace: float) -> AsyncIterator[None]:
        """Serve *app* until the block ends, then let requests end for *grace* seconds."""
        config = uvicorn.Config(
            _Dated(app),
            log_config=None,
            access_log=False,
            lifespan="off",
            server_header=False,
            date_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=max(1, round(grace)),
        )
        server = _Server(config)
        task = asyncio.create_task(server.serve([self._socket.dup()]))
        try:
            await server.begun.wait()
            yield
        finally:
            server.should_exit = True
            server.ending.set()
            with contextlib.suppress(asyncio.CancelledError):
                await task
