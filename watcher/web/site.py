"""What the pages stand on: the watcher as it is wired now, who may do what, and the family's names worked out once."""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import Callable

from generator.resolve import Resolver
from generator.rows import Catalogue
from state.store import PullRecord
from watcher.app import App
from watcher.changes import touched
from watcher.held_indexes import HeldIndex, held_indexes
from watcher.web.access import Access
from watcher.web.oidc import Provider

_KEPT = 200
"""Pull requests whose files are remembered."""
_FRESH = 15.0
"""For how many seconds what indexes wait for is told without looking again: it takes a tenth of a second."""


class Site:
    """The bundle that a page may touch; a reload of the settings makes another."""

    def __init__(self, app: App, wake: Callable[[], None]) -> None:
        """Call *wake* once a wish was noted: whoever carries wishes out in this process need not wait then."""
        self.app, self.wake = app, wake
        web = app.config.settings.web
        self.provider: Provider | None = None
        told = ""
        if web.oidc is not None:
            secret = app.config.secret(web.oidc.client_secret, web.oidc.client_secret_file) or ""
            self.provider, told = Provider(web.oidc, secret), f"{secret} {web.oidc.model_dump_json()}"
        self.access = Access(web, app.config.secret(web.token, web.token_file), app.now, told)
        self._files = dict[tuple[int, str], list[str]]()
        self._resolver: tuple[str, Resolver] | None = None
        self._resolving = asyncio.Lock()
        self._indexes: tuple[float, list[HeldIndex]] | None = None

    async def resolver(self) -> tuple[str, Resolver]:
        """The commit that the images repository is at, and the names of its family: a second's work, done once."""
        head = await self.app.images.head()
        async with self._resolving:
            if self._resolver is None or self._resolver[0] != head:
                catalogue = await self.app.images.catalogue(head)
                self._resolver = (head, await asyncio.to_thread(_made, catalogue))
            return self._resolver

    async def indexes(self) -> list[HeldIndex]:
        """The indexes that stay behind their members, as they were a few seconds ago at most."""
        now = time.monotonic()
        if self._indexes is None or now - self._indexes[0] > _FRESH:
            self._indexes = now, await held_indexes(self.app)
        return self._indexes[1]

    async def files(self, record: PullRecord, head: str) -> list[str]:
        """The paths that a pull request touches while its branch is at *head*: what git says of that never changes."""
        key = (record.number, record.merge_commit or head)
        if key not in self._files:
            if len(self._files) >= _KEPT:
                self._files.clear()
            self._files[key] = await touched(self.app, record)
        return self._files[key]


def _made(catalogue: Catalogue) -> Resolver:
    """The names of a family: hundreds of thousands of objects that live until the next one.

    A full collection walks all objects, which held up a page for a tenth of a second: these it need not walk
    (https://docs.python.org/3/library/gc.html#gc.freeze). What an earlier family left is walked while this one is made.
    """
    gc.unfreeze()
    made = Resolver(catalogue)
    gc.freeze()
    return made
