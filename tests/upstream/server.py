"""Upstreams on loopback: a folder ``<host>/<path>`` served with what real ones have, and with their faults.

Served are ETag, Last-Modified, 304, HEAD and gzip. The folder is looked up at every request: where it
is a symbolic link, pointing that elsewhere changes the state of the world while the server runs.
"""

from __future__ import annotations

import gzip
import hashlib
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from email.utils import formatdate, parsedate_to_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Literal, Self
from urllib.parse import unquote

Kind = Literal["status", "truncate", "stall", "drip", "redirect", "html", "endless", "bomb", "etag", "body", "drop"]

PLAIN = frozenset({"raspbian.raspberrypi.com", "security.ubuntu.com", "archive.ubuntu.com"})
"""Hosts whose official URLs have no TLS."""
_HTML = b"<!DOCTYPE html>\n<html><body>Please sign in</body></html>\n"
_CHUNK = b"\0" * (1 << 16)


@dataclass(frozen=True, slots=True)
class Fault:
    """How one path misbehaves: *value* is the status, the redirect's target, the ETag or the other body.

    ``times`` counts down the requests that it is good for; None is for ever.
    """

    kind: Kind
    value: str | int | bytes = ""
    times: int | None = None
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Seen:
    """One request as it was answered."""

    method: str
    path: str
    status: int
    conditional: bool
    body_bytes: int = 0


@dataclass
class Upstream:
    """The server: ``with Upstream(folder) as upstream``. Paths begin with the host: ``/nodejs.org/dist/index.json``.

    ``connections`` counts those that were opened.
    """

    root: Path
    port: int = 0
    latency: float = 0.0
    connections: int = 0
    requests: list[Seen] = field(default_factory=list)
    faults: dict[str, Fault] = field(default_factory=dict)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Listen on loopback and serve from a thread."""
        self.stopped = threading.Event()
        self._server = _Server(("127.0.0.1", self.port), _Handler)
        self._server.upstream = self
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop serving, and let stalled answers go."""
        self.stopped.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def url(self) -> str:
        """Where it listens, ``http://127.0.0.1:9000``."""
        return f"http://127.0.0.1:{self.port}"

    def mirrors(self) -> dict[str, str]:
        """Return the ``[mirrors]`` of the settings that lead every served host here."""
        scheme = dict.fromkeys(PLAIN, "http")
        return {f"{scheme.get(f.name, 'https')}://{f.name}": f"{self.url}/{f.name}" for f in self.hosts()}

    def hosts(self) -> list[Path]:
        """Return the folder of every host."""
        return sorted(folder for folder in self.root.resolve().iterdir() if folder.is_dir())

    def fault(self, path: str) -> Fault | None:
        """Take what is wrong with *path* this time."""
        fault = self.faults.get(path)
        if fault is not None and fault.times is not None:
            if fault.times <= 0:
                return None
            self.faults[path] = Fault(fault.kind, fault.value, fault.times - 1, fault.headers)
        return fault

    def statuses(self) -> list[int]:
        """Return the statuses of all requests so far, in order."""
        return [seen.status for seen in self.requests]


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64
    upstream: Upstream

    def verify_request(self, request: object, client_address: object) -> bool:
        """Count, and refuse nobody."""
        self.upstream.connections += 1
        return True

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: clients hang up on faults, that is what they are for."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def do_GET(self) -> None:
        """Answer."""
        upstream = self.server.upstream
        time.sleep(upstream.latency)
        path = unquote(self.path)
        fault = upstream.fault(path)
        with suppress(BrokenPipeError, ConnectionResetError):
            if fault is not None and fault.kind not in ("etag", "body"):
                self._misbehave(fault)
            else:
                self._serve(path, fault)

    do_HEAD = do_GET  # noqa: N815  (the name that http.server calls)

    def _serve(self, path: str, fault: Fault | None) -> None:
        file = (self.server.upstream.root / path.lstrip("/")).resolve()
        if not file.is_relative_to(self.server.upstream.root.resolve()) or not file.is_file():
            self._answer(404, b"Not Found\n")
            return
        body, modified = file.read_bytes(), formatdate(file.stat().st_mtime, usegmt=True)
        etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
        if fault is not None and isinstance(fault.value, bytes):
            body = fault.value
        elif fault is not None:
            etag = str(fault.value)
        headers = {"ETag": etag, "Last-Modified": modified}
        if self._unchanged(etag, file.stat().st_mtime):
            self._answer(304, b"", headers)
        else:
            self._answer(200, body, headers | {"Content-Type": _type(file)})

    def _unchanged(self, etag: str, modified: float) -> bool:
        """Whether the conditions hold; an ETag goes before a date, as RFC 9110 wants it."""
        if "If-None-Match" in self.headers:
            return self.headers["If-None-Match"] == etag
        since = self.headers.get("If-Modified-Since")
        return since is not None and int(modified) <= parsedate_to_datetime(since).timestamp()

    def _answer(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        headers = dict(headers or {})
        if status == 200 and len(body) > 1000 and "gzip" in self.headers.get("Accept-Encoding", ""):
            body, headers["Content-Encoding"] = gzip.compress(body, 1, mtime=0), "gzip"
        sent = b"" if self.command == "HEAD" or status == 304 else body
        self._head(status, headers if status == 304 else headers | {"Content-Length": str(len(body))}, len(sent))
        self.wfile.write(sent)

    def _head(self, status: int, headers: dict[str, str], sent: int = 0) -> None:
        conditional = "If-None-Match" in self.headers or "If-Modified-Since" in self.headers
        self.server.upstream.requests.append(Seen(self.command, unquote(self.path), status, conditional, sent))
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()

    def _misbehave(self, fault: Fault) -> None:
        headers = dict(fault.headers)
        match fault.kind:
            case "status":
                self._answer(int(fault.value), b"trouble\n", headers)
            case "redirect":
                self._answer(302, b"", headers | {"Location": str(fault.value)})
            case "html":
                self._answer(200, _HTML, headers | {"Content-Type": "text/html; charset=utf-8"})
            case "drop":
                self.close_connection = True
            case _:
                self._pour(fault)

    def _pour(self, fault: Fault) -> None:
        """Send a body that does not end well, and close."""
        self.close_connection = True
        sizes = {"Content-Length": "1000"} if fault.kind == "truncate" else {"Connection": "close"}
        self._head(200, sizes | ({"Content-Encoding": "gzip"} if fault.kind == "bomb" else {}))
        for part in self._parts(fault):
            if self.server.upstream.stopped.is_set():
                return
            self.wfile.write(part)

    def _parts(self, fault: Fault) -> Iterator[bytes]:
        stopped = self.server.upstream.stopped
        match fault.kind:
            case "truncate":
                yield b"[1,"
            case "stall":
                stopped.wait()
            case "drip":
                while not stopped.wait(0.02):
                    yield b" "
            case "bomb":
                yield gzip.compress(b" " * int(fault.value or 1 << 26), 9)
            case _:
                while True:
                    yield _CHUNK

    def log_message(self, *_: object) -> None:
        """Say nothing: ``requests`` keeps what happened."""


def _type(file: Path) -> str:
    return {".json": "application/json", ".txt": "text/plain"}.get(file.suffix, "application/octet-stream")
