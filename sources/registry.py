"""The registries that base images lie in: which digest a reference leads to now, asked by HEAD and without a login.

A HEAD of a manifest does not count as a pull (https://docs.docker.com/docker-hub/usage/pulls/). The protocol:
https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pulling-manifests, and the token for who has no
account: https://distribution.github.io/distribution/spec/auth/token/
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import urlencode, urlsplit

from sources.strict import read_json
from state.errors import FetchError, NotPublished

_HUB, _HUB_API = "docker.io", "registry-1.docker.io"
"""Docker Hub answers under another name than the one that references have."""

_ACCEPT = ", ".join(
    f"application/vnd.{kind}+json"
    for kind in (
        "oci.image.index.v1",
        "docker.distribution.manifest.list.v2",
        "oci.image.manifest.v1",
        "docker.distribution.manifest.v2",
    )
)
_REFERENCE = re.compile(
    r"([a-z0-9.-]+(?::[0-9]+)?)/([a-z0-9]+(?:[._/-]+[a-z0-9]+)*):([A-Za-z0-9_][A-Za-z0-9._-]{0,127})"
)
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_PARAMETER = re.compile(r'([a-z]+)="([^"\\]*)"')
_OK, _UNAUTHORIZED = 200, 401
_TOKEN_LIMIT = 1 << 16


class Asking(Protocol):
    """The network, as far as a registry needs it; :class:`sources.feed.Feed` is one."""

    @property
    def source(self) -> str:
        """Name of the source that asks: errors say it."""
        ...

    async def get(self, url: str, *, limit: int | None = None) -> bytes:
        """Return a body."""
        ...

    async def head(self, url: str, headers: Mapping[str, str], also: Collection[int]) -> tuple[int, Mapping[str, str]]:
        """Return status (200, or one of *also*) and header fields."""
        ...


@dataclass(frozen=True, slots=True)
class Reference:
    """A reference taken apart: ``docker.io/library/debian:trixie-slim``."""

    registry: str
    name: str
    tag: str

    @classmethod
    def parse(cls, text: str) -> Reference | None:
        """Return its parts, None if it names no registry: such an image is made by ourselves."""
        match = _REFERENCE.fullmatch(text)
        if match is None or not re.search(r"[.:]", match[1]):
            return None
        return cls(match[1], match[2], match[3])

    @property
    def url(self) -> str:
        """The official URL of its manifest."""
        host = _HUB_API if self.registry == _HUB else self.registry
        return f"https://{host}/v2/{self.name}/manifests/{self.tag}"


class Registries:
    """Asks any registry; the token for a repository is asked for once. Make one for one look."""

    def __init__(self, network: Asking) -> None:
        self._network = network
        self._tokens: dict[tuple[str, str], asyncio.Task[str]] = {}

    async def digest(self, reference: Reference) -> str:
        """Return the digest (``sha256:…``) that *reference* leads to: of the index where there is one.

        :raises NotPublished: the repository has no such tag
        :raises FetchError: the registry cannot be asked, refuses, or tells no digest
        """
        try:
            return await self._digest(reference)
        except NotPublished as error:
            problem = f"{reference.registry} has no {reference.name}:{reference.tag} ({error.problem})"
            raise NotPublished(self._network.source, reference.url, "", problem) from None
        except FetchError as error:
            problem = f"{reference.registry}, asked for {reference.name}:{reference.tag}: {error.problem}"
            raise FetchError(self._network.source, error.url, error.field, problem) from None

    async def _digest(self, reference: Reference) -> str:
        place = (reference.registry, reference.name)
        known = {"Authorization": f"Bearer {await self._tokens[place]}"} if place in self._tokens else {}
        status, fields = await self._head(reference, known)
        if status == _UNAUTHORIZED and not known:
            if place not in self._tokens:
                challenge = fields.get("www-authenticate", "")
                self._tokens[place] = asyncio.ensure_future(self._token(reference, challenge))
            status, fields = await self._head(reference, {"Authorization": f"Bearer {await self._tokens[place]}"})
        if status != _OK:
            # Docker Hub says this of a repository that there is not, too.
            raise NotPublished(self._network.source, reference.url, "", f"HTTP {status}: not for everybody")
        digest = fields.get("docker-content-digest", "")
        if not _DIGEST.fullmatch(digest):
            raise self._error(reference, f"tells no digest: {digest[:80]!r}")
        return digest

    async def _head(self, reference: Reference, token: Mapping[str, str]) -> tuple[int, Mapping[str, str]]:
        return await self._network.head(reference.url, {"Accept": _ACCEPT, **token}, {_UNAUTHORIZED})

    async def _token(self, reference: Reference, challenge: str) -> str:
        """Return the token for everybody that the *challenge* (``WWW-Authenticate``) leads to."""
        scheme, _, rest = challenge.partition(" ")
        said = dict(_PARAMETER.findall(rest))
        realm = said.get("realm", "")
        if scheme.lower() != "bearer" or urlsplit(realm).scheme != "https":
            raise self._error(reference, f"wants a login: {challenge[:80]!r}")
        query = {"service": said.get("service", ""), "scope": f"repository:{reference.name}:pull"}
        url = f"{realm}{'&' if '?' in realm else '?'}{urlencode({k: v for k, v in query.items() if v})}"
        answer = read_json(self._network.source, url, await self._network.get(url, limit=_TOKEN_LIMIT))
        token = answer.member("token") if answer.member("token").raw is not None else answer.member("access_token")
        return token.text()

    def _error(self, reference: Reference, problem: str) -> FetchError:
        return FetchError(self._network.source, reference.url, "", problem)
