"""Several things at once, of which none goes on when one of them failed."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")


async def each(job: Callable[[T], Awaitable[R]], values: Sequence[T], at_once: int) -> list[R]:
    """Return what *job* makes of each value, in their order; *at_once* of them are on the way.

    The first error is raised when all others have ended: nobody uses a connection that is being closed.
    """
    turn = asyncio.Semaphore(at_once)

    async def one(value: T) -> R:
        async with turn:
            return await job(value)

    tasks = [asyncio.create_task(one(value)) for value in values]
    try:
        return list(await asyncio.gather(*tasks))
    except BaseException:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        raise
