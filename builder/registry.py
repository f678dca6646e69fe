"""A registry over HTTP, as publishing uses it: ask, mount, upload, write names; never faster than it allows.

https://github.com/opencontainers/distribution-spec/blob/main/spec.md
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote, urljoin, urlsplit

from builder.connections import Connections
from builder.oci import ACCEPTED, INDEX, Descriptor, Manifest, digest_of
from builder.pace import Pace, asked
from builder.registry_auth import Credentials, Tokens
from state.errors import RegistryError
from state.transport import told

if TYPE_CHECKING:
    import httpx

_BUSY = frozenset({408, 425, 429, 500, 502, 503, 504})
_TOO_MANY = 429
_UNAUTHORIZED, _NOT_FOUND, _CREATED, _ACCEPTED, _OK = 401, 404, 201, 202, 200
_WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_NO_API = frozenset({400, 404, 405})
_PART = 1 << 20
_MOST, _SMALL = 1000, 1 << 16
"""Documents that are remembered, and the bytes of the longest."""


@dataclass(frozen=True, slots=True)
class RegistrySettings:
    """Where a registry is and how it may be asked.

    ``host`` is its name with the port, ``plain`` asks by http (loopback only), ``writes_per_minute`` bounds what
    changes something (Docker Hub: 300, https://docs.docker.com/docker-hub/usage/), 0 does not. ``authority`` is a PEM file of
    certificates that are trusted beside the public ones. Times in seconds.
    """

    host: str
    plain: bool = False
    writes_per_minute: int = 300
    attempts: int = 6
    seconds: float = 300.0
    authority: Path | None = None


class Registry:
    """One registry. References below are a tag or a digest; repositories are names without the host."""

    def __init__(
        self,
        settings: RegistrySettings,
        credentials: Credentials | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._settings, self._sleep = settings, sleep
        self._tokens = Tokens(credentials)
        self._pace = Pace(settings.writes_per_minute, sleep)
        self._connections = Connections(settings.seconds, settings.authority)
        self._has_referrers = True
        self._blobs: set[tuple[str, str]] = set()  # what we saw or put there: it is asked for once
        self._seen: dict[tuple[str, str], Manifest | bytes] = {}  # by digest: it cannot change while we look

    async def aclose(self) -> None:
        """Close the connections."""
        await self._connections.aclose()

    @property
    def host(self) -> str:
        """Name with the port."""
        return self._settings.host

    async def digest(self, repository: str, reference: str) -> str | None:
        """Return the digest that *reference* leads to (a HEAD), or None if it leads nowhere."""
        response = await self._ask("HEAD", f"{repository}/manifests/{reference}", headers=_ACCEPT)
        if response.status_code == _NOT_FOUND:
            return None
        self._expect(response, _OK, repository, reference)
        found = response.headers.get("docker-content-digest", "")
        if found:
            return str(found)
        manifest = await self.manifest(repository, reference)  # a registry may leave the header out
        return manifest.digest if manifest else None

    async def manifest(self, repository: str, reference: str) -> Manifest | None:
        """Return a manifest, checked against its digest where that is what was asked for; None if not there."""
        if isinstance(seen := self._seen.get((repository, reference)), Manifest):
            return seen
        response = await self._ask("GET", f"{repository}/manifests/{reference}", headers=_ACCEPT)
        if response.status_code == _NOT_FOUND:
            return None
        self._expect(response, _OK, repository, reference)
        manifest = Manifest(response.headers.get("content-type", "").partition(";")[0], response.content)
        if reference.startswith("sha256:") and manifest.digest != reference:
            raise RegistryError(self.host, f"{repository}@{reference}", f"came as {manifest.digest}")
        self._keep(repository, reference, manifest)
        return manifest

    async def blob(self, repository: str, digest: str) -> bytes:
        """Return a small blob (a configuration), checked against its digest."""
        if isinstance(seen := self._seen.get((repository, digest)), bytes):
            return seen
        response = await self._ask("GET", f"{repository}/blobs/{digest}")
        self._expect(response, _OK, repository, digest)
        if digest_of(response.content) != digest:
            raise RegistryError(self.host, f"{repository}@{digest}", "came with other content")
        self._keep(repository, digest, response.content)
        return response.content

    def _keep(self, repository: str, digest: str, content: Manifest | bytes) -> None:
        """Remember a document that is asked for again: a class image's, for each of its devices."""
        if digest.startswith("sha256:") and (isinstance(content, Manifest) or len(content) <= _SMALL):
            while len(self._seen) >= _MOST:
                del self._seen[next(iter(self._seen))]
            self._seen[repository, digest] = content

    async def has_blob(self, repository: str, digest: str) -> bool:
        """Whether the repository has the blob."""
        if (repository, digest) in self._blobs:
            return True
        response = await self._ask("HEAD", f"{repository}/blobs/{digest}")
        if response.status_code == _NOT_FOUND:
            return False
        self._expect(response, _OK, repository, digest)
        self._blobs.add((repository, digest))
        return True

    async def mount(self, repository: str, digest: str, source: str) -> bool:
        """Let *repository* have a blob of *source* without moving a byte; False if the registry would not."""
        if (repository, digest) in self._blobs:
            return True
        response = await self._ask("POST", f"{repository}/blobs/uploads/?mount={digest}&from={quote(source, safe='')}")
        if response.status_code == _CREATED:
            self._blobs.add((repository, digest))
            return True
        self._expect(response, _ACCEPTED, repository, digest)
        # Refused means that an upload was begun instead: it is taken back.
        await self._ask("DELETE", self._location(response))
        return False

    async def upload(self, repository: str, blob: Descriptor, content: bytes | Path, *, fresh: bool = False) -> None:
        """Upload a blob: of a file, in parts; nothing where it is there already, which is not asked of a *fresh* one."""
        digest = blob.digest
        if not fresh and await self.has_blob(repository, digest):
            return
        begun = await self._ask("POST", f"{repository}/blobs/uploads/")
        self._expect(begun, _ACCEPTED, repository, digest)
        place = self._location(begun)
        place += ("&" if "?" in place else "?") + f"digest={quote(digest, safe='')}"
        headers = {"Content-Type": "application/octet-stream", "Content-Length": str(blob.size)}
        response = await self._ask("PUT", place, headers=headers, content=content, repository=repository)
        self._expect(response, _CREATED, repository, digest)
        self._blobs.add((repository, digest))

    async def may_push(self, repository: str) -> None:
        """Begin an upload, and take it back: nothing is left there.

        :raises RegistryError: it is refused, as the first push would be
        """
        begun = await self._ask("POST", f"{repository}/blobs/uploads/")
        self._expect(begun, _ACCEPTED, repository, "an upload")
        await self._ask("DELETE", self._location(begun), repository=repository)  # a registry may leave it to time

    async def put(self, repository: str, reference: str, manifest: Manifest) -> str:
        """Write a manifest under a tag or its own digest; every blob that it names must be there.

        Returns the digest that the registry says it has, "" where it says none.
        """
        headers = {"Content-Type": manifest.media_type}
        response = await self._ask("PUT", f"{repository}/manifests/{reference}", headers=headers, content=manifest.body)
        self._expect(response, _CREATED, repository, reference)
        return str(response.headers.get("docker-content-digest", ""))

    async def tags(self, repository: str) -> list[str]:
        """Return all tags of a repository, sorted; none if there is no such repository."""
        found: list[str] = []
        place = f"{repository}/tags/list?n=1000"
        while place:
            response = await self._ask("GET", place)
            if response.status_code == _NOT_FOUND:
                return []
            self._expect(response, _OK, repository, "tags")
            found += response.json().get("tags") or []
            following = response.links.get("next", {}).get("url", "")
            place = urljoin(str(response.request.url), following) if following else ""
        return sorted(found)

    async def referrers(self, repository: str, digest: str) -> Manifest | None:
        """Return the index of what is attached to the manifest at *digest*; None where the registry has no such API."""
        if not self._has_referrers:
            return None
        response = await self._ask("GET", f"{repository}/referrers/{digest}", headers={"Accept": INDEX})
        if response.status_code in _NO_API:
            self._has_referrers = False
            return None
        self._expect(response, _OK, repository, digest)
        return Manifest(INDEX, response.content)

    async def delete(self, repository: str, digest: str) -> bool:
        """Delete a manifest by digest; False where the registry does not do that, or has none."""
        self._seen.pop((repository, digest), None)
        response = await self._ask("DELETE", f"{repository}/manifests/{digest}")
        return response.status_code == _ACCEPTED

    async def _ask(
        self,
        method: str,
        place: str,
        *,
        headers: Mapping[str, str] | None = None,
        content: bytes | Path | None = None,
        repository: str = "",
    ) -> httpx.Response:
        """Send one request, again where the registry is busy (429, 5xx) or the connection broke."""
        import httpx  # noqa: PLC0415  (see builder.connections)

        url = place if "://" in place else f"{self._base}/v2/{place}"
        scope = repository or _repository_of(place)
        action = "pull" if method in ("GET", "HEAD") else "pull,push"
        problem, wait = "", 0.0
        for attempt in range(self._settings.attempts):
            if attempt:
                await self._sleep(max(wait, 0.5 * 2**attempt))
            await self._pace.turn(write=method in _WRITES)
            try:
                response = await self._once(method, url, dict(headers or {}), content, (scope, action))
            except httpx.TransportError as error:
                problem, wait = told(error), 0.0
                continue
            if response.status_code not in _BUSY:
                return response
            problem, wait = f"HTTP {response.status_code}", asked(response.headers)
            if response.status_code == _TOO_MANY:
                self._pace.hold(max(wait, 0.5 * 2 ** (attempt + 1)))
        often = f", {self._settings.attempts} times" if self._settings.attempts > 1 else ""
        raise RegistryError(self.host, scope, problem + often)

    async def _once(
        self, method: str, url: str, headers: dict[str, str], content: bytes | Path | None, scope: tuple[str, str]
    ) -> httpx.Response:
        async with self._connections.one() as client:
            for again in (True, False):
                # What a token is good for must not leave for another host: an upload may be sent to a storage service.
                known = self._tokens.header(*scope) if urlsplit(url).netloc == self.host else {}
                body = _parts(content) if isinstance(content, Path) else content
                response = await client.request(method, url, headers={**headers, **known}, content=body)
                if response.status_code != _UNAUTHORIZED or not again:
                    break
                await self._tokens.obtain(client, response.headers.get("www-authenticate", ""), *scope, host=self.host)
        return response

    def _expect(self, response: httpx.Response, status: int, repository: str, what: str) -> None:
        if response.status_code != status:
            said = response.text[:300].strip() if response.request.method != "HEAD" else ""
            raise RegistryError(self.host, f"{repository} {what}", f"HTTP {response.status_code} {said}".strip())

    def _location(self, response: httpx.Response) -> str:
        return urljoin(str(response.request.url), str(response.headers.get("location", "")))

    @property
    def _base(self) -> str:
        return f"{'http' if self._settings.plain else 'https'}://{self.host}"


_ACCEPT = {"Accept": ", ".join(ACCEPTED)}


def _repository_of(place: str) -> str:
    """The repository in a path below /v2/."""
    path = urlsplit(place).path.removeprefix("/v2/")
    for mark in ("/manifests/", "/blobs/", "/tags/", "/referrers/"):
        if mark in path:
            return path.partition(mark)[0]
    return path


async def _parts(file: Path) -> AsyncIterator[bytes]:
    with file.open("rb") as opened:
        while part := await asyncio.to_thread(opened.read, _PART):
            yield part
