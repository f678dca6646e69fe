"""``watcher approve-checksum URL ALGORITHM:DIGEST``: a person looked into a changed file and accepts it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from watcher.cli.options import config_option, json_option, print_json, run
from watcher.cli.refresh import lines, tell

if TYPE_CHECKING:
    from state.store import Entry
    from watcher.app import App


@click.command("approve-checksum")
@click.argument("url")
@click.argument("checksum", metavar="ALGORITHM:DIGEST")
@json_option
@config_option
def command(url: str, checksum: str, *, as_json: bool) -> None:
    """Accept a digest (sha256:…) for the file at URL, whose recorded checksum was another."""
    from state.model import Checksum

    try:
        accepted = Checksum(*checksum.partition(":")[::2])
    except ValueError as error:
        raise click.UsageError(str(error)) from error

    async def job(app: App) -> list[Entry]:
        from watcher import bus

        return lines(app, await bus.run(app, app.store.checksums.approve(url, accepted, app.now())))

    broken = run(job)
    if as_json:
        print_json({"url": url, "accepted": str(accepted), "failed": [entry.document() for entry in broken]})
    else:
        click.echo(f"{url} may be {accepted}: the next sync proposes it")
    tell(broken)
    raise SystemExit(1 if broken else 0)
