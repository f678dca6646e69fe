"""A running daemon as its web server sees it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from watcher.app import App
from watcher.daemon_settings import Role


@dataclass(frozen=True, slots=True)
class Live:
    """What a request may touch.

    The store is synchronous: a handler calls it by ``asyncio.to_thread``, for the event loop is also the poller's. What
    a person decides is noted as a wish (``app.store.desk.inbox.wish``), then :attr:`wake` is called: the process that
    holds the forge's token carries it out, which need not be this one.
    """

    app: App
    roles: frozenset[Role]
    started: datetime
    wake: Callable[[], None]
