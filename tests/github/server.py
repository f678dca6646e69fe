"""The server: reads a call, lets the limits, the faults and the rights have their say, and answers."""

from __future__ import annotations

import gzip
import hashlib
import json
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, cast
from urllib.parse import parse_qsl, urlsplit

import tests.github.resources  # noqa: F401  (fills the table of routes)
from tests.github import access, admin, transport
from tests.github.conform import Contract
from tests.github.faults import Fault, strike
from tests.github.hooks import Postman
from tests.github.hub import Hub
from tests.github.observe import observe
from tests.github.records import Call
from tests.github.routes import Ask, Json, Refusal, Reply, Route, find, missing

_VERSION = "2022-11-28"


class _Dropped(Exception):
    """The connection is closed without an answer."""


class Server(ThreadingHTTPServer):
    """Serves one :class:`Hub` on loopback."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, hub: Hub, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.hub, self.contract = hub, Contract()
        hub.api = f"http://127.0.0.1:{self.server_port}"
        hub.postman = Postman(hub, self.contract)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Those who hang up are no news; anything else is a bug of ours, and told."""
        import sys  # noqa: PLC0415  (only here)
        import traceback  # noqa: PLC0415  (only here)

        error = sys.exc_info()[1]
        if not isinstance(error, ConnectionError | BrokenPipeError):
            self.hub.violations.append("".join(traceback.format_exception(error)))

    def stop(self) -> None:
        """Answer no more; what webhooks are queued is delivered."""
        self.shutdown()
        self.server_close()
        if self.hub.postman:
            self.hub.postman.stop()
            self.hub.postman = None


