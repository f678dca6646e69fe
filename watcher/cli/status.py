"""``watcher status``: is it alive, what is newest, what waits, what went wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from watcher.cli.options import config_option, json_option, print_json, run

if TYPE_CHECKING:
    from rich.console import Console

    from state.store.lag import Lag
    from state.store.status import SourceStatus, Status
    from watcher.app import App


_DAYS_FROM = 48
"""Hours up to which a lag is told in hours."""


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

    console = Console(highlight=False, soft_wrap=True)
    _sources(console, found)
    for held in found["held"]:
        where = f" {held['arch']}/{held['libc']}" if held["arch"] else ""
        since = (held["since"] or "")[:16]
        console.print(
            f"held: {held['source']} {held['version']}{where}: {held['reason']} (since {since})", markup=False
        )
    for changed in found["changed"]:
        console.print(
            f"checksum changed: {changed['source']} {changed['version']} {changed['url']}\n"
            f"  recorded {changed['recorded']}\n  now      {changed['published']}",
            markup=False,
        )
    console.print(f"{found['pulls']['open']} pull requests open, {found['events']['unfinished']} events unfinished")


def _sources(console: Console, found: Status) -> None:
    """The table of sources; below it, whole, what went wrong."""
    from rich.table import Table

    table = Table("source", "last good poll", "newest", "seen after", box=None, pad_edge=False)
    for name, source in found["sources"].items():
        newest = "\n".join(f"{line}: {version}" for line, version in source["newest"].items())
        seen = "\n".join(_span(source["lag"][line]) for line in source["newest"])
        table.add_row(name, (source["last_success"] or "never")[:16], newest or "none yet", seen)
    console.print(table)
    for name, source in found["sources"].items():
        if source["failing_since"]:
            console.print(f"failing: {name} since {source['failing_since'][:16]}: {source['error']}", markup=False)


def _span(lag: Lag) -> str:
    """How long after its publication a version was seen; upstream names the day of it only."""
    from datetime import UTC, datetime

    published = datetime.fromisoformat(lag["published"]).replace(tzinfo=UTC)
    hours = max(0, int((datetime.fromisoformat(lag["seen"]) - published).total_seconds() // 3600))
    return f"{hours} h" if hours < _DAYS_FROM else f"{hours // 24} days"


async def _job(app: App) -> Status:
    never: SourceStatus = {"last_success": None, "newest": {}, "failing_since": None, "error": None, "lag": {}}
    found = app.store.status(app.now().date())
    return {**found, "sources": {name: found["sources"].get(name, never) for name in app.sources}}
