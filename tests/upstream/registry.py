"""A registry on loopback: digests of tags, behind the token that Docker Hub wants of everybody."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self
from urllib.parse import parse_qs, urlsplit

HUB, AUTH = "https://registry-1.docker.io", "https://auth.docker.io"


@dataclass
class Registry:
    """``tags`` maps ``library/debian:trixie-slim`` to a digest; ``status`` is what it answers in place of that.

    ``requests`` are method and path, ``tokens`` the scopes that were asked for.
    """

    tags: dict[str, str] = field(default_factory=dict)
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    requests: list[str] = field(default_factory=list)
    tokens: list[str] = field(default_factory=list)

    def __enter__(self) -> Self:
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.registry = self
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def mirrors(self) -> dict[str, str]:
        """The ``[mirrors]`` that lead Docker Hub, its login and Fedora's registry here."""
        url = f"http://127.0.0.1:{self._server.server_address[1]}"
        return {HUB: url, AUTH: url, "https://registry.fedoraproject.org": url}


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    registry: Registry


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_GET(self) -> None:
        """Give a token."""
        registry, query = self.server.registry, parse_qs(urlsplit(self.path).query)
        registry.tokens.append(query["scope"][0])
        self._answer(200, {}, json.dumps({"token": query["scope"][0]}).encode())

    def do_HEAD(self) -> None:
        """Tell the digest of a manifest to who has the token for its repository."""
        registry = self.server.registry
        registry.requests.append(f"HEAD {self.path}")
        name, _, tag = self.path.removeprefix("/v2/").partition("/manifests/")
        scope = f"repository:{name}:pull"
        if registry.status != 200:
            self._answer(registry.status, registry.headers)
        elif self.headers.get("Authorization") != f"Bearer {scope}":
            challenge = f'Bearer realm="{AUTH}/token",service="registry.docker.io",scope="{scope}"'
            self._answer(401, {"WWW-Authenticate": challenge})
        elif "oci.image.index" not in self.headers.get("Accept", "") or f"{name}:{tag}" not in registry.tags:
            self._answer(404, {})
        else:
            self._answer(200, {"Docker-Content-Digest": registry.tags[f"{name}:{tag}"], **registry.headers})

    def _answer(self, status: int, headers: dict[str, str], body: bytes = b"") -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing: ``requests`` keeps what happened."""
