"""Limits, redirects, retries and mirrors, over a real server on loopback."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from email.utils import formatdate
from time import monotonic, time

import pytest

from sources import node
from sources.exchange import Connections
from sources.feed import Feed, FeedSettings
from state.errors import FetchError, NotPublished
from tests.sources.conftest import Naps
from tests.upstream import Fault, Upstream

INDEX = node.DOCUMENTS["index"]
PATH = "/nodejs.org/dist/index.json"
OFFICIAL = r"^node: https://nodejs\.org/dist/index\.json: "


async def test_an_endless_body_is_cut_off(feed: Feed, upstream: Upstream) -> None:
    """Reading stops at the limit, once: the same again would be as long."""
    upstream.faults[PATH] = Fault("endless")
    with pytest.raises(FetchError, match=OFFICIAL + "is longer than 1048576 bytes"):
        await feed.get(INDEX)
    assert len(upstream.requests) == 1
    with pytest.raises(FetchError, match="longer"):
        await feed.digest(INDEX, "sha256")


async def test_a_callers_own_limit_holds(feed: Feed) -> None:
    """A list of digests may be bounded more tightly than an index."""
    with pytest.raises(FetchError, match="longer than 100 bytes"):
        await feed.get(INDEX, limit=100)


async def test_a_gzip_bomb_is_counted_unpacked(feed: Feed, upstream: Upstream) -> None:
    """Sixteen MiB in a few KiB of gzip are sixteen MiB."""
    upstream.faults[PATH] = Fault("bomb", 1 << 24)
    with pytest.raises(FetchError, match=OFFICIAL + "is longer than"):
        await feed.document(INDEX)


async def test_encodings_upon_encodings_are_refused(feed: Feed, upstream: Upstream) -> None:
    """One packet of gzip in gzip could fill the memory before anything is counted."""
    upstream.faults[PATH] = Fault("html", headers=(("Content-Encoding", "gzip, gzip"),))
    with pytest.raises(FetchError, match="encoding that was not asked for: 'gzip, gzip'"):
        await feed.get(INDEX)


async def test_a_body_that_drips_meets_the_clock(feed: Feed, upstream: Upstream) -> None:
    """Each byte comes in time, the whole does not."""
    upstream.faults[PATH] = Fault("drip")
    async with asyncio.timeout(3):
        with pytest.raises(FetchError, match=OFFICIAL + r"took longer than 0\.6 s"):
            await feed.get(INDEX)
    assert len(upstream.requests) == 1


@pytest.mark.parametrize(("kind", "said"), [("stall", "no answer in time"), ("truncate", "the answer broke off")])
async def test_what_breaks_off_is_tried_again(feed: Feed, upstream: Upstream, naps: Naps, kind: str, said: str) -> None:
    """Three attempts, then the error with the official URL."""
    upstream.faults[PATH] = Fault(kind)  # type: ignore[arg-type]
    with pytest.raises(FetchError, match=OFFICIAL + said):
        await feed.get(INDEX)
    assert len(upstream.requests) == 3
    assert len(naps.taken) == 2


async def test_a_refused_connection_is_tried_again(settings: FeedSettings, naps: Naps) -> None:
    """Nobody listens: three attempts, and the error tells which mirror was asked."""
    async with Feed(
        "node", replace(settings, mirrors={"https://nodejs.org": "http://127.0.0.1:1"}), sleep=naps
    ) as feed:
        with pytest.raises(FetchError, match=OFFICIAL + r"cannot be reached: .*asked of the mirror 127\.0\.0\.1:1\)"):
            await feed.get(INDEX)
    assert len(naps.taken) == 2


async def test_a_busy_server_is_asked_again_and_may_recover(feed: Feed, upstream: Upstream, naps: Naps) -> None:
    """Two 503, then the document."""
    upstream.faults[PATH] = Fault("status", 503, times=2)
    assert await feed.get(INDEX)
    assert upstream.statuses() == [503, 503, 200]


@pytest.mark.parametrize("in_words", [False, True])
async def test_retry_after_is_honoured(feed: Feed, upstream: Upstream, naps: Naps, *, in_words: bool) -> None:
    """Seconds, or a date by the server's own clock."""
    wait = formatdate(time() + 17, usegmt=True) if in_words else "17"
    upstream.faults[PATH] = Fault("status", 429, 1, (("Retry-After", wait),))
    assert await feed.get(INDEX)
    assert upstream.statuses() == [429, 200]
    assert naps.taken[0] >= 15


