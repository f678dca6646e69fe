"""Login at an OpenID Connect provider: a real one on loopback, and each thing that it or a browser may get wrong."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from state.errors import SettingsError
from tests.web.conftest import Serve
from tests.web.provider import CLIENT, SECRET, Provider, running
from tests.world import World
from watcher.config import load
from watcher.web.access import COOKIE

BACK = "http://127.0.0.1:8080/login/oidc/back"


@pytest.fixture
def provider() -> Iterator[Provider]:
    """The provider."""
    with running() as made:
        yield made


@pytest.fixture
def world(proposed: World, provider: Provider, monkeypatch: pytest.MonkeyPatch) -> World:
    """A world whose people log in there: Ada, and who is an admin."""
    monkeypatch.setenv("WATCHER_WEB__OIDC__CLIENT_SECRET", SECRET)
    told(proposed, provider.url)
    return proposed


def told(world: World, issuer: str, more: str = 'users = ["ada"]\ngroups = ["admins"]') -> None:
    """Set the provider."""
    world.settings(f'[web.oidc]\nissuer = "{issuer}"\nclient_id = "{CLIENT}"\nredirect_url = "{BACK}"\n{more}')


async def begun(browser: httpx.AsyncClient, back: str = "/changes/2") -> str:
    """Go to the provider, and return where it sends the browser."""
    answer = await browser.get("/login/oidc", params={"back": back})
    assert answer.status_code == 303
    async with httpx.AsyncClient() as outside:
        return (await outside.get(answer.headers["location"])).headers["location"]


async def refused(browser: httpx.AsyncClient, place: str, why: str) -> None:
    """Coming back there logs nobody in."""
    answer = await browser.get(place)
    assert answer.status_code == 403
    assert why in answer.text
    assert COOKIE not in browser.cookies
    assert "Log in" in (await browser.get("/changes/2")).text


async def test_who_the_provider_knows_and_the_settings_name_decides(world: World, serve: Serve) -> None:
    """From the page, to the provider and back to the page, where a button does something now."""
    async with serve(world) as (browser, app, _):
        assert "/login/oidc?back=%2Fchanges%2F2" in (await browser.get("/login?back=/changes/2")).text
        place = await begun(browser)
        assert place.startswith(BACK)
        answer = await browser.get(place)
        assert answer.status_code == 200
        assert 'content="0;url=/changes/2"' in answer.text
        text = (await browser.get("/changes/2")).text
        found = re.search(r'action="/changes/2/merge">(.*?)</form>', text, re.DOTALL)
        assert found
        fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', found[1]))
        assert (await browser.post("/changes/2/merge", data=fields)).status_code == 303
        [wish] = app.store.desk.inbox.open()
        assert wish.wanted.who == "ada"
        assert (await browser.post("/changes/2/merge", data=fields | {"csrf": "0" * 64})).status_code == 403


@pytest.mark.parametrize(
    ("person", "settings", "name"),
    [
        ({"preferred_username": "é|x", "groups": ["admins", "staff"]}, 'groups = ["admins"]', "é|x"),
        ({"email": "ada@example.org", "email_verified": True}, 'claim = "email"\nusers = ["ada@example.org"]', "ada@"),
        ({"preferred_username": "ada", "aud": [CLIENT], "azp": CLIENT}, 'users = ["ada"]', "ada"),
    ],
)
async def test_a_group_or_another_claim_lets_in(
    world: World, provider: Provider, serve: Serve, person: dict[str, Any], settings: str, name: str
) -> None:
    """By a group, by an address that was verified, as one of several audiences."""
    provider.person = person
    told(world, provider.url, settings)
    async with serve(world) as (browser, _, _):
        await browser.get(await begun(browser))
        assert f"<span>{name}" in (await browser.get("/changes/2")).text


@pytest.mark.parametrize("algorithm", ["ES256"])
async def test_elliptic_curves_sign_too(world: World, provider: Provider, serve: Serve, algorithm: str) -> None:
    """RS256 is the common one; ES256 is taken as well."""
    provider.algorithm = algorithm
    async with serve(world) as (browser, _, _):
        assert (await browser.get(await begun(browser))).status_code == 200


def changed(**claims: object) -> Callable[[dict[str, Any]], None]:
    """A provider that says this instead; None leaves a claim out."""

    def spoil(told: dict[str, Any]) -> None:
        told.update(claims)
        for name in [name for name, value in told.items() if value is None]:
            del told[name]

    return spoil


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (changed(nonce="another"), "of another login"),
        (changed(nonce=None), "does not hold"),
        (changed(aud="somebody-else"), "does not hold"),
        (changed(aud=[CLIENT, "somebody-else"]), "for another program"),
        (changed(azp="somebody-else"), "for another program"),
        (changed(iss="https://evil.example"), "does not hold"),
        (changed(exp=1_700_000_000, iat=1_699_999_000), "expired"),
        (changed(exp=None), "does not hold"),
        (changed(preferred_username="eve"), "eve may not act here"),
        (changed(preferred_username="eve", groups="admins"), "eve may not act here"),
        (changed(preferred_username=["ada"]), "has no preferred_username"),
    ],
)
async def test_an_id_token_that_is_not_right_logs_nobody_in(
    world: World, provider: Provider, serve: Serve, spoil: Callable[[dict[str, Any]], None], why: str
) -> None:
    """Of another login, for another program, by another provider, over, or of somebody who may not act."""
    provider.spoil = spoil
    async with serve(world) as (browser, _, _):
        await refused(browser, await begun(browser), why)
    assert provider.tokens == 1


@pytest.mark.parametrize("algorithm", ["none", "HS256", "PS256"])
async def test_only_two_signatures_are_believed(world: World, provider: Provider, serve: Serve, algorithm: str) -> None:
    """None at all, one that our own secret makes, or one that was not asked for."""
    provider.algorithm = algorithm
    async with serve(world) as (browser, _, _):
        await refused(browser, await begun(browser), "does not hold")


async def test_a_key_that_is_not_published_or_another_one_proves_nothing(
    world: World, provider: Provider, serve: Serve
) -> None:
    """Signed by RSA in the name of a key that there is not, then of the other key."""
    for name, why in (("gone", "does not publish"), ("e", "does not hold")):
        provider.key_id = name
        async with serve(world) as (browser, _, _):
            await refused(browser, await begun(browser), why)


async def test_a_login_ends_in_the_browser_that_began_it(world: World, provider: Provider, serve: Serve) -> None:
    """Another state, another browser, the same answer twice, another provider's answer, a refusal: nobody is logged in."""
    async with serve(world) as (browser, _, _):
        place = await begun(browser)
        await refused(browser, re.sub("state=[^&]*", "state=another", place), "not begun in this browser")
    async with serve(world) as (browser, _, _):
        await refused(browser, place, "not begun in this browser")
        place = await begun(browser)
        assert (await browser.get(place)).status_code == 200
        browser.cookies.delete(COOKIE)
        await refused(browser, place, "not begun in this browser")
        place = await begun(browser)
        await refused(browser, re.sub("iss=[^&]*", "iss=https://evil.example", place), "Another provider")
        state = re.search("state=([^&]*)", await begun(browser))
        assert state
        said = f"{BACK}?error=access_denied&error_description=<b>no&state={state[1]}"
        await refused(browser, said, "The provider said: &lt;b&gt;no.")
    assert provider.tokens == 1


