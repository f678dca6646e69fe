"""A source's documents: asked for conditionally, each with its last good state to fall back on.

One document that is away or broken does not stop the others: an outage of the unofficial builds must not hold up
an official security release. It is reported all the same, and the source counts as failing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from sources.feed import Document, Validators
from sources.source import Source
from state.errors import NotPublished, SourceError
from state.events import FeedFailed
from state.model import Release
from state.store import Document as Kept
from watcher.app import App

T = TypeVar("T")


@dataclass(slots=True)
class Asked:
    """What upstream answered: ``urls`` are all documents by name, ``fresh`` those that came with a body.

    ``absent`` are the ones that upstream does not have; ``believed`` is what :func:`read` verified and read.
    """

    source: str
    urls: dict[str, str] = field(default_factory=dict)
    fresh: dict[str, Document] = field(default_factory=dict)
    absent: dict[str, bytes] = field(default_factory=dict)
    failed: list[FeedFailed] = field(default_factory=list)
    believed: Mapping[str, bytes] = field(default_factory=dict)

    @property
    def changed(self) -> bool:
        """Whether anything that was read differs from what is kept."""
        return any(d.changed for d in self.fresh.values())

    @property
    def to_keep(self) -> list[Kept]:
        """What is to be kept for the next poll; an equal body may have come with another ETag."""
        return [
            Kept(
                d.url, d.validators.etag or None, d.validators.last_modified or None, d.validators.sha256, d.body or b""
            )
            for d in self.fresh.values()
        ]

    def fell_back(self, error: SourceError) -> None:
        """Note a document in whose place the kept one is used."""
        self.failed.append(FeedFailed(self.source, error.url, error.field, error.problem))


class _Bodies(Mapping[str, bytes]):
    """The documents' texts by name: as fetched, or as kept; a kept one is only unpacked when it is looked at."""

    def __init__(self, app: App, asked: Asked) -> None:
        self._app, self._asked = app, asked

    def __getitem__(self, key: str) -> bytes:
        fresh = self._asked.fresh.get(key)
        if fresh is not None and fresh.body is not None:
            return fresh.body
        if key in self._asked.absent:
            return self._asked.absent[key]
        return self._app.store.cached(self._asked.source, self._asked.urls[key]) or b""

    def __iter__(self) -> Iterator[str]:
        return iter(self._asked.urls)

    def __len__(self) -> int:
        return len(self._asked.urls)


async def ask(app: App, name: str) -> Asked:
    """Ask for all documents of source *name*; SourceError if one cannot be had and none is kept of it.

    Those that the first ones lead to (a channel's, a branch's) are asked for in a second round; one of them that
    upstream does not have is empty, and the source says whether it can be without it.
    """
    source, asked = app.sources[name], Asked(name)
    await _round(app, asked, source.DOCUMENTS)
    if further := await _trusted(app, asked, _led_to(source)):
        await _round(app, asked, further, absent=b"")
    return asked


async def read(app: App, asked: Asked) -> Sequence[Release]:
    """Verify the documents and read the releases; one that does not hold gives way to the kept one, if there is one."""
    source, feed, now = app.sources[asked.source], app.feeds(asked.source), app.now()

    async def reading(bodies: Mapping[str, bytes]) -> Sequence[Release]:
        asked.believed = await source.verify(bodies, feed, now)
        return source.releases(asked.believed)

    return await _trusted(app, asked, reading)


def _led_to(source: Source) -> Callable[[Mapping[str, bytes]], Awaitable[Mapping[str, str]]]:
    """What the first documents lead to; asynchronous like every reading."""

    async def reading(bodies: Mapping[str, bytes]) -> Mapping[str, str]:
        return source.more(bodies)

    return reading


async def _round(app: App, asked: Asked, urls: Mapping[str, str], absent: bytes | None = None) -> None:
    """Ask for *urls* (document name → URL) at once, conditionally on what is kept of them.

    *absent* is what stands for a document that upstream does not have; None: that is an error.
    """
    kept, feed = app.store.validators(asked.source), app.feeds(asked.source)
    known = {url: Validators(v.etag or "", v.last_modified or "", v.sha256) for url, v in kept.items()}
    answers = await asyncio.gather(
        *(feed.document(url, known.get(url)) for url in urls.values()), return_exceptions=True
    )
    for (key, url), answer in zip(urls.items(), answers, strict=True):
        asked.urls[key] = url
        if isinstance(answer, NotPublished) and absent is not None and url not in kept:
            asked.absent[key] = absent
        elif isinstance(answer, SourceError) and url in kept:
            asked.fell_back(answer)
        elif isinstance(answer, BaseException):
            raise answer
        elif answer.body is not None:
            asked.fresh[key] = answer


async def _trusted(app: App, asked: Asked, reading: Callable[[Mapping[str, bytes]], Awaitable[T]]) -> T:
    """Read the documents; one that does not make sense gives way to the kept one, as long as there is one."""
    while True:
        try:
            return await reading(_Bodies(app, asked))
        except SourceError as error:
            broken = next((key for key, d in asked.fresh.items() if d.url == error.url), None)
            if broken is None or app.store.cached(asked.source, error.url) is None:
                raise
            asked.fell_back(error)
            del asked.fresh[broken]
