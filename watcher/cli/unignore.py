"""``watcher unignore SOURCE VERSION``: propose a version again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from watcher.cli.options import config_option, run

if TYPE_CHECKING:
    from watcher.app import App


@click.command("unignore")
@click.argument("source")
@click.argument("version")
@config_option
def command(source: str, version: str) -> None:
    """Propose VERSION of SOURCE again, which was ignored or whose pull request was closed."""

    async def job(app: App) -> None:
        app.store.unignore(source, version)

    run(job)
    click.echo(f"{source} {version} is proposed again by the next `watcher sync {source}`")
