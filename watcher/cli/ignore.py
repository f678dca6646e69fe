"""``watcher ignore SOURCE VERSION [--line L]``: never propose a version."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from watcher.cli.arguments import source_argument
from watcher.cli.options import check_sources, config_option, json_option, print_json, run, version_argument

if TYPE_CHECKING:
    from watcher.app import App


@click.command("ignore")
@source_argument
@version_argument
@click.option("--line", default="", help="Only in this line (8.0-sdk); else in every line that has the version.")
@click.option("--reason", default="ignored by hand", show_default=True)
@json_option
@config_option
def command(source: str, version: str, line: str, reason: str, *, as_json: bool) -> None:
    """Never propose VERSION of SOURCE; the next version is proposed again."""

    async def job(app: App) -> None:
        check_sources([source], app.sources)
        app.store.ignore(source, line, version, reason, app.now())

    from state.model import named

    run(job)
    if as_json:
        print_json({"source": source, "line": line, "version": version, "ignored": reason})
        return
    click.echo(f"{named(source, line, version)} is not proposed: {reason}")
