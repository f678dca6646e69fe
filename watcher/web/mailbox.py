"""Takes webhooks into the database: those that come at the same time in one transaction, for each costs a sync of its log."""

from __future__ import annotations

import asyncio

from state.errors import StoreError
from state.store import Delivery
from watcher.live import Live


class Mailbox:
    """Takes deliveries one batch after the other, and wakes who carries out what they want."""

    def __init__(self, live: Live) -> None:
        self._live = live
        self._waiting: list[tuple[Delivery, asyncio.Future[bool]]] = []
        self._posting: asyncio.Task[None] | None = None

    async def take(self, delivery: Delivery) -> bool:
        """Take it; False if it was taken before. StoreError if the database cannot."""
        taken: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting.append((delivery, taken))
        if self._posting is None or self._posting.done():
            self._posting = asyncio.create_task(self._post())
        return await taken

    async def _post(self) -> None:
        app = self._live.app
        while self._waiting:
            batch, self._waiting = self._waiting, []
            try:
                answers = await asyncio.to_thread(app.store.desk.inbox.take, [each for each, _ in batch], app.now())
            except StoreError as error:
                for _, taken in batch:
                    if not taken.done():
                        taken.set_exception(error)
                continue
            if any(answer and each.wanted for answer, (each, _) in zip(answers, batch, strict=True)):
                self._live.wake()
            for answer, (_, taken) in zip(answers, batch, strict=True):
                if not taken.done():  # who asked may have hung up
                    taken.set_result(answer)
