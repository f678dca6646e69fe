"""Documents asked for conditionally, sizes and digests, over a real server on loopback."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

import pytest

from sources import node
from sources.feed import Feed, FeedSettings, Validators
from state.errors import FetchError, NotPublished
from tests.upstream import Fault, Upstream

INDEX = node.DOCUMENTS["index"]
PATH = "/nodejs.org/dist/index.json"
FILE = "https://nodejs.org/dist/v22.11.0/node-v22.11.0-linux-x64.tar.xz"


async def test_an_unchanged_poll_is_three_304_without_a_body(feed: Feed, upstream: Upstream) -> None:
    """The second poll asks once per document, conditionally, and no body crosses the wire."""
    first = await feed.poll(node.DOCUMENTS, {})
    assert all(document.changed and document.body for document in first.values())
    upstream.requests.clear()
    second = await feed.poll(node.DOCUMENTS, {name: d.validators for name, d in first.items()})
    assert upstream.statuses() == [304, 304, 304]
    assert all(seen.conditional and not seen.body_bytes for seen in upstream.requests)
    assert all(d.body is None and not d.changed and d.validators == first[n].validators for n, d in second.items())


async def test_what_has_no_body_leaves_its_connection_open(feed: Feed, upstream: Upstream) -> None:
    """A 304 and a HEAD cost no handshake of the next request: one connection serves them all."""
    known = (await feed.document(INDEX)).validators
    for _ in range(3):
        assert (await feed.document(INDEX, known)).body is None
        await feed.look(FILE)
    assert upstream.statuses() == [200, *[304, 200] * 3]
    assert upstream.connections == 1


async def test_a_date_alone_is_enough_for_a_304(feed: Feed, upstream: Upstream) -> None:
    """A server without ETags is asked by Last-Modified."""
    known = (await feed.document(INDEX)).validators
    again = await feed.document(INDEX, Validators(last_modified=known.last_modified, sha256=known.sha256))
    assert upstream.statuses() == [200, 304]
    assert not again.changed


async def test_an_etag_that_changed_with_an_equal_body_is_no_change(feed: Feed, upstream: Upstream) -> None:
    """The digest decides, and the new ETag is remembered."""
    known = (await feed.document(INDEX)).validators
    upstream.faults[PATH] = Fault("etag", '"moved"')
    again = await feed.document(INDEX, known)
    assert not again.changed
    assert again.body
    assert again.validators == Validators('"moved"', known.last_modified, known.sha256)


async def test_a_body_that_changed_under_its_old_etag_is_a_change(feed: Feed, upstream: Upstream) -> None:
    """A server that answers 200 with the known ETag and other bytes is believed about the bytes."""
    upstream.faults[PATH] = Fault("etag", '"same"')
    known = (await feed.document(INDEX)).validators
    file = upstream.root / PATH.lstrip("/")
    file.write_bytes(file.read_bytes() + b"\n")
    unconditional = Validators("", "", known.sha256)
    again = await feed.document(INDEX, unconditional)
    assert again.validators.etag == known.etag
    assert again.changed


async def test_a_304_that_was_not_asked_for_is_refused(feed: Feed, upstream: Upstream) -> None:
    """Without a copy of ours there is nothing that a 304 could mean."""
    upstream.faults[PATH] = Fault("status", 304)
    with pytest.raises(FetchError, match=r"^node: https://nodejs\.org/dist/index\.json: HTTP 304"):
        await feed.get(INDEX)


async def test_a_poll_asks_for_everything_before_it_fails(feed: Feed, upstream: Upstream) -> None:
    """One dead document does not leave the others unasked, and is the one that is named."""
    upstream.faults[PATH] = Fault("status", 403)
    with pytest.raises(FetchError) as caught:
        await feed.poll(node.DOCUMENTS, {})
    assert caught.value.url == INDEX
    assert sorted(upstream.statuses()) == [200, 200, 403]


async def test_size_is_what_a_head_tells(feed: Feed, upstream: Upstream) -> None:
    """No body is asked for, so that looking is cheap."""
    expected = (upstream.root / FILE.removeprefix("https://")).stat().st_size
    size, etag = await feed.look(FILE)
    assert (size, bool(etag)) == (expected, True)
    assert [(seen.method, seen.body_bytes) for seen in upstream.requests] == [("HEAD", 0)]


async def test_an_empty_file_and_a_page_have_no_size(feed: Feed, upstream: Upstream) -> None:
    """A file of no bytes, or a sign-in page in its place, is not there."""
    (upstream.root / FILE.removeprefix("https://")).write_bytes(b"")
    with pytest.raises(FetchError, match="empty"):
        await feed.look(FILE)
    upstream.faults[FILE.removeprefix("https:/")] = Fault("html")
    with pytest.raises(FetchError, match="HTML page"):
        await feed.look(FILE)


async def test_digest_reads_the_published_bytes(feed: Feed, upstream: Upstream) -> None:
    """Compressible files come without compression: their own bytes are digested and counted."""
    body = b"x" * 5000
    (upstream.root / FILE.removeprefix("https://")).write_bytes(body)
    checksum, size = await feed.digest(FILE, "sha256")
    assert (checksum.digest, size) == (hashlib.sha256(body).hexdigest(), 5000)
    assert upstream.requests[0].body_bytes == 5000


async def test_save_keeps_the_published_bytes(feed: Feed, upstream: Upstream, tmp_path: Path) -> None:
    """Digest and size are those of the file that was written, and an attempt that failed leaves nothing in it."""
    body = b"x" * 200_000
    (upstream.root / FILE.removeprefix("https://")).write_bytes(body)
    upstream.faults[FILE.removeprefix("https:/")] = Fault("truncate", times=1)
    checksum, size = await feed.save(FILE, "sha256", tmp_path / "saved")
    assert (checksum.digest, size) == (hashlib.sha256(body).hexdigest(), 200_000)
    assert (tmp_path / "saved").read_bytes() == body


async def test_save_is_limited_and_says_where_it_cannot_write(feed: Feed, upstream: Upstream, tmp_path: Path) -> None:
    """A file without end is cut off; a full disk is an error of this download, not of the program."""
    with pytest.raises(FetchError, match="cannot be kept"):
        await feed.save(FILE, "sha256", tmp_path / "nowhere" / "saved")
    upstream.faults[FILE.removeprefix("https:/")] = Fault("endless")
    with pytest.raises(FetchError, match="longer than 1048576 bytes"):
        await feed.save(FILE, "sha256", tmp_path / "saved")


@pytest.mark.parametrize("status", [404, 410])
async def test_what_is_not_there_is_not_published(feed: Feed, upstream: Upstream, status: int) -> None:
    """404 and 410 are an answer, not a failure: no second attempt."""
    upstream.faults[PATH] = Fault("status", status)
    with pytest.raises(NotPublished):
        await feed.get(INDEX)
    assert upstream.statuses() == [status]


def test_a_feed_costs_nothing_until_it_is_used() -> None:
    """Making one imports neither the HTTP client nor the retries: ``watcher --help`` stays fast."""
    program = (
        "import sys; from sources.feed import Feed, FeedSettings; import sources;"
        "Feed('node', FeedSettings()); print({'httpx', 'tenacity'} & sys.modules.keys())"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=Path.cwd())
    assert done.stdout.strip() == "set()"


async def test_settings_of_a_proxy_in_the_environment_are_not_taken(
    settings: FeedSettings, upstream: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is asked is written in the settings, not in the shell that happens to start us."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    async with Feed("node", settings) as feed:
        assert await feed.get(INDEX)
