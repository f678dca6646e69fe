"""The network, as sources use it: documents asked for conditionally, bodies, sizes and digests.

How one request is made (mirrors, redirects, limits, retries) is :mod:`sources.exchange`.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Self

from sources.exchange import Connections, Exchange, FeedSettings
from sources.memory import Memory
from sources.source import Proofs
from state.errors import FetchError
from state.model import Checksum

__all__ = ["Document", "Feed", "FeedSettings", "Validators"]

_NOT_MODIFIED = 304
_PLAIN = {"Accept-Encoding": "identity"}
"""For files: what is counted and digested are the bytes that upstream published."""


@dataclass(frozen=True, slots=True)
class Validators:
    """What is remembered of a document, to ask whether it changed; ``""`` where the server gave none."""

    etag: str = ""
    last_modified: str = ""
    sha256: str = ""

    def headers(self) -> dict[str, str]:
        """Return the request's conditions."""
        conditions = {"If-None-Match": self.etag, "If-Modified-Since": self.last_modified}
        return {name: value for name, value in conditions.items() if value}


@dataclass(frozen=True, slots=True)
class Document:
    """The answer of a poll. ``body`` is None where the server said 304: the caller's copy still holds.

    ``changed`` is judged by the digest of the body: an ETag may change without it, or stay when it changes.
    """

    url: str
    body: bytes | None
    validators: Validators
    changed: bool


class Feed:
    """The network of one source; satisfies :class:`sources.source.Fetch`. Close it after use.

    It may be made for nothing: the HTTP client is imported and built at the first request. *connections* are shared
    with the network of other sources, whose hosts may be the same.
    """

    def __init__(
        self,
        source: str,
        settings: FeedSettings,
        keys: Path | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        proofs: Proofs | None = None,
        connections: Connections | None = None,
    ) -> None:
        self.source, self.keys = source, keys
        self.proofs: Proofs = proofs or Memory()
        self._settings = settings
        self._own = Connections(settings)
        self._exchange = Exchange(source, settings, sleep, connections or self._own)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close the connections, unless they are shared with others."""
        await self._own.aclose()

    @property
    def requests(self) -> int:
        """How many requests were made so far, repeated and redirected ones included."""
        return self._exchange.requests

    async def poll(self, urls: Mapping[str, str], known: Mapping[str, Validators]) -> Mapping[str, Document]:
        """Ask for all *urls* (document name → URL) at once, conditionally on what is *known* by the same names.

        :raises FetchError: the first of them that could not be had, after all were asked
        """
        asked = [self.document(url, known.get(name)) for name, url in urls.items()]
        answers = await asyncio.gather(*asked, return_exceptions=True)
        documents: dict[str, Document] = {}
        for name, answer in zip(urls, answers, strict=True):
            if isinstance(answer, BaseException):
                raise answer
            documents[name] = answer
        return documents

    async def document(self, url: str, known: Validators | None = None, *, limit: int | None = None) -> Document:
        """Ask for one document of at most *limit* bytes; without *known* unconditionally. Errors as :meth:`get`."""
        known, settings = known or Validators(), self._settings
        most = settings.document_limit if limit is None else limit

        async def once() -> Document:
            async with self._exchange.open("GET", url, settings.document_seconds, known.headers()) as response:
                if response.status_code == _NOT_MODIFIED:
                    return Document(url, None, known, changed=False)
                body = await self._exchange.body(response, url, most)
                etag, modified = (response.headers.get(name, "") for name in ("etag", "last-modified"))
                digest = hashlib.sha256(body).hexdigest()
                return Document(url, body, Validators(etag, modified, digest), digest != known.sha256)

        return await self._exchange.retried(once)

    async def get(self, url: str, *, limit: int | None = None) -> bytes:
        """Return the body of *url*, at most *limit* bytes; NotPublished on 404 and 410, FetchError otherwise."""
        most = self._settings.document_limit if limit is None else limit

        async def once() -> bytes:
            async with self._exchange.open("GET", url, self._settings.document_seconds) as response:
                return await self._exchange.body(response, url, most)

        return await self._exchange.retried(once)

    async def look(self, url: str) -> tuple[int, str]:
        """Return size in bytes, at least 1, and ETag (``""``: none) that a HEAD of *url* tells; errors as :meth:`get`."""

        async def once() -> tuple[int, str]:
            async with self._exchange.open("HEAD", url, self._settings.document_seconds, _PLAIN) as response:
                length = response.headers.get("content-length", "")
                if response.headers.get("content-type", "").startswith("text/html"):
                    raise FetchError(self.source, url, "", "is an HTML page, not a file")
                if not (length.isascii() and length.isdigit() and len(length) < 16 and int(length)):  # noqa: PLR2004
                    raise FetchError(self.source, url, "", f"is empty or of unknown size: {length[:20]!r}")
                return int(length), response.headers.get("etag", "")

        return await self._exchange.retried(once)

    async def head(self, url: str, headers: Mapping[str, str], also: Collection[int]) -> tuple[int, Mapping[str, str]]:
        """Return status (200, or one of *also*) and header fields of a HEAD of *url*; errors as :meth:`get`."""

        async def once() -> tuple[int, Mapping[str, str]]:
            async with self._exchange.open("HEAD", url, self._settings.document_seconds, headers, also) as response:
                return response.status_code, response.headers

        return await self._exchange.retried(once)

    async def digest(self, url: str, algorithm: str) -> tuple[Checksum, int]:
        """Download *url* without keeping it; return its digest and size in bytes. Errors as :meth:`get`."""

        async def once() -> tuple[Checksum, int]:
            return await self._stream(url, algorithm, None)

        return await self._exchange.retried(once)

    async def save(self, url: str, algorithm: str, target: Path) -> tuple[Checksum, int]:
        """Download *url* into the file *target*; return its digest and size in bytes. Errors as :meth:`get`."""

        async def once() -> tuple[Checksum, int]:
            try:
                with await asyncio.to_thread(target.open, "wb") as file:
                    return await self._stream(url, algorithm, file)
            except OSError as error:
                raise FetchError(self.source, url, "", f"cannot be kept: {error.strerror}") from None

        return await self._exchange.retried(once)

    async def _stream(self, url: str, algorithm: str, file: BinaryIO | None) -> tuple[Checksum, int]:
        size, digest = 0, hashlib.new(algorithm)
        async with self._exchange.open("GET", url, self._settings.download_seconds, _PLAIN) as response:
            async for part in self._exchange.parts(response, url, self._settings.download_limit):
                digest.update(part)
                size += len(part)
                if file is not None:
                    await asyncio.to_thread(file.write, part)
        return Checksum(algorithm, digest.hexdigest()), size