async def test_who_asks_for_a_long_wait_is_left_alone(feed: Feed, upstream: Upstream, naps: Naps) -> None:
    """An hour is for the next poll, not for this one."""
    upstream.faults[PATH] = Fault("status", 429, headers=(("Retry-After", "3600"),))
    with pytest.raises(FetchError, match="HTTP 429, and asks to wait 3600 s"):
        await feed.get(INDEX)
    assert upstream.statuses() == [429]
    assert naps.taken == []


async def test_a_refusal_is_not_repeated(feed: Feed, upstream: Upstream) -> None:
    """403 says no: asking again is noise."""
    upstream.faults[PATH] = Fault("status", 403)
    with pytest.raises(FetchError, match=OFFICIAL + "HTTP 403"):
        await feed.get(INDEX)
    assert upstream.statuses() == [403]


async def test_a_redirect_to_another_host_is_refused(feed: Feed, upstream: Upstream) -> None:
    """Nobody who answers for an upstream may send us elsewhere, another port included."""
    for target in ("https://evil.test/index.json", f"http://127.0.0.1:1{PATH}", "file:///etc/passwd"):
        upstream.faults[PATH] = Fault("redirect", target)
        with pytest.raises(FetchError, match=OFFICIAL + "redirects to .* not permitted"):
            await feed.get(INDEX)


async def test_a_redirect_on_the_host_is_followed(feed: Feed, upstream: Upstream) -> None:
    """The mirror's own host is fine, relative or not."""
    for target in (
        "/nodejs.org/dist/v22.11.0/SHASUMS256.txt.asc",
        f"{upstream.url}/nodejs.org/dist/v22.11.0/SHASUMS256.txt.asc",
    ):
        upstream.faults[PATH] = Fault("redirect", target)
        assert b"node-v22.11.0-linux-x64.tar.xz" in await feed.get(INDEX)


async def test_a_listed_host_may_be_redirected_to_through_its_mirror(
    settings: FeedSettings, upstream: Upstream, naps: Naps
) -> None:
    """A permitted official host is mapped like any other URL."""
    upstream.faults[PATH] = Fault("redirect", node.DOCUMENTS["schedule"])
    listed = replace(settings, redirect_hosts=("raw.githubusercontent.com",))
    async with Feed("node", listed, sleep=naps) as feed:
        assert b"v22" in await feed.get(INDEX)


async def test_redirects_in_a_circle_end(feed: Feed, upstream: Upstream) -> None:
    """Five times is enough."""
    upstream.faults[PATH] = Fault("redirect", PATH)
    with pytest.raises(FetchError, match="redirects more than 5 times"):
        await feed.get(INDEX)
    assert len(upstream.requests) == 5


def test_the_longest_mirror_wins_and_only_at_a_slash() -> None:
    """A prefix is a folder: neither a longer host name nor a longer file name begins with it."""
    mirrors = {
        "https://nodejs.org": "http://a",
        "https://nodejs.org/dist/": "http://b/x/",
        "https://go.dev": "http://c",
    }
    settings = FeedSettings(mirrors=mirrors)
    expected = {
        "https://nodejs.org/dist/index.json": "http://b/x/index.json",
        "https://nodejs.org/distant": "http://a/distant",
        "https://nodejs.org": "http://a",
        "https://nodejs.org.evil.test/dist/": "https://nodejs.org.evil.test/dist/",
        "https://other.test/": "https://other.test/",
    }
    assert {url: settings.mapped(url) for url in expected} == expected


async def test_the_password_of_a_mirror_is_not_told(settings: FeedSettings, upstream: Upstream) -> None:
    """An error goes to logs and people; the settings' secrets do not."""
    secret = upstream.url.replace("http://", "http://user:hunter2@")
    async with Feed("node", replace(settings, mirrors={"https://nodejs.org": f"{secret}/none"})) as feed:
        with pytest.raises(NotPublished) as caught:
            await feed.get(INDEX)
    assert "hunter2" not in str(caught.value)
    assert f"asked of the mirror 127.0.0.1:{upstream.port}" in str(caught.value)


async def test_a_host_gives_no_more_turns_than_it_has(settings: FeedSettings, upstream: Upstream) -> None:
    """Two sources, one host, one turn: six answers of 30 ms come one after the other, on one connection pool."""
    upstream.latency = 0.03
    one = replace(settings, per_host=1)
    shared = Connections(one)
    node, other = (Feed(name, one, connections=shared) for name in ("node", "other"))
    start = monotonic()
    await asyncio.gather(*(feed.get(INDEX) for feed in (node, other) for _ in range(3)))
    assert monotonic() - start >= 6 * upstream.latency
    await node.aclose()
    assert not shared._clients["nodejs.org"].is_closed  # who shares them does not close them
    await shared.aclose()
