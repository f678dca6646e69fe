"""Tells people by Apprise: Slack, mail, Matrix and a hundred others (the extra ``notices``)."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable

from state.errors import SettingsError


class Notifier:
    """Sends to every one of *urls*; none of them is ever written into a log.

    :raises SettingsError: Apprise is not installed, or does not know a URL
    """

    def __init__(self, urls: Iterable[str]) -> None:
        try:
            from apprise import Apprise  # noqa: PLC0415  (an extra; half a second that others need not wait)
        except ImportError as error:
            raise SettingsError(
                "[notices] needs Apprise: pip install 'base-image-watcher[notices]', or take [notices] away"
            ) from error
        logging.getLogger("apprise").setLevel(logging.CRITICAL + 1)  # it quotes URLs
        self._apprise = Apprise()
        for number, url in enumerate(urls, 1):
            if not self._apprise.add(url):
                raise SettingsError(f"[notices] urls: Apprise does not know what line {number} is")

    async def send(self, title: str, body: str) -> bool:
        """Send plain text; False unless everybody got it."""
        from apprise import NotifyFormat  # noqa: PLC0415  (see above)

        return bool(
            await asyncio.to_thread(self._apprise.notify, body=body, title=title, body_format=NotifyFormat.TEXT)
        )
