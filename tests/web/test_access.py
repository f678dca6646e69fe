"""Who may read and who may act: every door tried from both sides."""

from __future__ import annotations

import re
from datetime import timedelta

import httpx
import pytest

from tests.web.conftest import TOKEN, Serve
from tests.world import NEWER, World
from watcher.web.access import COOKIE


async def log_in(browser: httpx.AsyncClient) -> None:
    """Log in as a person does."""
    answer = await browser.post("/login", data={"token": TOKEN, "back": "/changes/2"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/changes/2")


async def form(browser: httpx.AsyncClient, verb: str) -> dict[str, str]:
    """The hidden fields of a button of change 2."""
    text = (await browser.get("/changes/2")).text
    found = re.search(rf'action="/changes/2/{verb}">(.*?)</form>', text, re.DOTALL)
    assert found
    return dict(re.findall(r'name="(\w+)" value="([^"]*)"', found[1]))


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "X-Real-IP"])
async def test_what_a_proxy_brings_is_not_from_this_machine(imported: World, serve: Serve, header: str) -> None:
    """A proxy on this machine connects from loopback: who asks it is told by what it adds."""
    async with serve(imported) as (browser, _, _):
        assert (await browser.get("/")).status_code == 200
        assert (await browser.get("/", headers={header: "203.0.113.7"})).status_code == 403


@pytest.mark.parametrize(("client", "host"), [("203.0.113.7", "127.0.0.1:8080"), ("127.0.0.1", "evil.example:8080")])
async def test_neither_another_machine_nor_a_rebound_name_reads(
    imported: World, serve: Serve, client: str, host: str
) -> None:
    """Both the address and the name that was asked for have to be this machine's."""
    async with serve(imported, client, host) as (browser, _, _):
        answer = await browser.get("/")
        assert answer.status_code == 403
        assert "node" not in answer.text


async def test_reading_elsewhere_needs_a_login_unless_it_is_public(
    imported: World, serve: Serve, with_token: str
) -> None:
    """Not on loopback one is asked to log in; ``public`` opens reading, not acting."""
    imported.settings('[web]\nlisten = "0.0.0.0:8080"')
    async with serve(imported, "203.0.113.7", "watcher.example") as (browser, _, _):
        answer = await browser.get("/changes/1")
        assert (answer.status_code, answer.headers["location"]) == (303, "/login?back=/changes/1")
        await browser.post("/login", data={"token": with_token})
        assert (await browser.get("/changes/1")).status_code == 200
    imported.settings('[web]\nlisten = "0.0.0.0:8080"\npublic = true')
    async with serve(imported, "203.0.113.7", "watcher.example") as (browser, _, _):
        assert (await browser.get("/changes/1")).status_code == 200
        assert (await browser.post("/changes/1/merge")).status_code == 403


async def test_a_decision_becomes_a_wish_and_wakes_who_carries_it_out(
    proposed: World, serve: Serve, with_token: str
) -> None:
    """The page itself touches no forge: it notes who wants what, and says so until it is done."""
    async with serve(proposed) as (browser, app, woken):
        assert "Log in" in (await browser.get("/changes/2")).text
        await log_in(browser)
        answer = await browser.post("/changes/2/merge", data=await form(browser, "merge"))
        assert answer.status_code == 303
        [wish] = app.store.desk.inbox.open()
        assert (wish.wanted.kind, wish.wanted.argument, wish.wanted.who) == ("merge", "2", "operator")
        assert woken == ["woken"]
        assert (await app.forge.pull(2)).standing == "open"
        waiting = (await browser.get(answer.headers["location"])).text
        assert "asked for by operator" in waiting
        app.store.desk.inbox.done([wish.id], app.now(), "the forge is away")
        assert "the forge is away" in (await browser.get(answer.headers["location"])).text


@pytest.mark.parametrize("damage", [{"csrf": ""}, {"csrf": "0" * 64}])
async def test_a_form_that_is_not_ours_does_nothing(
    proposed: World, serve: Serve, with_token: str, damage: dict[str, str]
) -> None:
    """A form of another site has no token of this session."""
    async with serve(proposed) as (browser, app, _):
        await log_in(browser)
        answer = await browser.post("/changes/2/merge", data=await form(browser, "merge") | damage)
        assert answer.status_code == 403
        assert not app.store.desk.inbox.open()


async def test_who_decides_has_seen_what_he_decides_on(proposed: World, serve: Serve, with_token: str) -> None:
    """A change that was brought up to something newer since is not merged by an old page; an unknown verb is none."""
    async with serve(proposed) as (browser, app, _):
        await log_in(browser)
        fields = await form(browser, "merge")
        assert (await browser.post("/changes/2/merge", data=fields | {"head": "0" * 40})).status_code == 409
        assert (await browser.post("/changes/2/reopen", data=fields)).status_code == 409
        assert (await browser.post("/changes/2/destroy", data=fields)).status_code == 409
        assert not app.store.desk.inbox.open()


