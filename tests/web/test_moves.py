"""The feed of moved tags: complete, and each with what changed."""

from __future__ import annotations

from datetime import UTC, datetime
from xml.etree import ElementTree as ET

import httpx
import pytest

from state.store import Move, Pin, Store
from tests.web.conftest import Serve
from tests.web.test_builds import build
from tests.world import World
from watcher.web.pages import moves
from watcher.web.pages.moves import Told

NOW = datetime(2026, 8, 10, 9, tzinfo=UTC)
ATOM = "{http://www.w3.org/2005/Atom}"
OLD, NEW, THIRD = (f"sha256:{letter * 64}" for letter in "abc")
HOME = "balenalib/amd64-debian"


def made(store: Store, digest: str, packages: dict[str, str]) -> None:
    """Let an image have been built that has these packages."""
    number = store.builds.contents.keep(packages)
    store.builds.add([build(f"{HOME}:{digest[7:10]}", "out", digest=digest, state="tagged", packages=number)])


async def test_every_moved_tag_is_in_the_feeds(imported: World, serve: Serve) -> None:
    """Which, why, from what to what: to people, as Atom and as JSON; what is written once only where it is asked for."""
    wanted = [
        Move(HOME, "bookworm", OLD, NEW, NOW, "release", "<12.9>", 1),
        Move(HOME, "latest", "", NEW, NOW, "rollback"),
        Move(HOME, "bookworm-20260810", "", NEW, NOW, "release", dated=True),
    ]
    async with serve(imported) as (browser, app, _):
        app.store.ledger.moved(wanted)
        text = (await browser.get("/moves")).text
        assert "bookworm" in text
        assert "20260810" not in text
        for url in ("/moves", "/moves.atom", "/moves.json"):
            assert "bookworm-20260810" in (await browser.get(f"{url}?dated=1")).text, url
        answer = await browser.get("/moves.atom")
        assert answer.headers["content-type"].startswith("application/atom+xml")
        feed = ET.fromstring(answer.text)
        entries = feed.findall(f"{ATOM}entry")
        assert {e.findtext(f"{ATOM}title") for e in entries} == {f"{HOME}:bookworm moved", f"{HOME}:latest moved"}
        assert len({e.findtext(f"{ATOM}id") for e in entries}) == 2
        assert Told(1, wanted[0], None).sentence in {e.findtext(f"{ATOM}content") for e in entries}
        assert feed.findtext(f"{ATOM}updated") == NOW.isoformat()
        items = (await browser.get("/moves.json")).json()["items"]
        assert {item["_move"]["why"] for item in items} == {"release", "rollback"}
        assert any(item["url"].endswith("/changes/1") for item in items)


async def test_a_move_tells_which_packages_changed(imported: World, serve: Serve) -> None:
    """Changed, gone and new ones by name; of an image that nobody looked into it is said that they are not known."""
    async with serve(imported) as (browser, app, _):
        made(app.store, OLD, {"curl": "8.14.1-2", "libc6": "2.41", "zlib1g": "1.3"})
        made(app.store, NEW, {"curl": "8.14.1-3", "libc6": "2.41", "libssl3": "<3.5>"})
        app.store.ledger.moved([Move(HOME, "a", OLD, NEW, NOW, "plan"), Move(HOME, "b", NEW, THIRD, NOW, "plan")])
        app.store.ledger.moved([Move(HOME, "c", NEW, NEW.replace("b", "d"), NOW, "plan")])
        made(app.store, NEW.replace("b", "d"), {"curl": "8.14.1-3", "libc6": "2.41", "libssl3": "<3.5>"})
        items = (await browser.get("/moves.json")).json()["items"]
        packages = {item["_move"]["tag"]: item["_move"]["packages"] for item in items}
        assert packages == {
            "a": [
                {"package": "curl", "before": "8.14.1-2", "after": "8.14.1-3"},
                {"package": "libssl3", "before": None, "after": "<3.5>"},
                {"package": "zlib1g", "before": "1.3", "after": None},
            ],
            "b": None,
            "c": [],
        }
        text = (await browser.get("/moves.atom")).text
        assert "3 packages changed: curl 8.14.1-2 → 8.14.1-3, libssl3 &lt;3.5&gt; is new, zlib1g is gone." in text
        assert "Which packages changed is not known." in text
        text = (await browser.get("/moves")).text
        for words in (
            "curl 8.14.1-2 → 8.14.1-3",
            "libssl3 &lt;3.5&gt; is new",
            "packages not known",
            "no package changed",
        ):
            assert words in text, words


