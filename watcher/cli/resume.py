"""``watcher resume SOURCE``: poll a source again that pauses."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from watcher.cli.arguments import source_argument
from watcher.cli.options import check_sources, config_option, json_option, print_json, run

if TYPE_CHECKING:
    from watcher.app import App


@click.command("resume")
@source_argument
@json_option
@config_option
def command(source: str, *, as_json: bool) -> None:
    """Poll SOURCE again, which was paused; a daemon that runs does so at once."""

    async def job(app: App) -> bool:
        from state.store import Wanted

        check_sources([source], app.sources)
        paused = app.store.desk.resume(source)
        if paused:
            app.store.desk.inbox.wish(Wanted("poll", source, "watcher resume"), app.now())
        return paused

    changed = run(job)
    if as_json:
        print_json({"source": source, "changed": changed})
    elif changed:
        click.echo(f"{source} is polled again.")
    else:
        click.echo(f"{source} was not paused.")
