"""``/webhooks/github``: GitHub tells what happened, so that nobody has to wait for the next look.

https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries. Nothing that a delivery says is
believed but that there is something to look at: what became of a pull request is asked of the forge itself.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import logging
import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import JSONResponse

from state.errors import StoreError
from state.store import Delivery, Wanted
from watcher.live import Live
from watcher.web.mailbox import Mailbox

log = logging.getLogger(__name__)

_ID = re.compile(r"[A-Za-z0-9-]{1,64}")
_LARGE = 1 << 18
_HEARD = ("pull_request", "push", "issues", "issue_comment", "check_suite")
_RELEASED = ("published", "released", "created", "edited")


class GitHubHook:
    """Answers GitHub; without a secret every delivery is refused unread."""

    def __init__(self, live: Live) -> None:
        config = live.app.config
        own = config.settings.github
        self._secret = config.secret(own.webhook_secret, own.webhook_secret_file)
        self._repository = own.repository.lower()
        self._upstreams = {name.lower(): source for name, source in config.settings.web.upstreams.items()}
        self._limit, self._mailbox = config.settings.web.hook_limit, Mailbox(live)

    async def answer(self, request: Request) -> JSONResponse:
        """202 as soon as it is noted; 403 unless it is signed with our secret."""
        try:
            delivery = await self._read(request)
            taken = bool(delivery.wanted) and await self._mailbox.take(delivery)
        except Refused as refused:
            return refused.response
        except StoreError:
            log.exception("webhook")
            return Refused(503, "the state database cannot be used").response
        return JSONResponse({"taken": taken, "wanted": [each.kind for each in delivery.wanted]}, 202)

    async def _read(self, request: Request) -> Delivery:
        """Return the delivery, once it is known to be GitHub's."""
        if not self._secret:
            raise Refused(403, "no secret is set: [github] webhook_secret_file")
        body = await capped(request, self._limit)
        if not signed(self._secret, body, request.headers.get("x-hub-signature-256", "")):
            raise Refused(403, "the signature does not hold")
        number, event = request.headers.get("x-github-delivery", ""), request.headers.get("x-github-event", "")
        if not _ID.fullmatch(number):
            raise Refused(400, "no X-GitHub-Delivery")
        try:
            payload = await _payload(body, request.headers.get("content-type", ""))
            return Delivery(number, f"github/{event}", self._wanted(event, payload))
        except (ValueError, TypeError, AttributeError, KeyError) as error:
            raise Refused(400, "the payload cannot be read") from error

    def _wanted(self, event: str, payload: Mapping[str, Any]) -> Sequence[Wanted]:
        """What there is to do because of it."""
        repository = str((payload.get("repository") or {}).get("full_name", "")).lower()
        if event == "release" and payload["action"] in _RELEASED:
            source = self._upstreams.get(repository)
            return [Wanted("poll", source, "github")] if source else []
        if event not in _HEARD or repository != self._repository:
            return []
        branch = str(payload["pull_request"]["head"]["ref"]) if event == "pull_request" else "watcher/"
        return [Wanted("look", who="github")] if branch.startswith("watcher/") else []


class Refused(Exception):
    """A request that is not taken: what its sender is told."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.response = JSONResponse({"error": reason}, status)


async def capped(request: Request, limit: int) -> bytes:
    """Return the body; Refused if it is longer than *limit*, without reading the rest."""
    body, long = bytearray(), Refused(413, f"more than {limit} bytes")
    length = request.headers.get("content-length", "0")
    if not length.isascii() or not length.isdigit() or int(length) > limit:
        raise long
    async for chunk in request.stream():
        body += chunk
        if len(body) > limit:
            raise long
    return bytes(body)


def signed(secret: str, body: bytes, header: str) -> bool:
    """Whether *header* is the HMAC of *body*; told in a time that does not depend on how much of it is right."""
    expected = "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(expected.encode(), header.encode())


async def _payload(body: bytes, kind: str) -> Mapping[str, Any]:
    """Read the JSON, which may come as a form; a large one beside the event loop."""
    if kind.partition(";")[0].strip() == "application/x-www-form-urlencoded":
        body = parse_qs(body.decode())["payload"][0].encode()
    document = json.loads(body) if len(body) < _LARGE else await asyncio.to_thread(json.loads, body)
    if not isinstance(document, dict):
        raise TypeError("not an object")
    return document
