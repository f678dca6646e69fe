"""``watcher events``: what happened, newest last."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from watcher.cli.arguments import sources
from watcher.cli.options import config_option, json_option, print_json, run

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
    for entry in found:
        state = "" if entry.done_at else f"  UNFINISHED after {entry.attempts} attempts: {entry.error}"
        click.echo(f"{entry.id:>6}  {entry.at:%Y-%m-%d %H:%M:%S}  {entry.kind:<19} {entry.summary}{state}")
    if not found:
        click.echo("Nothing happened yet: watcher sync node")
