"""A source's documents: asked for conditionally, each with its last good state to fall back on.

One document that is away or broken does not stop the others: an outage of the unofficial builds must not hold up
an official security release. It is reported all the same, and the source counts as failing.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TypeVar

from sources import VOLATILE
from sources.feed import Document
from state.errors import NotPublished, SourceError
from state.events import FeedFailed
from state.model import Release
from state.store import Document as Kept
from watcher.answers import Answers
from watcher.app import App

T = TypeVar("T")


@dataclass(slots=True)
class Asked:
    """What upstream answered: ``urls`` are all documents by name, ``fresh`` those that came with a body.

    ``absent`` are the ones that upstream does not have; ``believed`` is what :func:`read` verified and read;
    ``changed`` tells whether any of the source's own differs from what is kept in what matters.
    """

    source: str
    answers: Answers
    urls: dict[str, str] = field(default_factory=dict)
    fresh: dict[str, Document] = field(default_factory=dict)
    absent: dict[str, bytes] = field(default_factory=dict)
    failed: list[FeedFailed] = field(default_factory=list)
    believed: Mapping[str, bytes] = field(default_factory=dict)
    changed: bool = False

    @property
    def to_keep(self) -> list[Kept]:
        """What is to be kept for the next poll; an equal body may have come with another ETag."""
        return [
            Kept(
                d.url, d.validators.etag or None, d.validators.last_modified or None, d.validators.sha256, d.body or b""
            )
            for d in self.fresh.values()
            if d.validators != self.answers.kept.get(d.url)
        ]

    def note(self, name: str, url: str, answer: Document) -> None:
        """Let a document besides the source's own be kept, with all else that this poll found."""
        self.urls[name] = url
        if answer.body is not None:
            self.fresh[name] = answer

    def keep(self, url: str) -> None:
        """The same for one that a release that waits needs, unless upstream does not have it."""
        if (answer := self.answers.answered(url)) and url not in self.urls.values():
            self.note(url, url, answer)

    @property
    def unneeded(self) -> set[str]:
        """URLs that are kept, and that this poll had no use for."""
        return self.answers.kept.keys() - set(self.urls.values())

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


@asynccontextmanager
async def asking(app: App, name: str) -> AsyncIterator[Asked]:
    """Begin to ask for all documents of source *name*, and for what else is kept of it; :func:`ask` gathers them."""
    asked = Asked(name, Answers(app.feeds(name), app.store))
    # What led to nothing (a 404) is not kept, but this process knows of it.
    _, further = app.led.get(name, ((), {}))
    asked.answers.ahead([*app.sources[name].DOCUMENTS.values(), *further.values()])
    try:
        yield asked
    finally:
        await asked.answers.aclose()


async def ask(app: App, asked: Asked) -> None:
    """Gather all documents of the source; SourceError if one cannot be had and none is kept of it.

    Those that the first ones lead to (a channel's, a branch's) were mostly asked for with them; one of them that
    upstream does not have is empty, and the source says whether it can be without it.
    """
    await _gather(asked, app.sources[asked.source].DOCUMENTS)
    if further := await _led_to(app, asked):
        await _gather(asked, further, absent=b"")
    asked.changed = any(_changed(app, asked, document) for document in asked.fresh.values())


async def read(app: App, asked: Asked) -> Sequence[Release]:
    """Verify the documents and read the releases; one that does not hold gives way to the kept one, if there is one."""
    source, feed, now = app.sources[asked.source], app.feeds(asked.source), app.now()

    async def reading(bodies: Mapping[str, bytes]) -> Sequence[Release]:
        asked.believed = await source.verify(bodies, feed, now)
        return source.releases(asked.believed)

    return await _trusted(app, asked, reading)


async def _led_to(app: App, asked: Asked) -> Mapping[str, str]:
    """What the first documents lead to. They are read for it once: it follows from them alone."""
    if (known := app.led.get(asked.source)) and known[0] == _digests(asked):
        return known[1]

    async def reading(bodies: Mapping[str, bytes]) -> Mapping[str, str]:
        return app.sources[asked.source].more(bodies)

    found = await _trusted(app, asked, reading)
    app.led[asked.source] = _digests(asked), found
    return found


def _digests(asked: Asked) -> tuple[str, ...]:
    """Of each document the digest of the text that counts: the fresh one's, or the kept one's."""
    fresh, kept = asked.fresh, asked.answers.kept
    return tuple((fresh[name].validators if name in fresh else kept[url]).sha256 for name, url in asked.urls.items())


def _changed(app: App, asked: Asked, document: Document) -> bool:
    """Whether a document differs from what is kept of it by more than what is new at every poll, as counts are."""
    counts = VOLATILE.get(asked.source)
    if not document.changed or counts is None or document.url not in asked.answers.kept:
        return document.changed
    kept = app.store.cached(asked.source, document.url) or b""
    return counts.sub(b"", kept) != counts.sub(b"", document.body or b"")


async def _gather(asked: Asked, urls: Mapping[str, str], absent: bytes | None = None) -> None:
    """Gather *urls* (document name → URL).

    *absent* is what stands for a document that upstream does not have; None: that is an error.
    """
    answers, kept = asked.answers, asked.answers.kept
    found = await asyncio.gather(*map(answers.document, urls.values()), return_exceptions=True)
    for (key, url), answer in zip(urls.items(), found, strict=True):
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
