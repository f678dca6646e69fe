"""Webhooks: signed, in order, as those that were recorded, and delivered again when asked to."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

import pytest

from tests.github.conform import Contract
from tests.github.site import Site

SECRET = "it's a secret to everybody"


@dataclass
class Mailbox:
    """What was delivered; it answers ``status``."""

    url: str
    status: int = 200
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    def names(self) -> list[str]:
        """``pull_request.opened`` and the like, in order."""
        found = []
        for headers, body in self.got:
            action = json.loads(body).get("action")
            found.append(".".join(filter(None, (headers["x-github-event"], action))))
        return found

    def said(self, name: str) -> Any:
        """The last payload of that name."""
        found = [json.loads(body) for (_, body), each in zip(self.got, self.names(), strict=True) if each == name]
        return found[-1]


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    """A server of ours that webhooks are sent to."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            box.got.append(({name.lower(): value for name, value in self.headers.items()}, body))
            self.send_response(box.status)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  (the server's name)
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    box = Mailbox(f"http://127.0.0.1:{server.server_port}/hook?from=github")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield box
    server.shutdown()
    server.server_close()
    thread.join()


def listen(github: Site, box: Mailbox, *events: str, **config: str) -> int:
    """Let *box* be told of these events; return the hook's number."""
    said = {"config": {"url": box.url, "content_type": "json", "secret": SECRET, **config}, "events": list(events)}
    number = int(github.ask("POST", "hooks", said, code=201)["id"])
    settle(github)
    return number


def settle(github: Site) -> None:
    """Wait until all is delivered."""
    assert github.hub.postman
    github.hub.postman.settle()


def test_a_webhook_is_signed(github: Site, mailbox: Mailbox) -> None:
    """HMAC-SHA256 of the very bytes that were sent, by the hook's secret."""
    listen(github, mailbox, "*")
    [(headers, body)] = mailbox.got
    expected = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    assert headers["x-hub-signature-256"] == f"sha256={expected}"
    assert headers["user-agent"].startswith("GitHub-Hookshot/")
    assert headers["content-type"] == "application/json"
    assert mailbox.names() == ["ping"]


def test_a_hook_without_a_secret_is_not_signed_and_may_be_a_form(github: Site, mailbox: Mailbox) -> None:
    """The payload is then a field of the form."""
    listen(github, mailbox, "*", secret="", content_type="form")
    [(headers, body)] = mailbox.got
    assert "x-hub-signature-256" not in headers
    assert json.loads(parse_qs(body.decode())["payload"][0])["zen"]


def test_a_pull_request_is_told_from_its_opening_to_its_merge(github: Site, mailbox: Mailbox) -> None:
    """In order, each as the description and the recorded examples have it (``serving`` holds that)."""
    listen(github, mailbox, "pull_request", "push", "create", "delete", "issue_comment")
    number = github.pull()["number"]
    github.ask("PATCH", f"pulls/{number}", {"title": "Another title"})
    github.ask("POST", f"issues/{number}/labels", {"labels": ["security"]})
    github.ask("DELETE", f"issues/{number}/labels/security")
    github.ask("POST", f"issues/{number}/comments", {"body": "hm"}, code=201)
    head = github.branch("topic", {"c": "more\n"}, onto="topic")
    github.ask("PATCH", f"pulls/{number}", {"state": "closed"})
    github.ask("PATCH", f"pulls/{number}", {"state": "open"})
    github.ask("PUT", f"pulls/{number}/merge", {})
    github.ask("DELETE", "git/refs/heads/topic", code=204)
    settle(github)
    assert mailbox.names() == [
        "ping",
        "create",
        "push",
        *(f"pull_request.{action}" for action in ("opened", "edited", "labeled", "unlabeled")),
        "issue_comment.created",
        "push",
        *(f"pull_request.{action}" for action in ("synchronize", "closed", "reopened", "closed")),
        "push",
        "delete",
        "push",
    ]
    assert mailbox.said("pull_request.synchronize")["after"] == head
    assert mailbox.said("pull_request.edited")["changes"] == {"title": {"from": "topic"}}
    closed = mailbox.said("pull_request.closed")["pull_request"]
    assert closed["merged"]
    assert mailbox.said("push")["deleted"]


def test_only_what_is_listened_to_is_sent(github: Site, mailbox: Mailbox) -> None:
    """A hook names its events; one that is switched off is told nothing."""
    hook = listen(github, mailbox, "pull_request")
    number = github.pull()["number"]
    settle(github)
    assert mailbox.names() == ["ping", "pull_request.opened"]
    github.ask("PATCH", f"hooks/{hook}", {"active": False})
    github.ask("PATCH", f"pulls/{number}", {"state": "closed"})
    settle(github)
    assert len(mailbox.got) == 2


def test_a_delivery_is_made_again_when_asked(github: Site, mailbox: Mailbox) -> None:
    """The same body under the same id; GitHub does not do it by itself, whatever was answered."""
    mailbox.status = 500
    hook = listen(github, mailbox, "push")
    assert len(mailbox.got) == 1
    [first] = github.ask("GET", f"hooks/{hook}/deliveries")
    assert (first["status_code"], first["redelivery"]) == (500, False)
    mailbox.status = 200
    github.ask("POST", f"hooks/{hook}/deliveries/{first['id']}/attempts", code=202)
    settle(github)
    (old_headers, old_body), (headers, body) = mailbox.got
    assert body == old_body
    assert headers["x-github-delivery"] == old_headers["x-github-delivery"]
    assert [each["redelivery"] for each in github.ask("GET", f"hooks/{hook}/deliveries")] == [True, False]


def test_nobody_at_home_is_noted(github: Site) -> None:
    """A delivery that nobody took has no status."""
    nobody = Mailbox("http://127.0.0.1:9/hook")
    hook = listen(github, nobody, "push")
    assert github.ask("GET", f"hooks/{hook}/deliveries")[0]["status_code"] == 0


@pytest.mark.parametrize(
    ("event", "payload", "problem"),
    [
        ("pull_request", {"action": "opened"}, "'pull_request' is a required property"),
        ("pull_request", {"action": "opened"}, "pull_request.opened.sender: missing"),
        ("pull_request", {"action": "exploded"}, "nobody recorded one"),
        ("push", {"ref": 7}, "7 is not of type 'string'"),
    ],
)
def test_a_webhook_that_is_unlike_github_is_told(event: str, payload: Any, problem: str) -> None:
    """Against the description, and against those that were recorded."""
    assert [each for each in Contract().webhook(event, payload) if problem in each]
