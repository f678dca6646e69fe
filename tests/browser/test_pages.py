"""Every page as people meet it: on a desk and on a phone, light and dark, by keyboard, without JavaScript."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Literal

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import SHOTS, TOKEN, Served

PAGES = {
    "overview": "/",
    "source": "/sources/node",
    "changes": "/changes",
    "change": "/changes/2",
    "diff": "/changes/2/diff",
    "builds": "/builds",
    "plan": "/builds/9000",
    "build": "/builds/9000/5",
    "build-elsewhere": "/builds/9000/4",
    "moves": "/moves",
    "paused": "/sources/alpine",
    "images": "/images",
    "image": "/images?name=raspberrypi3-node:22",
    "moved-image": "/images?name=balenalib/raspberrypi3-debian-node:22.23.2-trixie-run",
    "no-image": "/images?name=raspberrypi3-node:21",
    "events": "/events",
    "event": "/events/1",
    "login": "/login",
    "nowhere": "/nowhere",
}
SCREENS: dict[str, tuple[Literal["light", "dark"], int, int]] = {
    "desk-light": ("light", 1180, 860),
    "desk-dark": ("dark", 1180, 860),
    "phone-light": ("light", 390, 780),
    "phone-dark": ("dark", 390, 780),
}
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@pytest.mark.parametrize("screen", SCREENS)
def test_every_page_is_accessible_fits_and_asks_nobody_else(
    served: Served, chromium: Browser, axe: str, screen: str
) -> None:
    """Axe finds nothing, nothing is wider than the screen, the console is quiet, and no request leaves this server."""
    scheme, width, height = SCREENS[screen]
    context = chromium.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
    page = context.new_page()
    said: list[str] = []
    asked: set[str] = set()
    page.on("console", lambda message: said.append(f"{page.url}: {message.text}"))
    page.on("request", lambda request: asked.add("/".join(request.url.split("/")[:3])))
    SHOTS.mkdir(exist_ok=True)
    found: list[Any] = []
    for name, path in PAGES.items():
        page.goto(served.url + path)
        page.screenshot(path=SHOTS / f"{name}-{screen}.png")
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        found += [(name, "is wider than the screen", wide)] if wide > 0 else []
        # The page's own policy would refuse a script that is put in, so axe is handed over by the debugger's door.
        page.evaluate(axe)
        checked = page.evaluate("rules => axe.run({runOnly: rules})", RULES)
        found += [(name, v["id"], [node["target"] for node in v["nodes"]][:5]) for v in checked["violations"]]
    context.close()
    assert found == []
    assert asked == {served.url}
    # That a page is not there is what /nowhere and an unknown image are for; a password has no user beside it here.
    assert [line for line in said if "404" not in line and "username fields" not in line] == []


def test_the_first_tab_leads_past_the_navigation(served: Served, chromium: Browser) -> None:
    """The skip link shows itself when it has the focus, and puts it on the content."""
    page = chromium.new_page()
    page.goto(served.url)
    page.keyboard.press("Tab")
    link = page.locator("a.skip")
    expect(link).to_be_focused()
    expect(link).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()
    page.close()


def test_everything_can_be_read_without_scripts(served: Served, chromium: Browser) -> None:
    """With JavaScript off every page still says what it has to."""
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    for path, text in {"/": "Open changes", "/changes/2": "signed by", "/builds/9000": "Stage 2"}.items():
        page.goto(served.url + path)
        expect(page.locator("#main")).to_contain_text(text)
    page.goto(served.url + "/images")
    page.fill("#name", "raspberrypi3-node:22")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_contain_text("balenalib/raspberrypi3-debian-node:22")
    context.close()


def test_a_page_of_builds_follows_what_happens_and_keeps_the_focus(served: Served, chromium: Browser) -> None:
    """A new plan appears by itself; who was on a link there still is."""
    page = chromium.new_page()
    page.goto(served.url + "/builds")
    page.locator("#plan-9000").focus()
    with served.store() as store:
        [first, *_] = store.builds.of(9000)
        store.builds.add([type(first)(**{**_fields(first), "plan": 9001, "id": 0, "state": "waiting"})])
    expect(page.locator("#plan-9001")).to_be_visible(timeout=15_000)
    expect(page.locator("#plan-9000")).to_be_focused()
    page.close()


def test_what_a_reader_closed_and_follows_outlives_a_refresh(served: Served, chromium: Browser) -> None:
    """A list that was closed stays closed, the graph where it was scrolled to, and a log at its end while it grows."""
    page = chromium.new_page(viewport={"width": 390, "height": 780})
    page.goto(served.url + "/builds/9000")
    first = page.locator("details[open]").first
    name = first.get_attribute("id")
    first.locator("summary").click()
    page.evaluate("document.querySelector('#graph').scrollLeft = 40")
    _refreshed(page)
    expect(page.locator(f"#{name}")).not_to_have_attribute("open", "")
    assert page.evaluate("document.querySelector('#graph').scrollLeft") == 40

    with served.store() as store:
        running = next(build for build in store.builds.of(9000) if build.state == "running")
        store.builds.save([replace(running, log="live.log")])
    log = served.config.var / "builds" / "live.log"
    log.write_text("a line\n" * 200)
    page.goto(f"{served.url}/builds/9000/{running.id}")
    page.locator("#log").focus()
    page.evaluate("document.querySelector('#log').scrollTop = 1e6")
    log.write_text("a line\n" * 300)
    _refreshed(page)
    expect(page.locator("#log")).to_be_focused()
    rest = page.evaluate("(e => e.scrollHeight - e.clientHeight - e.scrollTop)(document.querySelector('#log'))")
    assert page.locator("#log").inner_text().count("a line") == 300
    assert rest < 4
    with served.store() as store:
        store.builds.save([running])
    page.close()


def _refreshed(page: Page) -> None:
    """Wait until the living part of a page was fetched anew."""
    page.evaluate("document.querySelector('#live').dataset.old = 'yes'")
    expect(page.locator("#live:not([data-old])")).to_be_visible(timeout=15_000)


def test_a_maintainer_logs_in_and_merges(served: Served, chromium: Browser) -> None:
    """By keyboard alone: from the change to the login and back, and the page tells that it is being done."""
    context = chromium.new_context(viewport={"width": 1180, "height": 860})
    page = context.new_page()
    with served.store() as store:
        number = store.pulls("open")[0].number
    page.goto(f"{served.url}/changes/{number}")
    page.locator("main").get_by_role("link", name="Log in").press("Enter")
    page.get_by_label("Token").fill(TOKEN)
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/changes/{number}")
    page.screenshot(path=SHOTS / "decide-desk-light.png")
    page.get_by_role("button", name="Merge").press("Enter")
    expect(page.get_by_role("status")).to_contain_text("asked for by operator")
    page.screenshot(path=SHOTS / "wished-desk-light.png")
    with served.store() as store:
        [wish] = store.desk.inbox.open()
        assert (wish.wanted.kind, wish.wanted.argument) == ("merge", str(number))
        store.desk.inbox.done([wish.id], wish.at, "it does not merge any more")
    expect(page.get_by_role("alert")).to_contain_text("it does not merge any more", timeout=15_000)
    page.get_by_role("button", name="Log out").press("Enter")
    expect(page.get_by_role("link", name="Log in")).to_be_visible()
    context.close()


def test_a_maintainer_logs_in_at_the_provider(served: Served, chromium: Browser) -> None:
    """The provider is another site: the first page after it knows who came back, and the buttons are there."""
    context = chromium.new_context()
    page = context.new_page()
    with served.store() as store:
        number = store.pulls("open")[0].number
    page.goto(f"{served.url}/login?back=/changes/{number}")
    page.get_by_role("link", name="Log in at your provider").press("Enter")
    page.wait_for_url(f"{served.url}/changes/{number}")
    expect(page.locator(".who")).to_contain_text("ada")
    expect(page.get_by_role("button", name="Close")).to_be_visible()
    assert served.provider.tokens == 1
    page.get_by_role("button", name="Log out").press("Enter")
    expect(page.get_by_role("link", name="Log in")).to_be_visible()
    served.provider.person = {"preferred_username": "eve"}
    page.goto(f"{served.url}/login/oidc")
    expect(page.locator("main")).to_contain_text("eve may not act here")
    context.close()


def _fields(value: object) -> dict[str, Any]:
    return {name: getattr(value, name) for name in value.__dataclass_fields__}  # type: ignore[attr-defined]