async def test_a_code_is_worth_nothing_without_its_verifier(world: World, provider: Provider, serve: Serve) -> None:
    """A code that was caught in one login does not help in another: PKCE."""
    async with serve(world) as (browser, _, _):
        caught = re.search("code=([^&]*)", await begun(browser))
        assert caught
        await refused(browser, re.sub("code=[^&]*", f"code={caught[1]}", await begun(browser)), "answered 400")
    assert provider.tokens == 0


async def test_a_provider_that_is_another_or_away_is_a_page(world: World, provider: Provider, serve: Serve) -> None:
    """What calls itself otherwise is not asked; who cannot be reached is told of; the way back leads nowhere else."""
    provider.said = "https://evil.example"
    async with serve(world) as (browser, _, _):
        answer = await browser.get("/login/oidc")
        assert (answer.status_code, "calls itself otherwise" in answer.text) == (502, True)
    provider.said = ""
    async with serve(world) as (browser, _, _):
        answer = await browser.get(await begun(browser, "//evil.example/"))
        assert 'content="0;url=/"' in answer.text
    told(world, "http://127.0.0.1:1")
    async with serve(world) as (browser, _, _):
        assert "cannot be reached" in (await browser.get("/login/oidc")).text


async def test_another_list_of_people_ends_every_session(world: World, provider: Provider, serve: Serve) -> None:
    """Who was taken off the list does not act on with the session that he has."""
    async with serve(world) as (browser, _, _):
        await browser.get(await begun(browser))
        cookie = {"Cookie": f'{COOKIE}="{browser.cookies[COOKIE].strip(chr(34))}"'}
        assert "<span>ada" in (await browser.get("/", headers=cookie)).text
    told(world, provider.url, 'users = ["bob"]')
    async with serve(world) as (browser, _, _):
        assert "<span>ada" not in (await browser.get("/", headers=cookie)).text


async def test_cookies_are_for_https_where_the_pages_are(world: World, provider: Provider, serve: Serve) -> None:
    """Behind a proxy the request says http, the settings https."""
    more = f'users = ["ada"]\nredirect_url = "https://watcher.example{urlsplit(BACK).path}"'
    world.settings(f'[web.oidc]\nissuer = "{provider.url}"\nclient_id = "{CLIENT}"\n{more}')
    async with serve(world) as (browser, _, _):
        answer = await browser.get("/login/oidc")
        assert "secure" in answer.headers["set-cookie"].lower()


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ("", "users or groups"),
        ('users = ["ada"]\nclient_secret = "x"', "a secret does not belong"),
        ('users = ["ada"]\nscopes = ["email"]', '"openid" has to be among them'),
    ],
)
def test_settings_that_let_in_anybody_are_refused(world: World, provider: Provider, more: str, said: str) -> None:
    """Nobody named, a secret in the file, no ID token."""
    told(world, provider.url, more)
    with pytest.raises(SettingsError, match=said):
        load(world.config_file)
