"""What commands do before they speak of pull requests: hear what maintainers did, and act on it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from state.store import Entry, Recorded
    from watcher.app import App


async def refresh(app: App, *, reading: bool = False) -> list[Entry]:
    """Catch up with what maintainers did on the forge, and act on it; return the events whose steps failed.

    :param reading: where another watcher is acting, it hears of that itself: show what is known, and wait for nothing
    """
    from state.errors import StoreBusy
    from watcher import bus

    try:
        return lines(app, (await bus.hear(app, 0 if reading else None)).failed)
    except StoreBusy as error:
        if not reading:
            raise
        click.echo(f"watcher: {str(error).partition(': ')[0]}: this is what was known before", err=True)
        return []


def lines(app: App, failed: Iterable[Recorded]) -> list[Entry]:
    """The lines of the journal of events that failed, which say why."""
    return app.store.pages.entries(failed)


def tell(failed: Iterable[Entry]) -> bool:
    """Say on standard error which events failed and why; whether there are any."""
    told = {entry.id: f"failed   {entry.kind} {entry.summary}: {entry.error} (event {entry.id})" for entry in failed}
    for sentence in told.values():
        click.echo(sentence, err=True)
    return bool(told)