@contextmanager
def serving(hub: Hub, port: int = 0) -> Iterator[Hub]:
    """Serve *hub* until the end of the block; AssertionError if anything was not as GitHub's description says."""
    server = Server(hub, port)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield hub
    finally:
        server.stop()
        thread.join()
    assert not hub.violations, "\n".join(hub.violations)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "github.com"
    disable_nagle_algorithm = True
    wbufsize = -1

    def _serve(self) -> None:
        hub = self._server.hub
        parts = urlsplit(self.path)
        path = parts.path.removeprefix("/api/v3") or "/"
        body = self._body()
        try:
            if admin.is_ours(path):
                self._send(admin.answer(hub, self.command, path, body))
            elif transport.is_git(path):
                self._git(hub, path, parts.query, body)
            else:
                self._api(hub, path, dict(parse_qsl(parts.query, keep_blank_values=True)), body)
        except _Dropped:
            self.close_connection = True

    @property
    def _server(self) -> Server:
        return cast(Server, self.server)

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        found = []
        while size := int(self.rfile.readline().split(b";")[0], 16):
            found.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(found)

    @property
    def _sent(self) -> Mapping[str, str]:
        """The request's headers, whose names are found in any case."""
        return cast("Mapping[str, str]", self.headers)

    def _git(self, hub: Hub, path: str, query: str, body: bytes) -> None:
        fault = strike(hub.faults, f"{self.command} {path}?{query}", git=True)
        if fault and not fault.after and not fault.cut:
            self._fail(fault)
            return
        try:
            reply, output = transport.answer(hub, self.command, path, query, self._sent, body)
        except Refusal as refusal:
            text = f"{refusal}\n".encode()
            headers = {**refusal.reply.headers, "Content-Type": "text/plain"}
            reply, output = Reply(refusal.reply.status, headers=headers), text
        if fault and fault.after:
            self._fail(fault)
            return
        self._write(reply.status, reply.headers, output, cut=bool(fault and fault.cut))

    def _api(self, hub: Hub, path: str, query: dict[str, str], body: bytes) -> None:
        numbered = f"/repositories/{hub.repo.id}"
        path = hub.root + path.removeprefix(numbered) if f"{path}/".startswith(f"{numbered}/") else path
        arrived = time.monotonic()
        fault = strike(hub.faults, f"{self.command} {path}")
        if fault and not fault.after and not fault.cut:
            self._note(hub, path, query, arrived, fault.status)
            self._fail(fault)
            return
        with hub.lock:
            reply = self._answered(hub, path, query, body)
            self._note(hub, path, query, arrived, reply.status)
        if fault and fault.after:
            self._fail(fault)
            return
        self._send(reply, cut=bool(fault and fault.cut))

    def _note(self, hub: Hub, path: str, query: Mapping[str, str], arrived: float, status: int) -> None:
        authorization = self.headers.get("Authorization", "")
        hub.log.append(Call(self.command, path, query, authorization, dict(self.headers), arrived, status))

    def _answered(self, hub: Hub, path: str, query: dict[str, str], body: bytes) -> Reply:
        """What GitHub says, with the headers that all its answers have."""
        login = ""
        try:
            who = access.who(hub, self._sent)
            login = who.login if who else ""
            if path != "/rate_limit":
                hub.limits.check(login, self.command)
            observe(hub)
            found = find(self.command, path)
            moved = _elsewhere(hub, self.command, path, query)
            if moved or found is None:
                raise moved or missing()
            route, at = found
            if at.get("owner") and f"{at['owner']}/{at['repo']}".lower() != hub.repo.full_name.lower():
                raise missing()
            ask = Ask(self.command, path, at, query, _parsed(body), who, self._sent)
            reply = self._asked(hub, route, ask)
        except Refusal as refusal:
            reply = refusal.reply
        reply = _with_etag(hub, self.command, reply, self.headers.get("If-None-Match"))
        if reply.status != 304 and path != "/rate_limit":
            hub.limits.count(login)
        return Reply(reply.status, reply.body, {**hub.limits.headers(login), **reply.headers})

    def _asked(self, hub: Hub, route: Route, ask: Ask) -> Reply:
        contract = self._server.contract
        access.check(hub, route, ask.who)
        wrong = contract.request(route, ask)
        hub.violations += wrong
        if any("the body" in problem for problem in wrong):
            reply = Refusal(422, "Invalid request.", []).reply
        else:
            try:
                reply = route.handler(hub, ask)
            except Refusal as refusal:
                reply = refusal.reply
        hub.violations += contract.response(route, reply)
        return reply

    def _fail(self, fault: Fault) -> None:
        time.sleep(fault.slow)
        if not fault.status:
            raise _Dropped
        self._send(Reply(fault.status, fault.body, fault.headers))

    def _send(self, reply: Reply, *, cut: bool = False) -> None:
        body = b"" if reply.body is None else json.dumps(reply.body).encode()
        headers = {"Content-Type": "application/json; charset=utf-8", "X-GitHub-Api-Version-Selected": _VERSION}
        headers |= reply.headers
        if "gzip" in self.headers.get("Accept-Encoding", "") and len(body) > 1024:
            body, headers = gzip.compress(body, 1, mtime=0), {**headers, "Content-Encoding": "gzip"}
        self._write(reply.status, headers, body, cut=cut)

    def _write(self, status: int, headers: Mapping[str, str], body: bytes, *, cut: bool = False) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if status not in (204, 304):
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: len(body) // 2] if cut else body)
        if cut:
            raise _Dropped

    do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = _serve  # noqa: N815  (the server's names)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  (the server's name)
        """Say nothing: ``Hub.log`` has it."""


def _elsewhere(hub: Hub, verb: str, path: str, query: Mapping[str, str]) -> Refusal | None:
    """The way to a repository that was renamed: 301, and 307 for what is not read."""
    parts = path.split("/", 4)
    if parts[1] != "repos" or len(parts) < 4 or f"{parts[2]}/{parts[3]}".lower() not in hub.former:
        return None
    rest = f"/{parts[4]}" if len(parts) > 4 else ""
    asked = "&".join(f"{key}={value}" for key, value in query.items())
    there = f"{hub.api}/repositories/{hub.repo.id}{rest}{f'?{asked}' if asked else ''}"
    moved = Refusal(301 if verb == "GET" else 307, "Moved Permanently", headers={"Location": there})
    moved.reply.body["url"] = there
    return moved


def _parsed(body: bytes) -> Json:
    if not body:
        return None
    try:
        return json.loads(body)
    except ValueError:
        raise Refusal(400, "Problems parsing JSON") from None


def _with_etag(hub: Hub, verb: str, reply: Reply, known: str | None) -> Reply:
    """Tag what is read, and answer 304 to those who have it; to everybody, where the hub lies."""
    if verb != "GET" or reply.status != 200:
        return reply
    tag = f'W/"{hashlib.sha256(json.dumps(reply.body).encode()).hexdigest()}"'
    headers = {**reply.headers, "ETag": tag, "Cache-Control": "private, max-age=60, s-maxage=60"}
    if known and (known == tag or hub.always_304):
        return Reply(304, None, headers)
    return Reply(200, reply.body, headers)
