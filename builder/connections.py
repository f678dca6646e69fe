"""Connections that are kept open, so many at most, each of which sends one request at a time.

One httpx client of as many connections looks through all of them before and after each request: at a hundred that took
more than half of the processor time of publishing. A client that has one connection has nothing to look through.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from state.errors import SettingsError

if TYPE_CHECKING:
    import ssl

    import httpx

_MOST = 16


class Connections:
    """Clients that are made when they are needed; the one that was used last is used next."""

    def __init__(self, seconds: float, authority: Path | None) -> None:
        """Wait for an answer for so long; trust also the certificates in the PEM file *authority*."""
        self._seconds, self._authority = seconds, authority
        self._free: list[httpx.AsyncClient] = []
        self._turn = asyncio.Semaphore(_MOST)

    @asynccontextmanager
    async def one(self) -> AsyncIterator[httpx.AsyncClient]:
        """Yield a client that nobody else uses meanwhile, once one is free.

        :raises SettingsError: the authority's file is none
        """
        async with self._turn:
            client = self._free.pop() if self._free else self._made()
            try:
                yield client
            finally:
                self._free.append(client)

    async def aclose(self) -> None:
        """Close those that nobody uses."""
        while self._free:
            await self._free.pop().aclose()

    def _made(self) -> httpx.AsyncClient:
        import httpx  # noqa: PLC0415  (77 ms that a command without a registry does not pay)

        return httpx.AsyncClient(timeout=self._seconds, follow_redirects=True, trust_env=False, verify=self._trusted)

    @cached_property
    def _trusted(self) -> ssl.SSLContext:
        import httpx  # noqa: PLC0415  (see above)

        trusted = httpx.create_ssl_context(trust_env=False)
        if self._authority is not None:
            try:
                trusted.load_verify_locations(self._authority)
            except OSError as error:  # an SSLError is one
                problem = f"[registry] ca_file: {self._authority} is no PEM file of certificates: {error}"
                raise SettingsError(problem) from error
        return trusted
