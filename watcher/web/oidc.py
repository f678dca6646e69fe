"""Login at an OpenID Connect provider: authorization code with PKCE, state and nonce; the ID token is proved here.

https://openid.net/specs/openid-connect-core-1_0.html#CodeFlowAuth, https://www.rfc-editor.org/rfc/rfc7636 (PKCE),
https://www.rfc-editor.org/rfc/rfc9207 (which provider answered). What we must find again when a browser comes back is in
a cookie of that browser alone, which :class:`watcher.web.access.Access` signs.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

import httpx
import jwt

from state.errors import WatcherError
from watcher.oidc_settings import Oidc
from watcher.place_settings import encrypted

_ALGORITHMS = ["RS256", "ES256"]
_REQUIRED = ["iss", "sub", "aud", "exp", "iat", "nonce"]
_SECONDS, _LIMIT, _CLOCKS = 10.0, 2**20, 60
"""How long the provider may take, how many bytes it may answer with, how far (seconds) its clock may be from ours."""


class LoginError(WatcherError):
    """Nobody was logged in; the text may be shown to whoever tried."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """What one login is known by: ``state`` to us, ``nonce`` in the ID token, ``verifier`` to who exchanges the code."""

    state: str
    nonce: str
    verifier: str

    @classmethod
    def new(cls) -> Attempt:
        """One that nobody can guess."""
        return cls(*(secrets.token_urlsafe(32) for _ in range(3)))


class Provider:
    """The provider of the settings; what it says of itself is asked once, its keys at each login."""

    def __init__(self, settings: Oidc, secret: str) -> None:
        """Ask nothing yet."""
        self.settings, self._secret = settings, secret
        self._told: Mapping[str, Any] | None = None

    async def start(self, attempt: Attempt) -> str:
        """Return where a browser goes to log in."""
        challenge = base64.urlsafe_b64encode(hashlib.sha256(attempt.verifier.encode()).digest()).rstrip(b"=").decode()
        asked = {
            "response_type": "code",
            "client_id": self.settings.client_id,
            "redirect_uri": self.settings.redirect_url,
            "scope": " ".join(self.settings.scopes),
            "state": attempt.state,
            "nonce": attempt.nonce,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        place = await self._place("authorization_endpoint")
        return f"{place}{'&' if '?' in place else '?'}{urlencode(asked)}"

    async def finish(self, attempt: Attempt, answer: Mapping[str, str]) -> str:
        """Return the name of who logged in and may act; *answer* is the query that the browser came back with.

        :raises LoginError: it was not our login, the provider did not vouch for it, or that person may not act here
        """
        if not hmac.compare_digest(answer.get("state", "").encode(), attempt.state.encode()):
            raise LoginError("That login was not begun in this browser. Begin again.")
        if answer.get("iss", self.settings.issuer) != self.settings.issuer:
            raise LoginError("Another provider answered than the one that was asked.")
        if "code" not in answer:
            raise LoginError(
                f"The provider said: {answer.get('error_description') or answer.get('error') or 'nothing'}."
            )
        token = await self._exchange(answer["code"], attempt.verifier)
        return self._allowed(await self._proved(token, attempt.nonce))

    async def _exchange(self, code: str, verifier: str) -> str:
        """The ID token for a code, which is good once."""
        sent = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.settings.redirect_url,
            "code_verifier": verifier,
        }
        place = await self._place("token_endpoint")
        name, methods = self.settings.client_id, (self._told or {}).get("token_endpoint_auth_methods_supported")
        login: httpx.BasicAuth | None = None
        if isinstance(methods, list) and "client_secret_basic" not in methods:
            sent |= {"client_id": name, "client_secret": self._secret}
        else:  # encoded as a form first: RFC 6749, section 2.3.1
            login = httpx.BasicAuth(quote(name, safe=""), quote(self._secret, safe=""))
        document = await _asked("POST", place, data=sent, auth=login)
        token = document.get("id_token")
        if not isinstance(token, str):
            raise LoginError("The provider gave no ID token.")
        return token

    async def _proved(self, token: str, nonce: str) -> Mapping[str, Any]:
        """What an ID token says, once it is proved to be the provider's, for us, of this login and of now."""
        try:
            key = await self._key(str(jwt.get_unverified_header(token).get("kid", "")))
            claims: Mapping[str, Any] = jwt.decode(
                token,
                key,
                algorithms=_ALGORITHMS,
                audience=self.settings.client_id,
                issuer=self.settings.issuer,
                leeway=_CLOCKS,
                options={"require": _REQUIRED},
            )
        except jwt.PyJWTError as error:
            raise LoginError(f"The provider's ID token does not hold: {error}.") from error
        if not hmac.compare_digest(str(claims["nonce"]).encode(), nonce.encode()):
            raise LoginError("The provider's ID token is of another login.")
        others = isinstance(claims["aud"], list) and claims["aud"] != [self.settings.client_id]
        if (others or "azp" in claims) and claims.get("azp") != self.settings.client_id:
            raise LoginError("The provider's ID token was made for another program.")
        return claims

    def _allowed(self, claims: Mapping[str, Any]) -> str:
        """The name of the person whom *claims* are about, if he may act."""
        name, told = claims.get(self.settings.claim), claims.get(self.settings.groups_claim)
        if not isinstance(name, str) or not name.strip():
            raise LoginError(f"The provider's ID token has no {self.settings.claim}: [web.oidc] claim.")
        if self.settings.claim == "email" and claims.get("email_verified") is not True:
            raise LoginError("The provider has not verified that address.")
        groups = told if isinstance(told, list) else []
        if name not in self.settings.users and not any(group in self.settings.groups for group in groups):
            raise LoginError(f"{name[:100]} may not act here: neither in [web.oidc] users nor in one of its groups.")
        return name[:100]

    async def _key(self, name: str) -> jwt.PyJWK:
        """The provider's key of that name, "" where a provider with one key names none; asked anew, as a key may be taken back."""
        document = await _asked("GET", await self._place("jwks_uri"))
        try:
            found = [key for key in jwt.PyJWKSet.from_dict(dict(document)).keys if key.algorithm_name in _ALGORITHMS]
        except jwt.PyJWTError as error:
            raise LoginError(f"The provider's keys cannot be read: {error}.") from error
        named = [key for key in found if key.key_id == name] if name else found
        if len(named) != 1:
            raise LoginError("The provider signed with a key that it does not publish.")
        return named[0]

    async def _place(self, what: str) -> str:
        """Where the provider has something, by its own document, which has to be of the issuer that we ask."""
        if self._told is None:
            told = await _asked("GET", f"{self.settings.issuer.rstrip('/')}/.well-known/openid-configuration")
            if told.get("issuer") != self.settings.issuer:
                raise LoginError("The provider calls itself otherwise than [web.oidc] issuer.")
            self._told = told
        place = self._told.get(what)
        if not isinstance(place, str) or not place.startswith(("https://", "http://")):
            raise LoginError(f"The provider does not tell its {what}.")
        try:
            return encrypted(place)
        except ValueError as error:
            raise LoginError(f"The provider's {what}: {error}.") from error


async def _asked(
    method: str, url: str, data: Mapping[str, str] | None = None, auth: httpx.BasicAuth | None = None
) -> Mapping[str, Any]:
    """Ask the provider for a JSON document; what it says when it refuses is not shown, as it may name what we sent."""
    try:
        async with (
            httpx.AsyncClient(timeout=_SECONDS, headers={"Accept": "application/json"}) as client,
            client.stream(method, url, data=data, auth=auth or httpx.USE_CLIENT_DEFAULT) as answer,
        ):
            body = b""
            async for chunk in answer.aiter_bytes():
                body += chunk
                if len(body) > _LIMIT:
                    raise LoginError("The provider's answer is too long.")
        if not answer.is_success:
            raise LoginError(f"The provider answered {answer.status_code}.")
        document = json.loads(body)
    except httpx.HTTPError as error:
        raise LoginError("The provider cannot be reached.") from error
    except ValueError as error:
        raise LoginError("The provider's answer is not JSON.") from error
    if not isinstance(document, dict):
        raise LoginError("The provider's answer is not a document.")
    return document
