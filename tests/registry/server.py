"""A registry on loopback: blobs, manifests, tags, mounts and tokens, counted, with faults on demand.

https://github.com/opencontainers/distribution-spec/blob/main/spec.md
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import ssl
import sys
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

_NAME = r"(?P<name>[a-z0-9][a-z0-9._/-]*)"
_PLACES = {
    "manifest": re.compile(rf"/v2/{_NAME}/manifests/(?P<what>[A-Za-z0-9._:-]+)"),
    "session": re.compile(rf"/v2/{_NAME}/blobs/uploads/(?P<what>[0-9]*)"),
    "blob": re.compile(rf"/v2/{_NAME}/blobs/(?P<what>sha256:[0-9a-f]{{64}})"),
    "tags": re.compile(rf"/v2/{_NAME}/tags/(?P<what>list)"),
    "referrers": re.compile(rf"/v2/{_NAME}/referrers/(?P<what>sha256:[0-9a-f]{{64}})"),
}


@dataclass
class Repository:
    """What one repository holds: blobs by digest, manifests by digest with their media type, tags."""

    blobs: dict[str, bytes] = field(default_factory=dict)
    manifests: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)


@dataclass
class LoopbackRegistry:
    """The registry: ``with LoopbackRegistry() as registry``.

    ``login`` (user, password) asks for a token first, with ``public`` only of who writes. ``mounts`` False refuses to mount; ``referrers`` False has no
    such API, like docker-registry 2.8; ``deletes`` False refuses to delete. ``faults`` lists statuses that the next
    requests get, oldest first, with ``retry_after``. With ``tls`` it takes https alone.
    ``asked`` counts (method, kind) and ``moved`` the bytes of blobs that came or went; ``written`` are all tags ever written,
    in order: repository, tag, digest.
    """

    login: tuple[str, str] | None = None
    public: bool = False
    mounts: bool = True
    referrers: bool = True
    deletes: bool = True
    faults: list[int] = field(default_factory=list)
    retry_after: str = "0"
    repositories: dict[str, Repository] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)
    written: list[tuple[str, str, str]] = field(default_factory=list)
    moved: int = 0
    tls: ssl.SSLContext | None = None

    def __enter__(self) -> Self:
        self.lock = threading.Lock()
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.registry = self
        if self.tls is not None:
            self._server.socket = self.tls.wrap_socket(self._server.socket, server_side=True)
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def host(self) -> str:
        """Name with the port."""
        return f"127.0.0.1:{self._server.server_address[1]}"

    def repository(self, name: str) -> Repository:
        """Return a repository, made if there is none."""
        return self.repositories.setdefault(name, Repository())

    def count(self, method: str, kind: str) -> int:
        """How many requests of one method and kind there were."""
        return self.asked.count((method, kind))


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64
    registry: LoopbackRegistry

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of those who hang up or are killed; of anything else what it is."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  (the base class's name)
        """Say nothing."""

    def do_GET(self) -> None:
        self._serve()

    do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_GET  # noqa: N815  (the base class's names)

    def _serve(self) -> None:
        """Find the place, and let its own method answer."""
        registry = self.server.registry
        body = self._body()
        path = urlsplit(self.path).path
        with registry.lock:
            if path == "/token":
                self._token()
                return
            if registry.faults:
                self._say(registry.faults.pop(0), headers={"Retry-After": registry.retry_after})
                return
            if not self._permitted():
                return
            if path == "/v2/":  # what clients ask first: is this a registry, and does it want a login
                self._say(200, b"{}")
                return
            for kind, pattern in _PLACES.items():
                if match := pattern.fullmatch(path):
                    registry.asked.append((self.command, kind))
                    getattr(self, f"_{kind}")(match["name"], match["what"], body)
                    return
        self._say(404)

    def _body(self) -> bytes:
        if self.headers.get("transfer-encoding", "") != "chunked":
            return self.rfile.read(int(self.headers.get("content-length", 0)))
        parts = []
        while size := int(self.rfile.readline().split(b";")[0], 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(parts)

    def _permitted(self) -> bool:
        registry = self.server.registry
        if registry.login is None or self.headers.get("authorization") == "Bearer sesame":
            return True
        if registry.public and self.command in ("GET", "HEAD"):
            return True
        realm = f'Bearer realm="http://{self.server.registry.host}/token",service="loopback"'
        self._say(401, headers={"WWW-Authenticate": realm})
        return False

    def _token(self) -> None:
        user, password = self.server.registry.login or ("", "")
        wanted = "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
        if self.headers.get("authorization") == wanted:
            self._say(200, json.dumps({"token": "sesame"}).encode())
        else:
            self._say(401)

    def _manifest(self, name: str, what: str, body: bytes) -> None:
        repository = self.server.registry.repository(name)
        digest = what if what.startswith("sha256:") else repository.tags.get(what, "")
        if self.command == "PUT":
            self._put_manifest(name, repository, what, body)
        elif self.command == "DELETE" and self.server.registry.deletes and digest in repository.manifests:
            del repository.manifests[digest]
            repository.tags = {tag: d for tag, d in repository.tags.items() if d != digest}
            self._say(202)
        elif self.command == "DELETE":
            self._say(405)
        elif digest in repository.manifests:
            media, content = repository.manifests[digest]
            self._say(200, content, {"Docker-Content-Digest": digest, "Content-Type": media})
        else:
            self._say(404, b'{"errors":[{"code":"MANIFEST_UNKNOWN"}]}')

    def _put_manifest(self, name: str, repository: Repository, what: str, body: bytes) -> None:
        """Take a manifest if all that it names is there."""
        document: dict[str, Any] = json.loads(body)
        digest = "sha256:" + hashlib.sha256(body).hexdigest()
        named = [document["config"], *document["layers"]] if "config" in document else []
        lacking = [d["digest"] for d in named if d["digest"] not in repository.blobs]
        lacking += [d["digest"] for d in document.get("manifests", []) if d["digest"] not in repository.manifests]
        if lacking or (what.startswith("sha256:") and what != digest):
            self._say(400, json.dumps({"errors": [{"code": "MANIFEST_BLOB_UNKNOWN", "detail": lacking}]}).encode())
            return
        repository.manifests[digest] = (self.headers["content-type"], body)
        if not what.startswith("sha256:"):
            repository.tags[what] = digest
            self.server.registry.written.append((name, what, digest))
        headers = {"Docker-Content-Digest": digest}
        if "subject" in document and self.server.registry.referrers:
            headers["OCI-Subject"] = document["subject"]["digest"]
        self._say(201, headers=headers)

    def _blob(self, name: str, what: str, body: bytes) -> None:
        content = self.server.registry.repository(name).blobs.get(what)
        if content is None:
            self._say(404)
        else:
            self.server.registry.moved += len(content) if self.command == "GET" else 0
            self._say(200, content, {"Docker-Content-Digest": what})

    def _session(self, name: str, what: str, body: bytes) -> None:
        registry, asked = self.server.registry, parse_qs(urlsplit(self.path).query)
        here = registry.repository(name).blobs
        if self.command == "DELETE":
            self._say(204)
        elif self.command == "PUT":
            digest = "sha256:" + hashlib.sha256(body).hexdigest()
            if asked["digest"] != [digest]:
                self._say(400, b'{"errors":[{"code":"DIGEST_INVALID"}]}')
                return
            here[digest] = body
            registry.moved += len(body)
            self._say(201, headers={"Location": f"/v2/{name}/blobs/{digest}"})
        else:
            there = registry.repositories.get(asked.get("from", [""])[0], Repository()).blobs
            digest = asked.get("mount", [""])[0]
            if registry.mounts and digest in there:
                here[digest] = there[digest]
                self._say(201, headers={"Location": f"/v2/{name}/blobs/{digest}"})
            else:
                self._say(202, headers={"Location": f"/v2/{name}/blobs/uploads/1?state=x"})

    def _tags(self, name: str, what: str, body: bytes) -> None:
        registry, asked = self.server.registry, parse_qs(urlsplit(self.path).query)
        if name not in registry.repositories:
            self._say(404)
            return
        tags = sorted(registry.repository(name).tags)
        after, limit = asked.get("last", [""])[0], int(asked.get("n", ["100"])[0])
        left = [tag for tag in tags if tag > after]
        more = left[:limit]
        link = {"Link": f'</v2/{name}/tags/list?n={limit}&last={more[-1]}>; rel="next"'} if left[limit:] else {}
        self._say(200, json.dumps({"name": name, "tags": more}).encode(), link)

    def _referrers(self, name: str, what: str, body: bytes) -> None:
        if not self.server.registry.referrers:
            self._say(404)
            return
        found = []
        for digest, (media, content) in self.server.registry.repository(name).manifests.items():
            document = json.loads(content)
            if document.get("subject", {}).get("digest") == what:
                kind = document.get("artifactType") or document["config"]["mediaType"]
                row = {"mediaType": media, "digest": digest, "size": len(content), "artifactType": kind}
                found.append(row | {"annotations": document.get("annotations", {})})
        index = {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json", "manifests": found}
        self._say(200, json.dumps(index).encode(), {"Content-Type": "application/vnd.oci.image.index.v1+json"})

    def _say(self, status: int, body: bytes = b"", headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for key, value in {"Content-Type": "application/json", **(headers or {})}.items():
            self.send_header(key, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
