"""``watcher history NAME``: what a name led to, and since when."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from watcher.cli.options import config_option, json_option, print_json, run
from watcher.cli.table import table

if TYPE_CHECKING:
    from watcher.app import App
    from watcher.history import History, Step

_SHORT = len("sha256:") + 12


@click.command("history")
@click.argument("name")
@click.option("--limit", type=click.IntRange(1), default=20, show_default=True, help="At most so many, the newest.")
@json_option
@config_option
def command(name: str, limit: int, *, as_json: bool) -> None:
    """Show where NAME leads and led: digests, dates, what changed, and the dated names that stay.

    The exit code is 1 where nothing of that name was ever published.
    """
    found = run(lambda app: _tell(app, name))
    if as_json:
        print_json(found.document())
    else:
        _show(found, limit)
    if not found.steps:
        raise SystemExit(1)


async def _tell(app: App, name: str) -> History:
    from generator.resolve import Resolver
    from watcher.family import main
    from watcher.history import tell

    try:
        return tell(Resolver(await main(app)), app.store, name)
    except LookupError as error:
        raise click.UsageError(str(error.args[0])) from error


def _show(found: History, limit: int) -> None:
    """One line for each digest, the newest first; whole digests are in --json."""
    click.echo(click.style(found.name, bold=True))
    if found.pin:
        click.echo(f"  pinned since {found.pin.since:%Y-%m-%d %H:%M} at {found.pin.digest}: {found.pin.reason}")
    if not found.steps:
        click.echo("  not known to have been pushed")
    else:
        table(("", "since", "digest", "what", "dated names"), [_row(found, step) for step in found.steps[:limit]])
    if len(found.steps) > limit:
        click.echo(f"  … {len(found.steps) - limit} more (--limit)")


def _row(found: History, step: Step) -> tuple[str, ...]:
    """One digest; an arrow stands before the one that the name leads to now."""
    mark = "→" if step.digest == found.digest else ""
    pull = f" (#{step.pull})" if step.pull else ""
    return mark, f"{step.at:%Y-%m-%d %H:%M}", step.digest[:_SHORT], f"{step.what}{pull}", "\n".join(step.dated)
