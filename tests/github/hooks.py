"""Sending webhooks: signed, one after the other, each attempt kept so that it can be made again."""

from __future__ import annotations

import hashlib
import hmac
import http.client
import json
import queue
import threading
import time
import uuid
from collections.abc import Mapping
from urllib.parse import urlencode, urlsplit

from tests.github.conform import Contract
from tests.github.hub import Hub
from tests.github.records import Delivery, Hook
from tests.github.routes import Json
from tests.github.shapes.people import user
from tests.github.shapes.repository import of_push, repository

_PATIENCE = 10.0


def signature(secret: str, body: bytes) -> str:
    """What ``X-Hub-Signature-256`` says of *body*."""
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


class Postman:
    """Delivers what is sent, in order, in a thread of its own. GitHub does not try again by itself."""

    def __init__(self, hub: Hub, contract: Contract) -> None:
        self._hub, self._contract = hub, contract
        self._queue: queue.Queue[tuple[Hook, Delivery] | None] = queue.Queue()
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._thread.start()

    def send(self, event: str, payload: Mapping[str, Json], login: str, only: Hook | None = None) -> None:
        """Queue *event* for every hook that wants it, or for *only* that one."""
        hub = self._hub
        ours = of_push(hub) if event == "push" else repository(hub)
        whole = {**payload, "repository": ours, "sender": user(hub, login)}
        hub.violations += self._contract.webhook(event, whole)
        for hook in [only] if only else list(hub.hooks.values()):
            if hook.wants(event):
                self._post(hook, event, whole, str(uuid.uuid4()), redelivery=False)

    def again(self, hook: Hook, old: Delivery) -> None:
        """Queue the same delivery once more, under the same id."""
        self._post(hook, old.event, old.payload, old.guid, redelivery=True)

    def settle(self, seconds: float = 10.0) -> None:
        """Wait until everything queued was delivered; TimeoutError if that takes longer."""
        ended = time.monotonic() + seconds
        while self._queue.unfinished_tasks:
            if time.monotonic() > ended:
                raise TimeoutError("webhooks are still on their way")
            time.sleep(0.005)

    def stop(self) -> None:
        """Deliver what is queued, then end."""
        self._queue.put(None)
        self._thread.join()

    def _post(self, hook: Hook, event: str, payload: Json, guid: str, *, redelivery: bool) -> None:
        headers = {
            "User-Agent": "GitHub-Hookshot/0000000",
            "Accept": "*/*",
            "X-GitHub-Delivery": guid,
            "X-GitHub-Event": event,
            "X-GitHub-Hook-ID": str(hook.id),
            "X-GitHub-Hook-Installation-Target-ID": str(self._hub.repo.id),
            "X-GitHub-Hook-Installation-Target-Type": "repository",
        }
        made = Delivery(
            self._hub.id(), guid, event, payload.get("action"), self._hub.now(), redelivery, headers, payload
        )
        self._queue.put((hook, made))

    def _work(self) -> None:
        while (job := self._queue.get()) is not None:
            hook, made = job
            try:
                self._deliver(hook, made)
            finally:
                hook.deliveries.append(made)
                self._queue.task_done()
        self._queue.task_done()

    def _deliver(self, hook: Hook, made: Delivery) -> None:
        text = json.dumps(made.payload)
        form = hook.content_type == "form"
        made.headers["Content-Type"] = "application/x-www-form-urlencoded" if form else "application/json"
        body = (urlencode({"payload": text}) if form else text).encode()
        if hook.secret:
            made.headers["X-Hub-Signature-256"] = signature(hook.secret, body)
        parts = urlsplit(hook.url)
        began = time.monotonic()
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port or 80, timeout=_PATIENCE)
        try:
            connection.request("POST", parts._replace(scheme="", netloc="").geturl() or "/", body, made.headers)
            answer = connection.getresponse()
            made.code, made.answer = answer.status, answer.read(10_000).decode(errors="replace")
        except (OSError, http.client.HTTPException) as error:
            made.answer = type(error).__name__
        finally:
            connection.close()
            made.seconds = round(time.monotonic() - began, 3)
