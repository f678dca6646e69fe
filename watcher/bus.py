"""The bus: an event is recorded, its step runs, and what the step returns is recorded in turn.

An event is in the journal before its step runs and is marked done in the same transaction that records
what followed, so that after a crash :func:`resume` goes on where it stopped. Steps are safe to repeat.
One process at a time runs steps (:mod:`watcher.locks`): who waited leaves out what the other one did meanwhile.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from state.errors import WatcherError
from state.model import Skipped
from state.store import Recorded
from watcher import automerge, changes, panel
from watcher.app import App
from watcher.pipeline import step

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Heard:
    """What :func:`hear` found: events whose step failed, and what is left alone because of what people did."""

    failed: list[Recorded]
    left: Sequence[Skipped]


async def run(app: App, recorded: Iterable[Recorded]) -> list[Recorded]:
    """Run the steps of *recorded* events and of all that follow; return what failed.

    A step's expected error is kept in the journal and the event stays unfinished; the others go on.
    :raises StoreBusy: another process has been acting for too long; the events stay unfinished
    """
    wanted = list(recorded)
    if not wanted:
        return []
    async with app.lock("act"):
        return await _run(app, [app.store.recorded(each.id) or each for each in wanted])


async def resume(app: App) -> list[Recorded]:
    """Run what an earlier process recorded and did not finish; return what failed again."""
    async with app.lock("act"):
        return await _run(app, app.store.unfinished())


async def hear(app: App, patience: float | None = None, *, left: bool = True) -> Heard:
    """Go on with what was left, look what maintainers did on the forge, and act on it.

    All in one turn: of two processes that look at the same time one records what became of a pull request.

    :param patience: seconds to wait for another process, where not those of the settings
    :param left: go on with what was left; the daemon does that in its own time
    """
    async with app.lock("act", patience):
        failed = await _run(app, app.store.unfinished()) if left else []
        await app.repository.fetch()
        await automerge.merge_due(app)
        watched = await changes.watch(app)
        failed += await _run(app, app.store.record(watched.events, app.now()))
        asked, again = await panel.attend(app)
        failed += await _run(app, [*(app.store.unfinished() if again else []), *app.store.record(asked, app.now())])
    return Heard(failed, watched.left)


async def _run(app: App, recorded: Iterable[Recorded]) -> list[Recorded]:
    """Do so while the turn is ours."""
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
