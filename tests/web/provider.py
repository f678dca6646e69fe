"""A small OpenID Connect provider on loopback: it logs everybody in as whom ``person`` says, and checks what it is asked."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, urlencode

import jwt
import uvicorn
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

CLIENT, SECRET = "watcher", "se:cret/ of ours"


@dataclass
class Provider:
    """``spoil`` changes the claims of the next tokens, ``algorithm`` says what signs them, ``said`` what it calls itself."""

    person: dict[str, Any] = field(default_factory=lambda: {"preferred_username": "ada", "groups": ["staff"]})
    spoil: Callable[[dict[str, Any]], None] = lambda claims: None
    algorithm: str = "RS256"
    key_id: str | None = None
    said: str = ""
    url: str = ""
    tokens: int = 0
    _rsa: Any = field(default_factory=lambda: rsa.generate_private_key(65537, 2048))
    _ec: Any = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    _asked: dict[str, dict[str, str]] = field(default_factory=dict)

    def routes(self) -> list[Route]:
        """What it serves."""
        return [
            Route("/.well-known/openid-configuration", self._configuration),
            Route("/authorize", self._authorize),
            Route("/token", self._token, methods=["POST"]),
            Route("/keys", self._keys),
        ]

    async def _configuration(self, _request: Request) -> Response:
        ends = {
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/keys",
        }
        return JSONResponse({"issuer": self.said or self.url, **ends})

    async def _authorize(self, request: Request) -> Response:
        """Log everybody in at once."""
        asked = dict(request.query_params)
        assert (asked["response_type"], asked["client_id"]) == ("code", CLIENT)
        assert asked["code_challenge_method"] == "S256"
        code = f"code-{len(self._asked)}"
        self._asked[code] = asked
        back = urlencode({"code": code, "state": asked["state"], "iss": self.url})
        return RedirectResponse(f"{asked['redirect_uri']}?{back}", 303)

    async def _token(self, request: Request) -> Response:
        """A code is good once, for who knows the secret and the verifier."""
        form = await request.body()
        sent = dict(part.split("=", 1) for part in form.decode().split("&"))
        sent = {name: unquote(value.replace("+", " ")) for name, value in sent.items()}
        asked = self._asked.pop(sent["code"], None)
        login = base64.b64decode(request.headers["authorization"].removeprefix("Basic ")).decode()
        name, _, secret = login.partition(":")
        proof = base64.urlsafe_b64encode(hashlib.sha256(sent["code_verifier"].encode()).digest()).rstrip(b"=").decode()
        known = (unquote(name), unquote(secret)) == (CLIENT, SECRET)
        if not asked or not known or proof != asked["code_challenge"] or sent["redirect_uri"] != asked["redirect_uri"]:
            return JSONResponse({"error": "invalid_grant"}, 400)
        self.tokens += 1
        return JSONResponse({"access_token": "x", "token_type": "Bearer", "id_token": self._signed(asked["nonce"])})

    def _signed(self, nonce: str) -> str:
        now = int(time.time())
        claims = {
            "iss": self.url,
            "sub": "1",
            "aud": CLIENT,
            "iat": now,
            "exp": now + 300,
            "nonce": nonce,
            **self.person,
        }
        self.spoil(claims)
        key: Any = {"RS256": self._rsa, "ES256": self._ec, "PS256": self._rsa, "HS256": SECRET * 3, "none": None}[
            self.algorithm
        ]
        named = {"RS256": "r", "PS256": "r", "ES256": "e"}.get(self.algorithm, "r")
        return jwt.encode(claims, key, self.algorithm, headers={"kid": self.key_id or named})

    async def _keys(self, _request: Request) -> Response:
        made: list[dict[str, Any]] = [
            json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(self._rsa.public_key())) | {"kid": "r", "use": "sig"},
            json.loads(jwt.algorithms.ECAlgorithm.to_jwk(self._ec.public_key())) | {"kid": "e", "use": "sig"},
        ]
        return JSONResponse({"keys": made})


@contextmanager
def running() -> Iterator[Provider]:
    """Serve one on a free port of loopback."""
    provider = Provider()
    server = uvicorn.Server(
        uvicorn.Config(Starlette(routes=provider.routes()), port=0, log_config=None, lifespan="off")
    )
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            time.sleep(0.01)
        provider.url = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
        yield provider
    finally:
        server.should_exit = True
        thread.join()