async def test_a_session_ends_and_cannot_be_made_up(proposed: World, serve: Serve, with_token: str) -> None:
    """A cookie that was changed, or whose time is up, is nobody's."""
    async with serve(proposed) as (browser, _, _):
        await log_in(browser)
        cookie = browser.cookies[COOKIE].strip('"')
        assert TOKEN not in cookie
    user, end, signature = cookie.split("|")
    for wrong in (f"{user}|{int(end) + 9}|{signature}", f"root|{end}|{signature}", "||", "é|é|é", f"{user}|{end}|"):
        async with serve(proposed) as (browser, _, _):
            text = (await browser.get("/changes/2", headers={b"Cookie": f"{COOKIE}={wrong}".encode()})).text
            assert "Log in" in text
    proposed.day(NEWER[2] + timedelta(hours=13))
    async with serve(proposed) as (browser, _, _):
        assert "Log in" in (await browser.get("/changes/2", headers={"Cookie": f'{COOKIE}="{cookie}"'})).text


async def test_the_token_cannot_be_guessed_quickly_and_the_way_back_stays_here(
    imported: World, serve: Serve, with_token: str
) -> None:
    """After five failures an address may not try for a minute, and ``back`` leads to no other site."""
    async with serve(imported) as (browser, _, _):
        for back in ("//evil.example", "https://evil.example", "/\\evil.example", "/\tevil"):
            answer = await browser.post("/login", data={"token": with_token, "back": back})
            assert answer.headers["location"] == "/"
        for _ in range(5):
            assert (await browser.post("/login", data={"token": "wrong"})).status_code == 403
        assert (await browser.post("/login", data={"token": with_token})).status_code == 403
        assert (await browser.post("/login", content=b"token=" + b"x" * 20_000)).status_code == 403


@pytest.mark.parametrize(("client", "name"), [("10.0.0.5", "ada"), ("203.0.113.7", None)])
async def test_only_a_trusted_proxy_names_a_user(proposed: World, serve: Serve, client: str, name: str | None) -> None:
    """The header counts from the addresses that the settings trust, and from no other."""
    proposed.settings('[web]\npublic = true\nproxy_user_header = "X-User"\ntrusted_proxies = ["10.0.0.0/8"]')
    async with serve(proposed, client) as (browser, app, _):
        browser.headers["X-User"] = "ada"
        if name is None:
            assert "needs a login" in (await browser.get("/changes/2")).text
            assert (await browser.post("/changes/2/merge")).status_code == 403
        else:
            await browser.post("/changes/2/close", data=await form(browser, "close"))
            assert [wish.wanted.who for wish in app.store.desk.inbox.open()] == [name]


async def test_wrong_tokens_lock_nobody_else_out(proposed: World, serve: Serve, with_token: str) -> None:
    """Neither programs that bear the right one, nor people who come by the same proxy from another address."""
    proposed.settings('[web]\ntrusted_proxies = ["10.0.0.0/8"]')
    async with serve(proposed, "10.0.0.5") as (browser, _, _):
        for _ in range(9):
            refused = await browser.get("/moves.json", headers={"Authorization": "Bearer wrong"})
            assert refused.headers["location"].startswith("/login")
            assert (
                await browser.post("/login", data={"token": "wrong"}, headers=_from("192.0.2.1"))
            ).status_code == 403
        for page in ("/moves.json", "/moves.atom", "/sources/node"):
            assert (await browser.get(page, headers={"Authorization": f"Bearer {with_token}"})).status_code == 200
        right = {"token": with_token}
        assert (await browser.post("/login", data=right, headers=_from("192.0.2.1"))).status_code == 403
        forged = await browser.post("/login", data=right, headers=_from("192.0.2.9, 192.0.2.1"))
        assert forged.status_code == 403
        assert (await browser.post("/login", data=right, headers=_from("192.0.2.2"))).status_code == 303


@pytest.mark.parametrize(("client", "secure"), [("10.0.0.5", True), ("203.0.113.7", False)])
async def test_a_cookie_is_secure_where_the_proxy_speaks_https(
    imported: World, serve: Serve, with_token: str, client: str, *, secure: bool
) -> None:
    """Only a proxy that is trusted can say so."""
    imported.settings('[web]\ntrusted_proxies = ["10.0.0.0/8"]')
    async with serve(imported, client) as (browser, _, _):
        answer = await browser.post("/login", data={"token": with_token}, headers={"X-Forwarded-Proto": "https"})
        assert ("secure" in answer.headers["set-cookie"].lower()) == secure


def _from(address: str) -> dict[str, str]:
    return {"X-Forwarded-For": address}
