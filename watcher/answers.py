"""What one poll asks of upstream: every document once, conditionally, and all that is kept in the first round already.

What is kept is what the last good poll looked at, so that nearly nothing is left for a second round: what a fresh
document leads to besides, and what only a release that waits needs.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from pathlib import Path

from sources.feed import Document, Feed, Validators
from sources.source import Proofs
from state.model import Checksum
from state.store import Store


class Answers:
    """The documents of one source as upstream has them at this poll; ``kept`` are the validators of those we have."""

    def __init__(self, feed: Feed, store: Store) -> None:
        self.feed, self._store = feed, store
        kept = store.validators(feed.source)
        self.kept: Mapping[str, Validators] = {
            url: Validators(each.etag or "", each.last_modified or "", each.sha256) for url, each in kept.items()
        }
        self._asked: dict[str, asyncio.Task[Document]] = {}

    def ahead(self, first: Iterable[str]) -> None:
        """Ask for the URLs *first* and for all that is kept, and wait for none of them."""
        for url in (*first, *self.kept):
            self._ask(url, None)

    async def document(self, url: str, *, limit: int | None = None) -> Document:
        """Return what upstream answers of *url*, which is asked once however often this is; errors as :meth:`Feed.get`."""
        return await self._ask(url, limit)

    async def body(self, url: str, *, limit: int | None = None) -> bytes:
        """Return the text of *url* as it is now, out of the memory where it did not change; errors as :meth:`Feed.get`."""
        answer = await self.document(url, limit=limit)
        if answer.body is not None:
            return answer.body
        kept = self._store.cached(self.feed.source, url)
        return await self.feed.get(url, limit=limit) if kept is None else kept

    def answered(self, url: str) -> Document | None:
        """Return what :meth:`document` returned of *url*; None if that was an error."""
        task = self._asked[url]
        return None if task.cancelled() or task.exception() else task.result()

    async def aclose(self) -> None:
        """Break off what nobody waited for: of an ended line, for example."""
        for task in self._asked.values():
            task.cancel()
        await asyncio.gather(*self._asked.values(), return_exceptions=True)

    def _ask(self, url: str, limit: int | None) -> asyncio.Task[Document]:
        if url not in self._asked:
            asking = self.feed.document(url, self.kept.get(url), limit=limit)
            self._asked[url] = asyncio.create_task(asking)
        return self._asked[url]


class LineNetwork:
    """The network of one line's look; satisfies :class:`sources.source.Fetch`. ``asked`` are the documents it needed."""

    def __init__(self, answers: Answers) -> None:
        self._answers, self._feed = answers, answers.feed
        self.asked = set[str]()

    @property
    def source(self) -> str:
        """See :class:`sources.source.Fetch`."""
        return self._feed.source

    @property
    def keys(self) -> Path | None:
        """See :class:`sources.source.Fetch`."""
        return self._feed.keys

    @property
    def proofs(self) -> Proofs:
        """See :class:`sources.source.Fetch`."""
        return self._feed.proofs

    async def get(self, url: str, *, limit: int | None = None) -> bytes:
        """Return a body, which is asked for conditionally where it is kept."""
        self.asked.add(url)
        return await self._answers.body(url, limit=limit)

    async def look(self, url: str) -> tuple[int, str]:
        """See :class:`sources.source.Fetch`."""
        return await self._feed.look(url)

    async def digest(self, url: str, algorithm: str) -> tuple[Checksum, int]:
        """See :class:`sources.source.Fetch`."""
        return await self._feed.digest(url, algorithm)

    async def save(self, url: str, algorithm: str, target: Path) -> tuple[Checksum, int]:
        """See :class:`sources.source.Fetch`."""
        return await self._feed.save(url, algorithm, target)
