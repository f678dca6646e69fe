"""One request and its answer: the only code that opens a connection to an upstream.

Mirrors, redirects, limits, retries and the time that all may take are decided here. Errors always
name the official URL, whatever was asked in its place.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlsplit

from state.errors import FetchError, NotPublished
from state.transport import told

if TYPE_CHECKING:
    import ssl

    import httpx
    import tenacity

T = TypeVar("T")

_MIB = 1 << 20
_HOPS = 5
_OK, _NOT_MODIFIED = 200, 304
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_GONE = frozenset({404, 410})
_BUSY = frozenset({408, 425, 429, 500, 502, 503, 504})
_ENCODINGS = frozenset({"", "identity", "gzip"})
"""A stack of encodings could blow one packet up a millionfold; one gzip cannot do more than a thousandfold."""


@dataclass(frozen=True, slots=True)
class FeedSettings:
    """How upstreams are asked. Times in seconds, limits in bytes of the decoded body.

    ``mirrors`` maps a URL prefix to the one that is asked in its place; the longest that ends at a slash wins.
    ``document_seconds`` and ``download_seconds`` bound a whole answer by the clock on the wall.
    A redirect may lead to the host that was asked and to ``redirect_hosts``, nowhere else.
    ``longest_wait`` bounds the pause between two attempts: who asks for a longer one is asked at the next poll.
    """

    user_agent: str = "base-image-watcher"
    mirrors: Mapping[str, str] = field(default_factory=dict)
    redirect_hosts: tuple[str, ...] = ()
    connect_seconds: float = 10.0
    read_seconds: float = 30.0
    document_seconds: float = 60.0
    download_seconds: float = 1800.0
    document_limit: int = 64 * _MIB
    download_limit: int = 1024 * _MIB
    per_host: int = 2
    attempts: int = 4
    longest_wait: float = 30.0

    def mapped(self, url: str) -> str:
        """Return what is asked in place of the official *url*."""
        for prefix in sorted(self.mirrors, key=len, reverse=True):
            plain = prefix.rstrip("/")
            if url == plain or url.startswith(plain + "/"):
                return self.mirrors[prefix].rstrip("/") + url.removeprefix(plain)
        return url


class _Again(Exception):
    """An error that another attempt may cure; ``asked`` is the pause that the server wants, in seconds."""

    def __init__(self, error: FetchError, asked: float = 0.0) -> None:
        super().__init__(error)
        self.error, self.asked = error, asked


class Connections:
    """The HTTP client of each host, built at the first request, and the turns that it gives: shared by a run's sources.

    A host is the one that is meant, mirror or not: what is asked of one upstream never waits for another. One client
    for all would look through all connections at each request.
    """

    def __init__(self, settings: FeedSettings) -> None:
        self._settings = settings
        self._clients: dict[str, httpx.AsyncClient] = {}
        self._turns: dict[str, asyncio.Semaphore] = {}
        self._context: ssl.SSLContext | None = None

    async def aclose(self) -> None:
        """Close the connections."""
        while self._clients:
            await self._clients.popitem()[1].aclose()

    def turn(self, url: str) -> asyncio.Semaphore:
        """What a request to the host of the official *url* has to hold."""
        return self._turns.setdefault(urlsplit(url).netloc, asyncio.Semaphore(self._settings.per_host))

    def client(self, url: str) -> httpx.AsyncClient:
        """Return the client for the host of the official *url*."""
        import httpx  # noqa: PLC0415  (see Exchange.open)

        host, settings = urlsplit(url).netloc, self._settings
        if host not in self._clients:
            # The certificates of all authorities take 20 ms to read: once, not once for each client.
            self._context = self._context or httpx.create_ssl_context(trust_env=False)
            self._clients[host] = httpx.AsyncClient(
                headers={"User-Agent": settings.user_agent, "Accept-Encoding": "gzip"},
                timeout=httpx.Timeout(settings.read_seconds, connect=settings.connect_seconds),
                verify=self._context,
                follow_redirects=False,
                trust_env=False,
            )
        return self._clients[host]


class Exchange:
    """Requests on behalf of one source; ``requests`` counts them. Who made the *connections* closes them."""

    def __init__(
        self,
        source: str,
        settings: FeedSettings,
        sleep: Callable[[float], Awaitable[None]],
        connections: Connections,
    ) -> None:
        self._source, self._settings, self._sleep = source, settings, sleep
        self._connections = connections
        self.requests = 0

    async def retried(self, once: Callable[[], Awaitable[T]]) -> T:
        """Return what *once* returns, trying again after what may pass."""
        try:
            return await once()
        except _Again as first:
            return await self._again(once, first)

    async def _again(self, once: Callable[[], Awaitable[T]], first: _Again) -> T:
        """Try again what failed a *first* time."""
        import tenacity  # noqa: PLC0415  (26 ms that who needs no second try does not pay)

        backoff = tenacity.wait_random_exponential(multiplier=0.5, max=self._settings.longest_wait)

        def pause(state: tenacity.RetryCallState) -> float:
            error = state.outcome.exception() if state.outcome else None
            return max(backoff(state), error.asked if isinstance(error, _Again) else 0.0)

        failed: list[_Again] = [first]

        async def next_one() -> T:
            if failed:
                raise failed.pop()
            return await once()

        attempts = tenacity.AsyncRetrying(
            stop=tenacity.stop_after_attempt(self._settings.attempts),
            wait=pause,
            retry=tenacity.retry_if_exception_type(_Again),
            sleep=self._sleep,
            reraise=True,
        )
        try:
            return await attempts(next_one)
        except _Again as again:
            raise again.error from None

    @asynccontextmanager
    async def open(
        self,
        method: str,
        url: str,
        seconds: float,
        headers: Mapping[str, str] | None = None,
        also: Collection[int] = (),
    ) -> AsyncIterator[httpx.Response]:
        """Hand out the answer to one request, 200, an awaited 304 or a status among *also*, its body unread.

        *seconds* is for all of it, the reading of the body too. Inside :meth:`retried` only.
        """
        import httpx  # noqa: PLC0415  (77 ms that a command without network does not pay)

        async with self._connections.turn(url):
            try:
                async with asyncio.timeout(seconds):
                    response = await self._follow(method, url, dict(headers or {}))
                    try:
                        self._judge(response, url, also)
                        yield response
                    finally:
                        await _let_go(response)
            except TimeoutError:
                raise self._error(url, f"took longer than {seconds:g} s") from None
            except httpx.TransportError as error:
                raise _Again(self._error(url, told(error))) from None
            except (httpx.HTTPError, httpx.InvalidURL) as error:
                raise self._error(url, f"{type(error).__name__}: {error}") from None

    async def body(self, response: httpx.Response, url: str, limit: int) -> bytes:
        """Read the body whole."""
        return b"".join([part async for part in self.parts(response, url, limit)])

    async def parts(self, response: httpx.Response, url: str, limit: int) -> AsyncIterator[bytes]:
        """Yield the decoded body in parts; FetchError as soon as it is longer than *limit* bytes."""
        encoding = response.headers.get("content-encoding", "").strip().lower()
        if encoding not in _ENCODINGS:
            raise self._error(url, f"comes in an encoding that was not asked for: {encoding[:40]!r}")
        size = 0
        async for part in response.aiter_bytes():
            size += len(part)
            if size > limit:
                raise self._error(url, f"is longer than {limit} bytes")
            yield part

    async def _follow(self, method: str, url: str, headers: dict[str, str]) -> httpx.Response:
        """Send the request, and again wherever a permitted redirect leads."""
        client = self._connections.client(url)
        here = self._settings.mapped(url)
        for _ in range(_HOPS):
            self.requests += 1
            response = await client.send(client.build_request(method, here, headers=headers), stream=True)
            if response.status_code not in _REDIRECTS:
                return response
            await _let_go(response)
            here = self._redirected(url, response)
            if urlsplit(here).netloc != response.request.url.netloc.decode():
                headers.pop("Authorization", None)  # a token is for who asked for it
        raise self._error(url, f"redirects more than {_HOPS} times")

    def _redirected(self, url: str, response: httpx.Response) -> str:
        """Return where the answer to *url* sends us, if we may go there."""
        here = response.request.url
        there = here.join(response.headers.get("location", ""))
        same = (there.netloc, there.scheme) == (here.netloc, here.scheme)
        if same or (there.scheme == "https" and there.host in (*self._settings.redirect_hosts, here.host)):
            return self._settings.mapped(str(there))
        raise self._error(url, f"redirects to {there.scheme}://{there.host}, which is not permitted")

    def _judge(self, response: httpx.Response, url: str, also: Collection[int]) -> None:
        """Refuse every answer but 200, 304 to a conditional request, and what is among *also*."""
        status = response.status_code
        conditional = {"if-none-match", "if-modified-since"} & response.request.headers.keys()
        if status == _OK or status in also or (status == _NOT_MODIFIED and conditional):
            return
        if status in _GONE:
            raise NotPublished(self._source, url, "", self._problem(url, f"HTTP {status}: not there"))
        error = self._error(url, f"HTTP {status}")
        if status not in _BUSY:
            raise error
        asked = _retry_after(response.headers)
        if asked > self._settings.longest_wait:
            raise self._error(url, f"HTTP {status}, and asks to wait {asked:.0f} s")
        raise _Again(error, asked)

    def _error(self, url: str, problem: str) -> FetchError:
        return FetchError(self._source, url, "", self._problem(url, problem))

    def _problem(self, url: str, problem: str) -> str:
        """Add whom we really asked, where that is a mirror (without the password it may hold)."""
        mirror = self._settings.mapped(url)
        return problem if mirror == url else f"{problem} (asked of the mirror {urlsplit(mirror).netloc.split('@')[-1]})"


async def _let_go(response: httpx.Response) -> None:
    """Close an answer. One without a body is read to its end: only then does its connection serve the next request."""
    empty = response.status_code == _NOT_MODIFIED or response.headers.get("content-length") == "0"
    if (empty or response.request.method == "HEAD") and not response.is_stream_consumed:
        async for _ in response.aiter_raw():
            pass
    await response.aclose()


def _retry_after(headers: Mapping[str, str]) -> float:
    """Return how many seconds the server wants us to wait, by its own clock; 0 if it does not say."""
    text = headers.get("retry-after", "")
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        return max(0.0, (parsedate_to_datetime(text) - parsedate_to_datetime(headers["date"])).total_seconds())
    except (KeyError, ValueError, TypeError):
        return 0.0
