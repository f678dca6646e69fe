"""Every page of a world that has a merged and an open change, and what a browser is allowed on it."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest

from state.events import FeedFailed, ReleaseSeen
from state.store import Move, Pin
from tests.state.facts import NOW, release
from tests.web.conftest import Serve
from tests.world import World

EVIL = '"><script>alert(1)</script>'
PAGES = {
    "/": "22.23.2",
    "/sources/node": "aarch64",
    "/sources/python": "Nothing is known yet",
    "/changes": "node: 22.11.0 -&gt; 22.23.2",
    "/changes/2": "signed by",
    "/changes/2/diff": "Dockerfile",
    "/changes/2/diff?path=catalogue/releases/node/22.json": "22.23.2",
    "/images": "raspberrypi3-node:22",
    "/images?name=raspberrypi3-node:22": "balenalib/raspberrypi3-debian-node:22.11.0-",
    "/events": "ReleaseSeen",
    "/events?source=node": "PullRequestOpened",
    "/events/1": "What came of it",
    "/builds": "Nothing was planned",
    "/moves": "No tag has moved yet",
    "/login": "Nobody can log in here",
}


async def test_every_page_says_what_it_is_for_and_loads_nothing_from_elsewhere(proposed: World, serve: Serve) -> None:
    """Each has its facts, a title, one first heading, and names no script, style or picture of another site."""
    async with serve(proposed) as (browser, _, _):
        for url, fact in PAGES.items():
            answer = await browser.get(url)
            assert answer.status_code == 200, url
            assert fact in answer.text, url
            assert len(re.findall("<h1", answer.text)) == 1, url
            assert "default-src 'none'" in answer.headers["content-security-policy"]
            assert "unsafe" not in answer.headers["content-security-policy"]
            assert not re.search(r'(src|action)="?(https?:)?//', answer.text), url
            assert not re.search(r"<style|\sstyle=|<script(?! src=\"/static/)|\son[a-z]+=", answer.text), url


async def test_a_source_shows_when_the_images_of_a_release_were_pushed(merged: World, serve: Serve) -> None:
    """Beside when it was seen, proposed and merged: in the drawing and among the figures, once there is one."""
    mark, figure = '<path class="pushed"', re.compile(r"merged after [^,<]+, pushed after 2[45] days</td>")
    async with serve(merged) as (browser, app, _):
        text = (await browser.get("/sources/node")).text
        assert (mark in text, bool(figure.search(text))) == (False, False)
        at = datetime(2026, 8, 23, 12, tzinfo=UTC)
        tag = "22.23.2-trixie-run-20260823"
        digest = "sha256:" + "a" * 64
        app.store.ledger.moved(
            [Move("balenalib/amd64-debian-node", tag, "", digest, at, "release", "node 22.23.2", 2, dated=True)]
        )
        text = (await browser.get("/sources/node")).text
        assert (text.count(mark), bool(figure.search(text))) == (1, True), text


@pytest.mark.parametrize(
    "url",
    ["/nowhere", "/changes/99", f"/changes/{2**70}", "/changes/2/diff?path=../x", "/sources/x", f"/events/{2**70}"],
)
async def test_what_there_is_not_is_a_page_too(proposed: World, serve: Serve, url: str) -> None:
    """An address that leads nowhere is answered 404, with words."""
    async with serve(proposed) as (browser, _, _):
        answer = await browser.get(url)
        assert answer.status_code == 404
        assert "<h1>" in answer.text


async def test_a_name_that_is_no_image_is_answered_with_the_nearest(imported: World, serve: Serve) -> None:
    """The nearest names are links, and what was typed is shown as text."""
    async with serve(imported) as (browser, _, _):
        answer = await browser.get("/images", params={"name": "raspberrypi3-node:21"})
        assert answer.status_code == 404
        assert 'href="/images?name=' in answer.text
        answer = await browser.get("/images", params={"name": EVIL})
        assert "<script>alert" not in answer.text


async def test_the_lines_that_the_last_change_brought_are_marked(merged: World, serve: Serve) -> None:
    """Once a patch release is merged, the Dockerfile shows its new version and digest as new, and little else."""
    async with serve(merged) as (browser, _, _):
        text = (await browser.get("/images?name=amd64-debian-node:22")).text
        marked = re.findall(r'<span class="added">(.*)', text)
        assert any("22.23.2" in line for line in marked)
        assert 0 < len(marked) < 10
        assert 'href="/changes/2"' in text


async def test_text_from_outside_stays_text(imported: World, serve: Serve) -> None:
    """What an upstream or a forge says is never a tag on a page."""
    async with serve(imported) as (browser, app, _):
        app.store.record([FeedFailed("node", f"https://nodejs.org/{EVIL}", EVIL, EVIL)], app.now())
        app.store.poll_failed("node", EVIL, f"https://nodejs.org/{EVIL}", app.now())
        last = app.store.last_event()
        for url in ("/", "/events", f"/events/{last}", "/sources/node", f"/nowhere/{EVIL}"):
            text = (await browser.get(url)).text
            assert "<script>alert" not in text, url
            assert "&lt;script&gt;" in text, url


async def test_events_are_turned_over_page_by_page(imported: World, serve: Serve) -> None:
    """Each event is on just one page, newest first, until there is no older one."""
    async with serve(imported) as (browser, app, _):
        app.store.record([ReleaseSeen("node", "22", (release(),))] * 120, NOW)
        seen: list[int] = []
        url: str | None = "/events"
        while url:
            text = (await browser.get(url)).text
            seen += [int(number) for number in re.findall(r'href="/events/(\d+)"', text)]
            older = re.search(r'rel="next" href="([^"]+)"', text)
            url = older[1].replace("&amp;", "&") if older else None
        assert seen == sorted(seen, reverse=True)
        assert seen == list(range(app.store.last_event(), 0, -1))


async def test_a_failing_step_is_told_first(imported: World, serve: Serve) -> None:
    """The overview says that something needs a look, what, and why."""
    async with serve(imported) as (browser, app, _):
        assert "All is well" in (await browser.get("/")).text
        [recorded] = app.store.record([ReleaseSeen("node", "22", (release(),))], NOW)
        app.store.fail(recorded, "the forge is away", NOW)
        text = (await browser.get("/")).text
        assert "Something needs a look" in text
        assert "the forge is away" in text


async def test_a_process_that_cannot_reach_the_forge_shows_what_is_remembered(proposed: World, serve: Serve) -> None:
    """Title, state and branch are in the memory; that body and files are not shown is said, and why."""
    async with serve(proposed) as (browser, app, _):
        (proposed.folder / "ws" / "images.git").rename(proposed.folder / "gone")
        assert app.store.pull(2)
        answer = await browser.get("/changes/2")
        assert answer.status_code == 200
        assert "node: 22.11.0 -&gt; 22.23.2" in answer.text
        assert "Shown as it is remembered" in answer.text


async def test_the_page_of_an_image_tells_what_its_name_led_to(imported: World, serve: Serve) -> None:
    """Each move of it, newest first, with its reason; where a person pinned it, that too."""
    repository, tag = "balenalib/amd64-debian-node", "22.11.0-trixie-run"
    digests = ["sha256:" + letter * 64 for letter in "ab"]
    async with serve(imported) as (browser, app, _):
        app.store.ledger.moved([Move(repository, tag, "", digests[0], NOW, "release", "node 22.11.0", 1)])
        app.store.ledger.moved([Move(repository, tag, digests[0], digests[1], NOW, "plan", "<debian> 13.2")])
        app.store.ledger.pins.add([Pin(repository, tag, digests[1], NOW, "a bad libc")])
        text = (await browser.get("/images", params={"name": "amd64-node:22"})).text
        assert text.index("&lt;debian&gt; 13.2") < text.index("node 22.11.0</span>")
        assert "a bad libc" in text
        assert 'href="/changes/1"' in text
