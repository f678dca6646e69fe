"""``watcher events``: what happened, newest last."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from watcher.cli.arguments import sources
from watcher.cli.options import config_option, json_option, print_json, run
from watcher.cli.table import table

if TYPE_CHECKING:
    from state.store import Entry
    from watcher.app import App


@click.command("events")
@click.option("--limit", default=50, show_default=True, help="How many of the newest.")
@click.option("--source", shell_complete=sources, help="Only those of one source.")
@json_option
@config_option
def command(limit: int, source: str | None, *, as_json: bool) -> None:
    """Show what happened, newest last; an unfinished event is taken up again by the next run."""

    async def job(app: App) -> list[Entry]:
        return app.store.events(limit=limit, source=source)

    found = run(job)
    if as_json:
        print_json([entry.document() for entry in found])
        return
    if not found:
        click.echo("Nothing happened yet: watcher sync node")
        return
    rows = [(str(each.id), f"{each.at:%Y-%m-%d %H:%M:%S}", each.kind, _what(each)) for each in found]
    table(("event", "at", "kind", "what"), rows)


def _what(entry: Entry) -> str:
    """What it is about, and whether it is still to be done."""
    state = "" if entry.done_at else f"  UNFINISHED after {entry.attempts} attempts: {entry.error}"
    return f"{entry.summary}{state}"
