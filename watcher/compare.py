"""Unsigned digests are believed only after the file itself was downloaded and compared: in the background.

A platform whose file is still being compared is held; the others go ahead. What was compared once is
remembered, so that a file is downloaded once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from sources import availability
from sources.source import Fetch
from state.errors import SourceError
from state.model import Artifact
from state.store import Store


class Comparer:
    """Downloads under way, by URL and digest; each remembers its success in the store."""

    def __init__(self, store: Store, now: Callable[[], datetime]) -> None:
        """Remember what holds in *store*."""
        self._store, self._now = store, now
        self._tasks: dict[tuple[str, str, str], asyncio.Task[Artifact]] = {}
        self._told = set[tuple[str, str, str]]()

    async def within(
        self, seconds: float, artifacts: Sequence[Artifact], source: str, fetch: Fetch
    ) -> tuple[list[Artifact], list[tuple[Artifact, SourceError]]]:
        """Compare *artifacts*, for at most *seconds*; return those that hold, and those that do not.

        What is in neither list goes on in the background. One file may serve several platforms: it is one download.
        """
        tasks = [(artifact, self._start(artifact, source, fetch)) for artifact in artifacts]
        if tasks:
            await asyncio.wait({task for _, task in tasks}, timeout=seconds)
        good: list[Artifact] = []
        bad: list[tuple[Artifact, SourceError]] = []
        for artifact, task in tasks:
            if not task.done():
                continue
            self._tasks.pop(_key(source, artifact), None)
            try:
                good.append(replace(task.result(), arch=artifact.arch, libc=artifact.libc))
            except SourceError as error:
                bad.append((artifact, error))
        return good, bad

    async def rest(self) -> set[str]:
        """Wait for all that is under way; return the sources that have to be looked at again because of it.

        What failed is kept until then, and told by :meth:`within` without a second download.
        """
        waited = dict(self._tasks)
        if waited:
            await asyncio.wait(waited.values())
        failed = {key for key, task in waited.items() if task.exception()}
        # What failed is told once: nobody may ask for it any more.
        over = waited.keys() - (failed - self._told)
        self._told = failed - self._told
        self._tasks = {key: task for key, task in self._tasks.items() if key not in over}
        return {source for source, _, _ in waited}

    def _start(self, artifact: Artifact, source: str, fetch: Fetch) -> asyncio.Task[Artifact]:
        """Start comparing, or join the comparison that is under way."""
        key = _key(source, artifact)
        if key not in self._tasks:
            self._tasks[key] = asyncio.create_task(self._compare(artifact, fetch))
        return self._tasks[key]

    async def _compare(self, artifact: Artifact, fetch: Fetch) -> Artifact:
        """Compare and remember."""
        compared = await availability.compare(artifact, fetch)
        self._store.checksums.confirm(artifact.url, artifact.checksum, compared.size or 0, self._now())
        return compared


def _key(source: str, artifact: Artifact) -> tuple[str, str, str]:
    """What a comparison is about."""
    return source, artifact.url, str(artifact.checksum)
