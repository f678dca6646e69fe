"""Webhooks: only who knows the secret is heard, once, and only that there is something to look at."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest

from state.store import Wanted
from tests.github.hooks import signature
from tests.watcher.web.asking import Asking, ask
from tests.world import World

SECRET = "it's a secret to everybody"
LOOK = Wanted("look", who="github")
MERGED: dict[str, Any] = {
    "action": "closed",
    "repository": {"full_name": "Owner/Images"},
    "pull_request": {"head": {"ref": "watcher/node/22"}, "merged": True},
}


@pytest.fixture
def hooked(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """A world that GitHub may tell of what happens, and a mirror too."""
    world.settings('[github]\nrepository = "owner/images"\n[web]\nhook_limit = 5000')
    monkeypatch.setenv("WATCHER_GITHUB__WEBHOOK_SECRET", SECRET)
    monkeypatch.setenv("WATCHER_WEB__HOOK_SECRET", "of the mirror")
    return world


async def deliver(
    asking: Asking, payload: Any = None, event: str = "pull_request", number: str = "guid-1", **headers: str
) -> httpx.Response:
    """Deliver as GitHub does; what is given in *headers* wins."""
    body = payload if isinstance(payload, bytes) else json.dumps(MERGED if payload is None else payload).encode()
    usual = {"x-github-event": event, "x-github-delivery": number, "x-hub-signature-256": signature(SECRET, body)}
    named = {key.replace("_", "-"): value for key, value in headers.items()}
    return await asking.client.post("/webhooks/github", content=body, headers={**usual, **named})


def test_a_signed_delivery_wishes_a_look_and_is_taken_once(hooked: World) -> None:
    """202, noted before the answer; the same one again changes nothing; a form is read too."""

    async def job(asking: Asking) -> None:
        first, again = await deliver(asking), await deliver(asking)
        assert (first.status_code, first.json()) == (202, {"taken": True, "wanted": ["look"]})
        assert (again.status_code, again.json()["taken"]) == (202, False)
        assert [wish.wanted for wish in asking.wishes()] == [LOOK]
        assert len(asking.woken) == 1
        form = urlencode({"payload": json.dumps(MERGED)}).encode()
        found = await deliver(asking, form, number="guid-2", content_type="application/x-www-form-urlencoded")
        assert found.json()["taken"]

    ask(hooked, job)


@pytest.mark.parametrize("header", ["", "sha256=", "sha256=" + "0" * 64, "sha1=" + "0" * 40, "sha256=\xff", "x" * 900])
def test_what_is_not_signed_by_us_is_refused(hooked: World, header: str) -> None:
    """Whatever the signature says, it has to be the body's under our secret."""

    async def job(asking: Asking) -> None:
        body = json.dumps(MERGED).encode()
        headers = [("x-github-event", "push"), ("x-github-delivery", "g"), ("x-hub-signature-256", header)]
        raw = [(name.encode(), value.encode("latin1")) for name, value in headers]
        found = await asking.client.post("/webhooks/github", content=body, headers=raw)
        assert found.status_code == 403
        altered = await deliver(asking, x_hub_signature_256=signature(SECRET, body + b" "))
        assert altered.status_code == 403
        assert asking.wishes() == []

    ask(hooked, job)


def test_without_a_secret_nothing_is_even_read(world: World) -> None:
    """403, and the body stays where it is: of the poll hook too."""
    read = list[int]()

    async def body() -> AsyncIterator[bytes]:
        read.append(1)
        yield b"{}"

    async def job(asking: Asking) -> None:
        for path in ("/webhooks/github", "/hooks/poll/node"):
            found = await asking.client.post(path, content=body(), headers={"authorization": "Bearer "})
            assert (found.status_code, read) == (403, [])
            assert "secret_file" in found.json()["error"]

    ask(world, job)


def test_a_body_beyond_the_limit_is_not_read_to_its_end(hooked: World) -> None:
    """Whether its length is told or not."""
    read = list[int]()

    async def endless() -> AsyncIterator[bytes]:
        while len(read) < 100:
            read.append(1)
            yield b"x" * 1000

    async def job(asking: Asking) -> None:
        assert (await asking.client.post("/webhooks/github", content=endless())).status_code == 413
        assert len(read) < 10
        assert (await deliver(asking, b"x" * 5001)).status_code == 413

    ask(hooked, job)


@pytest.mark.parametrize(
    ("event", "payload", "wanted"),
    [
        ("pull_request", MERGED, [LOOK]),
        ("pull_request", {**MERGED, "repository": {"full_name": "owner/other"}}, []),
        ("pull_request", {**MERGED, "pull_request": {"head": {"ref": "feature"}}}, []),
        ("push", {"repository": {"full_name": "owner/images"}, "ref": "refs/heads/main"}, [LOOK]),
        ("issue_comment", {"repository": {"full_name": "owner/images"}, "action": "created"}, [LOOK]),
        ("ping", {"zen": "Keep it logically awesome."}, []),
        ("star", MERGED, []),
        ("release", {"action": "published", "repository": {"full_name": "nodejs/node"}}, [Wanted("poll", "node", "github")]),
        ("release", {"action": "published", "repository": {"full_name": "else/where"}}, []),
        ("release", {"action": "deleted", "repository": {"full_name": "nodejs/node"}}, []),
    ],
)  # fmt: skip
def test_only_what_concerns_us_is_acted_on(hooked: World, event: str, payload: Any, wanted: list[Wanted]) -> None:
    """Our repository's pull requests, pushes, issues and checks; releases of the upstreams that we know."""

    async def job(asking: Asking) -> None:
        assert (await deliver(asking, payload, event)).status_code == 202
        assert [wish.wanted for wish in asking.wishes()] == wanted

    ask(hooked, job)


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b"{", b"\xff", b'{"repository": 7}', b'{"repository": {"full_name": "owner/images"}}'])  # fmt: skip
def test_what_cannot_be_read_is_refused(hooked: World, body: bytes) -> None:
    """400, even where the signature holds; a delivery without an id too."""

    async def job(asking: Asking) -> None:
        assert (await deliver(asking, body)).status_code == 400
        assert (await deliver(asking, number="../../x")).status_code == 400
        assert asking.wishes() == []

    ask(hooked, job)


def test_a_mirror_with_the_token_has_a_source_polled(hooked: World) -> None:
    """202 and a wish; another token, another scheme or another source is refused."""

    async def job(asking: Asking) -> None:
        async def push(source: str, said: str) -> int:
            found = await asking.client.post(f"/hooks/poll/{source}", headers={"authorization": said})
            return found.status_code

        assert await push("node", "Bearer of the mirror") == 202
        assert [wish.wanted for wish in asking.wishes()] == [Wanted("poll", "node", "hook")]
        assert len(asking.woken) == 1
        assert [await push("node", said) for said in ("", "Bearer", "Bearer x", "Basic of the mirror")] == [403] * 4
        assert await push("nothing", "Bearer of the mirror") == 404

    ask(hooked, job)


def test_secrets_in_the_settings_file_are_refused(world: World) -> None:
    """They would be committed with it."""
    for table, key in (("github", "webhook_secret"), ("web", "hook_secret")):
        world.settings(f'[{table}]\n{key} = "x"')
        with pytest.raises(Exception, match=f"a secret does not belong in this file; use {key}_file"):
            ask(world, lambda _: None)  # type: ignore[arg-type,return-value]
