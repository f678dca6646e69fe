"""What the pages stand on: the watcher as it is wired now, who may do what, and the family's names worked out once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from generator.resolve import Resolver
from watcher.app import App
from watcher.config import Configured
from watcher.web.access import Access


class Site:
    """The bundle that a page may touch. *app* gives the watcher of the moment: a reload of the settings replaces it."""

    def __init__(self, app: Callable[[], App], wake: Callable[[], None]) -> None:
        """Call *wake* once a wish was noted: whoever carries wishes out in this process need not wait then."""
        self._app, self.wake = app, wake
        self._access: tuple[Configured, Access] | None = None
        self._resolver: tuple[str, Resolver] | None = None
        self._resolving = asyncio.Lock()

    @property
    def app(self) -> App:
        """The watcher as it is wired now."""
        return self._app()

    @property
    def access(self) -> Access:
        """The rules of the settings as they are now."""
        config = self.app.config
        if self._access is None or self._access[0] is not config:
            web = config.settings.web
            self._access = (config, Access(web, config.secret(web.token, web.token_file), self.app.now))
        return self._access[1]

    async def resolver(self) -> tuple[str, Resolver]:
        """The commit that the images repository is at, and the names of its family: a second's work, done once."""
        app = self.app
        head = await app.images.head()
        async with self._resolving:
            if self._resolver is None or self._resolver[0] != head:
                catalogue = await app.images.catalogue(head)
                self._resolver = (head, await asyncio.to_thread(Resolver, catalogue))
            return self._resolver
