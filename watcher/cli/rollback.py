"""``watcher rollback NAME``: names go back to an earlier image, and stay there until they are released."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import click

from watcher.cli.options import config_option, json_option, print_json, run

if TYPE_CHECKING:
    from watcher.app import App
    from watcher.rollback import Moved


@click.command("rollback")
@click.argument("name")
@click.option(
    "--to", type=click.DateTime(["%Y-%m-%d"]), metavar="DATE", help="Where NAME led on that day; else before now."
)
@click.option("--reason", default="rolled back by hand", show_default=True, help="Kept in the history.")
@click.option("--release", is_flag=True, help="Let NAME, and what went back with it, lead to the newest image again.")
@json_option
@config_option
def command(name: str, to: datetime | None, reason: str, *, release: bool, as_json: bool) -> None:
    """Move NAME back to an earlier image, and with it every name that leads to the same one and has led there before.

    They are pinned: builds write their dated names as ever and leave these alone, until `--release`. The images that
    stand on NAME stay as they are.
    """
    if release and to:
        raise click.UsageError("--to and --release exclude one another")
    done = run(lambda app: _work(app, name, to, reason, release=release))
    if as_json:
        print_json(done.document())
    else:
        _show(done, release=release)


async def _work(app: App, name: str, to: datetime | None, reason: str, *, release: bool) -> Moved:
    from generator.resolve import Resolver
    from watcher.family import main
    from watcher.registry_access import opened
    from watcher.rollback import back, free

    async with opened(app.config) as registry, app.lock("build"):
        resolver = Resolver(await main(app))
        try:
            if release:
                return await free(app, registry, resolver, name)
            return await back(app, registry, resolver, name, to.date() if to else None, reason)
        except LookupError as error:
            raise click.UsageError(str(error.args[0])) from error


def _show(done: Moved, *, release: bool) -> None:
    verb = "is released and leads to" if release else "is pinned at"
    click.echo(f"{click.style(done.name, bold=True)} {verb} {done.digest}")
    for tag in done.tags:
        click.echo(f"  {tag.action:<8} {tag.ref}")
    for each in done.indexes:
        waits = f"  without {', '.join(each.missing)}" if each.missing else ""
        click.echo(f"  index    {each.name}{waits}")
