"""``watcher prune``: delete from the registry what nobody needs any more."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from watcher.cli.options import config_option, json_option, print_json, run

if TYPE_CHECKING:
    from watcher.app import App
    from watcher.pruning import Pruned


@click.command("prune")
@click.option("--dry-run", is_flag=True, help="Say what would be deleted.")
@json_option
@config_option
def command(*, dry_run: bool, as_json: bool) -> None:
    """Delete staged images and logs of builds of a while ago, and dated names as old as [retention] dated says.

    What a moving name or a pin leads to stays, and so does the newest date of each name.
    """
    done = run(lambda app: _work(app, dry=dry_run))
    if as_json:
        print_json(done.document())
        return
    verb = "would delete" if dry_run else "deleted"
    for name in (*done.staged, *done.dated):
        click.echo(f"{verb} {name}")
    for name in done.kept:
        click.echo(f"kept {name}: the registry does not delete")
    click.echo(
        f"{verb} {len(done.staged):,} staged images, {len(done.dated):,} dated names and {len(done.logs):,} logs of builds"
    )


async def _work(app: App, *, dry: bool) -> Pruned:
    from watcher.family import main
    from watcher.pruning import prune
    from watcher.registry_access import opened

    async with opened(app.config) as registry, app.lock("build"):
        return await prune(app, registry, (await main(app)).family.namespace, dry=dry)
