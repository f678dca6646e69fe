"""The token that git pushes with: where it is needed, and nowhere else."""

from __future__ import annotations

import base64
import subprocess
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from builder.fastimport import Identity
from builder.git import CloneRepository
from builder.ports import Commit
from state.errors import GitError
from tests.builder.conftest import Place

TOKEN = "ghs_0123456789secret"
EXPECTED = "Basic " + base64.b64encode(f"x-access-token:{TOKEN}".encode()).decode()


@dataclass
class Served:
    """git over HTTP that asks for a password, and looks at every process while git waits for its answer."""

    url: str = ""
    asked: list[str] = field(default_factory=list)
    seen_in_arguments: list[str] = field(default_factory=list)
    redirect: str = ""
    hosts: list[str] = field(default_factory=list)


@pytest.fixture
def served(place: Place) -> Iterator[Served]:
    """The place's repository behind ``git http-backend``."""
    served = Served()
    place.git("config", "http.receivepack", "true")

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = self.rfile.read(length)
            served.asked.append(self.headers.get("Authorization", ""))
            served.seen_in_arguments += arguments_with(TOKEN)
            served.hosts.append(self.headers["Host"])
            if served.redirect and served.hosts[-1].startswith("127."):
                self._say(302, {"Location": served.redirect + self.path}, b"")
            elif served.asked[-1] != EXPECTED:
                self._say(401, {"WWW-Authenticate": 'Basic realm="git"'}, b"")
            else:
                path, _, query = self.path.partition("?")
                done = subprocess.run(
                    ["git", "http-backend"],
                    input=body,
                    capture_output=True,
                    check=True,
                    env={
                        **place.environment,
                        "GIT_PROJECT_ROOT": str(place.bare.parent),
                        "GIT_HTTP_EXPORT_ALL": "1",
                        "PATH_INFO": path,
                        "QUERY_STRING": query,
                        "REQUEST_METHOD": self.command,
                        "CONTENT_TYPE": self.headers.get("Content-Type", ""),
                        "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
                        "CONTENT_LENGTH": str(length),
                        "REMOTE_USER": "watcher",
                    },
                )
                head, _, text = done.stdout.partition(b"\r\n\r\n")
                headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n"))
                self._say(int(headers.pop("Status", "200")[:3]), headers, text)

        def _say(self, status: int, headers: dict[str, str], text: bytes) -> None:
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(text))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(text)

        do_GET = do_POST = _answer  # noqa: N815  (the server's names)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  (the server's name)
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    served.url = f"http://127.0.0.1:{server.server_port}/images.git"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield served
    server.shutdown()
    thread.join()
    server.server_close()


def arguments_with(text: str) -> list[str]:
    """The command lines of all processes in which *text* stands."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = entry.read_bytes().decode(errors="replace")
        except OSError:
            continue
        found += [line] if text in line else []
    return found


def clone_of(place: Place, url: str, token: str = TOKEN) -> CloneRepository:
    """A clone that pushes with *token*."""
    return CloneRepository(
        place.bare.parent / "clone",
        url,
        identity=Identity(),
        environment=place.environment,
        credential=lambda: token,
        timeout=20,
    )


async def test_the_token_is_nowhere_but_in_the_request(
    place: Place, served: Served, bump: Callable[..., Commit]
) -> None:
    """Fetch and push work with it; no process argument, no file of the clone and no variable of ours has it."""
    clone = clone_of(place, served.url)
    await clone.fetch()
    name = await clone.commit(bump(place.main))
    await clone.push("watcher/node/22", name, None)
    assert place.git("rev-parse", "watcher/node/22") == name
    assert EXPECTED in served.asked
    assert served.seen_in_arguments == []
    files = [path for path in place.bare.parent.rglob("*") if path.is_file()]
    assert not [path for path in files if TOKEN.encode() in path.read_bytes()]
    assert TOKEN not in Path("/proc/self/environ").read_text(errors="replace")
    assert TOKEN not in repr(vars(clone))
    assert arguments_with("pytest"), "the look at the processes works"


async def test_a_wrong_token_is_an_error_at_once(place: Place, served: Served) -> None:
    """Nobody is asked, neither at the terminal nor by a window, and the message does not tell the token."""
    window = place.bare.parent / "window"
    window.write_text('#!/bin/sh\ntouch "$0.opened"\n')
    window.chmod(0o755)
    place.environment = {**place.environment, "GIT_ASKPASS": str(window), "SSH_ASKPASS": str(window)}
    with pytest.raises(GitError, match="Authentication failed") as caught:
        await clone_of(place, served.url, "wrong-secret").fetch()
    assert "wrong-secret" not in str(caught.value)
    served.url = served.url.replace("127.0.0.1", "localhost")
    with pytest.raises(GitError, match="could not read Username"):
        await CloneRepository(
            place.bare.parent / "other", served.url, identity=Identity(), environment=place.environment
        ).fetch()
    assert not window.with_name("window.opened").exists()


async def test_a_redirect_to_another_host_gets_no_token(place: Place, served: Served) -> None:
    """The token is for the host of the settings alone."""
    served.redirect = served.url.replace("127.0.0.1", "localhost").removesuffix("/images.git")
    with pytest.raises(GitError, match="could not read Username for 'http://localhost"):
        await clone_of(place, served.url).fetch()
    assert [host.partition(":")[0] for host in served.hosts] == ["127.0.0.1", "localhost"]
    assert set(served.asked) == {""}


async def test_an_address_with_a_password_is_refused(place: Place) -> None:
    """A token in the address would end in the clone's settings and in process arguments."""
    with pytest.raises(GitError, match="must not carry credentials") as caught:
        clone_of(place, f"https://user:{TOKEN}@example.org/images.git")
    assert TOKEN not in str(caught.value)
