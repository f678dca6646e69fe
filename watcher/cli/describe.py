"""``watcher describe REPOSITORY``: what its registry may show of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from watcher.cli.options import config_option, json_option, print_json, run

if TYPE_CHECKING:
    from generator.describe import Description
    from watcher.app import App


@click.command("describe")
@click.argument("repository")
@json_option
@config_option
def command(repository: str, *, as_json: bool) -> None:
    """Write the description of REPOSITORY for its registry, as Markdown: what it is, and the tags that were pushed.

    REPOSITORY is balenalib/raspberrypi3-node, or without the namespace. Tags come from the ledger, so none is named
    that the registry does not have. --json adds the short form of one line.
    """
    found = run(lambda app: _describe(app, repository))
    if as_json:
        print_json(found.document())
    else:
        click.echo(found.full, nl=False)


async def _describe(app: App, repository: str) -> Description:
    from watcher import known

    try:
        found = await known.repository(app, repository)
    except LookupError as error:
        raise click.UsageError(f"{repository}: {error.args[0]}") from error
    if found is None:
        told = f"nothing is known to have been pushed to {repository}: `watcher adopt` asks a registry"
        click.echo(f"watcher: {told}", err=True)
        raise SystemExit(1)
    return found
