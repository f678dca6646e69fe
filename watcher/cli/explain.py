"""``watcher explain EVENT``: what an event means, what led to it, what came of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from watcher.cli.arguments import events
from watcher.cli.options import config_option, json_option, print_json, run

if TYPE_CHECKING:
    from state.store import Entry
    from watcher.app import App
    from watcher.explaining import Explained


@click.command("explain")
@click.argument("event", type=click.IntRange(1), shell_complete=events)
@json_option
@config_option
def command(event: int, *, as_json: bool) -> None:
    """Explain the event of number EVENT, as `watcher events` lists it; the exit code is 1 where there is none."""

    async def job(app: App) -> Explained | None:
        from watcher.explaining import explain

        return explain(app, event)

    found = run(job)
    if found is None:
        click.echo(f"no event {event}: `watcher events` lists them", err=True)
        raise SystemExit(1)
    if as_json:
        print_json(found.document())
    else:
        _show(found)


def _show(found: Explained) -> None:
    """What, why, and then what."""
    entry = found.entry
    click.echo(f"{click.style(entry.kind, bold=True)}  {entry.summary}")
    click.echo(f"  recorded {entry.at:%Y-%m-%d %H:%M:%S} UTC as event {entry.id}")
    for sentence in (found.meaning, found.state, found.advice):
        if sentence:
            click.echo(f"  {sentence}")
    if found.cause:
        click.echo(f"  because of  {_line(found.cause)}")
    for number, each in enumerate(found.followed):
        click.echo(f"  {'led to' if not number else '':<10}  {_line(each)}")
    for pull in found.pulls:
        click.echo(f"  carried by  #{pull.number} {pull.state}: {pull.title}")


def _line(entry: Entry) -> str:
    return f"{entry.id:>6}  {entry.kind}  {entry.summary}"
