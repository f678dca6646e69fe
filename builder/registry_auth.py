"""Logging in at a registry: Basic, or a token for one repository (https://distribution.github.io/distribution/spec/auth/token/)."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from state.errors import RegistryError

if TYPE_CHECKING:
    import httpx

Credentials = Callable[[], tuple[str, str]]
"""Gives user and password at each need, so that they are nowhere kept."""

_PARAMETER = re.compile(r'(\w+)="([^"]*)"')


class Tokens:
    """What was obtained so far: a header per (repository, actions)."""

    def __init__(self, credentials: Credentials | None) -> None:
        self._credentials = credentials
        self._headers: dict[tuple[str, str], dict[str, str]] = {}

    def header(self, repository: str, actions: str) -> dict[str, str]:
        """Return the header that opens *repository* for *actions* (``pull,push``), empty if none was needed yet."""
        return self._headers.get((repository, actions), {})

    async def obtain(
        self, client: httpx.AsyncClient, challenge: str, repository: str, actions: str, *, host: str
    ) -> None:
        """Answer a registry's challenge (its ``WWW-Authenticate``); RegistryError if that cannot be."""
        scheme, _, rest = challenge.partition(" ")
        if scheme.lower() == "basic" and self._credentials:
            self._headers[repository, actions] = {"Authorization": _basic(self._credentials)}
            return
        said = dict(_PARAMETER.findall(rest))
        realm = said.get("realm", "")
        if scheme.lower() != "bearer" or urlsplit(realm).scheme not in ("https", "http"):
            raise RegistryError(host, repository, "asks for a login, and none is set: [registry] user, password_file")
        if urlsplit(realm).scheme == "http" and urlsplit(realm).hostname not in ("127.0.0.1", "localhost", "::1"):
            raise RegistryError(host, repository, f"sends the login over plain http to {urlsplit(realm).netloc}")
        query = {"service": said.get("service", ""), "scope": f"repository:{repository}:{actions}"}
        headers = {"Authorization": _basic(self._credentials)} if self._credentials else {}
        response = await client.get(realm, params=query, headers=headers)
        answer = response.json() if response.is_success else {}
        token = answer.get("token") or answer.get("access_token")
        if not isinstance(token, str):
            raise RegistryError(
                host, repository, f"{urlsplit(realm).netloc} gave no token: HTTP {response.status_code}"
            )
        self._headers[repository, actions] = {"Authorization": f"Bearer {token}"}


def _basic(credentials: Credentials) -> str:
    user, password = credentials()
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
