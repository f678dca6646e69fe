"""Polls that end in the same moment are noted together: one commit, and one sync of the disk, for all of them.

A poll goes on, and gives its turn back, once what it found is kept. What contradicts the memory is refused alone.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from state.errors import StoreError
from state.store import Recorded, Store

_MOMENT = 0.01
"""Seconds that the first of a group waits for others."""

Job = Callable[[], list[Recorded]]


@dataclass(slots=True)
class _Wish:
    """A write that was asked for, and what becomes of it."""

    job: Job
    kept: asyncio.Future[list[Recorded]]
    outcome: list[Recorded] | StoreError | None = None


class Grouped:
    """Writes to one store, those of a moment in one transaction."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._wishes: list[_Wish] = []
        self._writing: asyncio.Task[None] | None = None

    async def write(self, job: Job) -> list[Recorded]:
        """Run *job*, which calls one writing method of the store; return its events once they are kept.

        :raises StoreError: as that method; the others of its group are kept all the same
        """
        wish = _Wish(job, asyncio.get_running_loop().create_future())
        self._wishes.append(wish)
        if self._writing is None:
            self._writing = asyncio.create_task(self._write())
        return await wish.kept

    async def _write(self) -> None:
        await asyncio.sleep(_MOMENT)
        wishes, self._wishes, self._writing = self._wishes, [], None
        lost: Exception | None = None
        try:
            with self._store.together():
                for wish in wishes:
                    _run(wish)
        except Exception as error:  # noqa: BLE001  (it is raised where each was wished)
            lost = error
        for wish in wishes:
            _tell(wish, lost)


def _run(wish: _Wish) -> None:
    """Do what is wished, or note why the memory refuses just that."""
    try:
        wish.outcome = wish.job()
    except StoreError as error:
        wish.outcome = error


def _tell(wish: _Wish, lost: Exception | None) -> None:
    """Let who wished go on; *lost* is why nothing of the group was kept."""
    outcome = lost or wish.outcome
    if wish.kept.done():
        return  # who wished was broken off meanwhile
    if isinstance(outcome, Exception):
        wish.kept.set_exception(outcome)
    else:
        wish.kept.set_result(outcome or [])
