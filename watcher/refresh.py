"""The generated files of the workspace's images repository: as its default branch has them, and the pull request that renews them."""

from __future__ import annotations

from generator.plan import GENERATED
from state.errors import ForgeError
from state.events import PullRequestOpened, PullRequestUpdated, RenderAsked
from state.store import PullRecord
from watcher import bus
from watcher.app import App


async def propose(app: App) -> PullRecord | None:
    """Open a pull request that brings every generated file up to date; None if all are.

    :raises WatcherError: whatever stood in the way; the next run goes on with it
    """
    since = app.store.last_event()
    failed = await bus.run(app, app.store.record([RenderAsked()], app.now()))
    if failed:
        raise ForgeError("the pull request could not be opened: see `watcher events`")
    for recorded in app.store.events_after(since):
        if isinstance(recorded.event, PullRequestOpened | PullRequestUpdated):
            return app.store.pull(recorded.event.pull.number)
    return None


async def read_main(app: App) -> dict[str, str]:
    """Return path → text of the catalogue and of all generated files on the default branch."""
    await app.repository.fetch()
    return await app.images.texts(await app.images.head(), ("catalogue/", *GENERATED))
