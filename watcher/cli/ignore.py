"""``watcher ignore SOURCE VERSION``: never propose a version."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from watcher.cli.options import config_option, run

if TYPE_CHECKING:
    from watcher.app import App


@click.command("ignore")
@click.argument("source")
@click.argument("version")
@click.option("--reason", default="ignored by hand", show_default=True)
@config_option
def command(source: str, version: str, reason: str) -> None:
    """Never propose VERSION of SOURCE; the next version is proposed again."""

    async def job(app: App) -> None:
        app.store.ignore(source, version, reason, app.now())

    run(job)
    click.echo(f"{source} {version} is not proposed: {reason}")