async def test_the_page_of_an_image_tells_which_packages_changed(imported: World, serve: Serve) -> None:
    """Each step of its history, where both images' packages are known."""
    name = f"{HOME}-node"
    async with serve(imported) as (browser, app, _):
        made(app.store, OLD, {"curl": "8.14.1-2", "libc6": "2.41"})
        made(app.store, NEW, {"curl": "8.14.1-3", "libc6": "2.41"})
        app.store.ledger.moved([Move(name, "22.11.0-trixie-run", OLD, NEW, NOW, "plan")])
        app.store.ledger.moved([Move(name, "22.11.0-trixie-run", NEW, THIRD, NOW, "plan")])
        text = (await browser.get("/images", params={"name": f"{name}:22.11.0-trixie-run"})).text
        assert "1 package changed" in text
        assert "curl 8.14.1-2 → 8.14.1-3" in text
        assert "packages not known" in text


@pytest.mark.parametrize("name", ["balenalib/debian-node:22", "balenalib/amd64-debian-node:20.1.0-trixie-run"])
async def test_the_page_of_a_name_without_an_image_of_its_own_tells_its_past(
    imported: World, serve: Serve, name: str
) -> None:
    """An index over architectures, and a name that moves no more: what they led to, and a pin, as the command tells it."""
    repository, _, tag = name.partition(":")
    async with serve(imported) as (browser, app, _):
        app.store.ledger.moved([Move(repository, tag, OLD, NEW, NOW, "index", "all its members")])
        app.store.ledger.pins.add([Pin(repository, tag, NEW, NOW, "known to work")])
        text = (await browser.get("/images", params={"name": name})).text
        assert "What it led to" in text
        assert "all its members" in text
        assert "known to work" in text
        unknown = (await browser.get("/images", params={"name": f"{repository}:19"})).text
        assert "What it led to" not in unknown


async def _turned(browser: httpx.AsyncClient, url: str | None, kind: str) -> list[list[str]]:
    """The titles of all pages of a feed, as its own links lead through them."""
    pages = []
    while url:
        answer = await browser.get(url)
        if kind == "json":
            document = answer.json()
            pages.append([item["title"] for item in document["items"]])
            url = document.get("next_url")
        else:
            feed = ET.fromstring(answer.text)
            pages.append([entry.findtext(f"{ATOM}title", "") for entry in feed.findall(f"{ATOM}entry")])
            links = {link.get("rel"): link.get("href") for link in feed.findall(f"{ATOM}link")}
            assert links["self"] == str(answer.url)
            url = links.get("next")
    return pages


@pytest.mark.parametrize(("kind", "dated"), [("json", ""), ("atom", ""), ("json", "?dated=1"), ("atom", "?dated=1")])
async def test_a_feed_is_complete_page_by_page(
    imported: World, serve: Serve, monkeypatch: pytest.MonkeyPatch, kind: str, dated: str
) -> None:
    """Each move is on just one page, newest first, and the last page has no next one."""
    monkeypatch.setattr(moves, "_SHOWN", 3)
    async with serve(imported) as (browser, app, _):
        for n in range(9):
            app.store.ledger.moved([Move(HOME, f"tag{n}", "", NEW, NOW, "plan", dated=n % 3 == 0)])
        wanted = [f"{HOME}:tag{n} moved" for n in range(8, -1, -1) if dated or n % 3]
        pages = await _turned(browser, f"/moves.{kind}{dated}", kind)
        assert [len(page) for page in pages] == [3] * (3 if dated else 2)
        assert [title for page in pages for title in page] == wanted
        text = (await browser.get(f"/moves{dated}")).text
        assert f'rel="next" href="/moves?{"dated=1&amp;" if dated else ""}before=' in text


@pytest.mark.parametrize(("said", "scheme"), [("https", "https"), ("", "http")])
async def test_links_of_a_feed_are_as_people_reach_the_pages(
    imported: World, serve: Serve, monkeypatch: pytest.MonkeyPatch, said: str, scheme: str
) -> None:
    """Where a trusted proxy speaks HTTPS, each link is one of https."""
    monkeypatch.setenv("WATCHER_WEB__TRUSTED_PROXIES", '["10.1.2.3"]')
    monkeypatch.setenv("WATCHER_WEB__PUBLIC", "true")
    async with serve(imported, client="10.1.2.3", host="watcher.example.org") as (browser, app, _):
        app.store.ledger.moved([Move(HOME, "a", OLD, NEW, NOW, "release", "", 1)])
        headers = {"x-forwarded-proto": said} if said else {}
        document = (await browser.get("/moves.json", headers=headers)).json()
        links = [document["home_page_url"], document["feed_url"], document["items"][0]["url"]]
        feed = ET.fromstring((await browser.get("/moves.atom", headers=headers)).text)
        links += [link.get("href", "") for link in feed.iter(f"{ATOM}link")]
        assert len(links) == 7
        assert {link.partition("//")[0] for link in links} == {f"{scheme}:"}
        assert {link.split("/")[2] for link in links} == {"watcher.example.org"}
