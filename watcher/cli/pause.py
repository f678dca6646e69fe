"""``watcher pause SOURCE``: let the daemon leave a source alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from watcher.cli.arguments import source_argument
from watcher.cli.options import check_sources, config_option, json_option, print_json, run

if TYPE_CHECKING:
    from watcher.app import App


@click.command("pause")
@source_argument
@click.option("--reason", default="paused by hand", show_default=True)
@json_option
@config_option
def command(source: str, reason: str, *, as_json: bool) -> None:
    """Poll SOURCE no more until `watcher resume SOURCE`; `watcher sync SOURCE` still does."""

    async def job(app: App) -> None:
        check_sources([source], app.sources)
        app.store.desk.pause(source, reason, app.now())

    run(job)
    if as_json:
        print_json({"source": source, "paused": reason})
        return
    click.echo(f"{source} is left alone until `watcher resume {source}`: {reason}")
