"""``watcher unignore SOURCE VERSION [--line L]``: propose a version again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from watcher.cli.arguments import source_argument
from watcher.cli.options import check_sources, config_option, json_option, print_json, run, version_argument

if TYPE_CHECKING:
    from watcher.app import App


@click.command("unignore")
@source_argument
@version_argument
@click.option("--line", default="", help="Only in this line (8.0-sdk); else wherever it was ignored.")
@json_option
@config_option
def command(source: str, version: str, line: str, *, as_json: bool) -> None:
    """Propose VERSION of SOURCE again, which was ignored or whose pull request was closed."""

    async def job(app: App) -> bool:
        check_sources([source], app.sources)
        return app.store.unignore(source, line, version)

    from state.model import named

    changed = run(job)
    if as_json:
        print_json({"source": source, "line": line, "version": version, "changed": changed})
    elif changed:
        click.echo(f"{named(source, line, version)} is proposed again by the next `watcher sync {source}`")
    else:
        click.echo(f"{named(source, line, version)} was not ignored: nothing to do")
