"""``watcher status``: is it alive, what is newest, what waits, what went wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from watcher.cli.options import config_option, json_option, print_json, run

if TYPE_CHECKING:
    from watcher.app import App


@click.command("status")
@json_option
@config_option
def command(*, as_json: bool) -> None:
    """Show each source's last good poll, newest versions, what is held or failing, and what is open."""
    found = run(_job)
    if as_json:
        print_json(found)
        return
    from rich.console import Console
    from rich.table import Table

    table = Table("source", "last good poll", "newest", "failing since", box=None, pad_edge=False)
    for name, source in found["sources"].items():
        newest = "\n".join(f"{line}: {version}" for line, version in source["newest"].items())
        failing = f"{source['failing_since']}\n{source['error']}" if source["failing_since"] else ""
        table.add_row(name, (source["last_success"] or "never")[:19], newest or "none yet", failing)
    console = Console(highlight=False, soft_wrap=True)
    console.print(table)
    for held in found["held"]:
        where = f" {held['arch']}/{held['libc']}" if held["arch"] else ""
        reason = f"{held['reason']} (since {held['since'][:16]})"
        console.print(f"held: {held['source']} {held['version']}{where}: {reason}", markup=False)
    console.print(f"{found['pulls']['open']} pull requests open, {found['events']['unfinished']} events unfinished")


async def _job(app: App) -> dict[str, Any]:
    from watcher.status import document

    return document(app)
