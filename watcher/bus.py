"""The bus: an event is recorded, its step runs, and what the step returns is recorded in turn.

An event is in the journal before its step runs and is marked done in the same transaction that records
what followed, so that after a crash :func:`resume` goes on where it stopped. Steps are safe to repeat.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Iterable

from state.errors import WatcherError
from state.store import Recorded
from watcher.app import App
from watcher.pipeline import step

log = logging.getLogger(__name__)


async def run(app: App, recorded: Iterable[Recorded]) -> list[Recorded]:
    """Run the steps of *recorded* events and of all that follow; return what failed.

    A step's expected error is kept in the journal and the event stays unfinished; the others go on.
    """
    queue, failed = deque(recorded), []
    while queue:
        current = queue.popleft()
        if current.done:
            continue
        try:
            followed = await step(current, app)
        except WatcherError as error:
            log.error("%s: %s", type(current.event).__name__, error)  # noqa: TRY400  (expected: the message says it all)
            app.store.fail(current, str(error), app.now())
            failed.append(current)
        else:
            queue.extend(app.store.finish(current, followed, app.now()))
    return failed


async def resume(app: App) -> list[Recorded]:
    """Run what an earlier process recorded and did not finish; return what failed again."""
    return await run(app, app.store.unfinished())
