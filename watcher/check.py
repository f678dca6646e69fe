"""Ask upstreams what they have today and remember nothing: for people who look, and for probes that watch the feeds."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from sources.feed import Feed
from sources.source import Source
from state.errors import NotPublished, SourceError
from state.model import Release
from watcher.progress import Count, Progress, unheard


@dataclass(frozen=True, slots=True)
class Checked:
    """What one source has: line → newest supported version, how many releases, and at what cost; or the error."""

    lines: Mapping[str, str] = field(default_factory=dict)
    releases: int = 0
    requests: int = 0
    error: str | None = None


async def check(
    sources: Mapping[str, Source], feeds: Mapping[str, Feed], now: datetime, progress: Progress = unheard
) -> dict[str, Checked]:
    """Ask all *sources* at once, unconditionally; each fails alone."""
    counted = Count(progress, "sources asked", len(sources))

    async def one(name: str, source: Source) -> Checked:
        checked = await _check(source, feeds[name], now)
        counted.add()
        return checked

    found = await asyncio.gather(*(one(name, source) for name, source in sources.items()))
    return dict(zip(sources, found, strict=True))


async def _check(source: Source, feed: Feed, now: datetime) -> Checked:
    try:
        documents = await source.verify(await _documents(source, feed), feed, now)
        releases = source.releases(documents)
    except SourceError as error:
        return Checked(requests=feed.requests, error=str(error))
    return Checked(_newest(releases, now.date()), len(releases), feed.requests)


async def _documents(source: Source, feed: Feed) -> dict[str, bytes]:
    """Return all documents of *source*; one of :meth:`Source.more` that upstream does not have is empty."""
    found = {name: d.body or b"" for name, d in (await feed.poll(source.DOCUMENTS, {})).items()}
    urls = source.more(found)
    answers = await asyncio.gather(*(feed.get(url) for url in urls.values()), return_exceptions=True)
    for name, answer in zip(urls, answers, strict=True):
        if isinstance(answer, BaseException) and not isinstance(answer, NotPublished):
            raise answer
        found[name] = b"" if isinstance(answer, BaseException) else answer
    return found


def _newest(releases: Sequence[Release], today: date) -> dict[str, str]:
    """Return line → its newest version that is supported *today*, in the order of these versions."""
    newest = {r.line: r for r in sorted(releases, key=lambda r: r.version) if not r.version.is_prerelease}
    supported = sorted((r for r in newest.values() if r.supported(today)), key=lambda r: r.version)
    return {r.line: str(r.version) for r in supported}
