"""``watcher check [SOURCE…]``: what upstream has, without a trace."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from watcher.cli.arguments import sources_argument
from watcher.cli.options import check_sources, config_option, json_option, print_json, settings

if TYPE_CHECKING:
    from watcher.check import Checked


@click.command("check")
@sources_argument
@json_option
@config_option
def command(sources: tuple[str, ...], *, as_json: bool) -> None:
    """Ask upstream what there is, and remember nothing: no database, no images repository.

    Without SOURCE every enabled source is asked. The exit code is 3 if one of them failed.
    """
    found = asyncio.run(_job(sources))
    if as_json:
        print_json({"sources": {name: asdict(checked) for name, checked in found.items()}})
    else:
        _print(found)
    raise SystemExit(3 if any(checked.error for checked in found.values()) else 0)


async def _job(names: tuple[str, ...]) -> dict[str, Checked]:
    """Ask the named sources, or all that are enabled."""
    from sources import SOURCES
    from watcher.check import check
    from watcher.cli.progress import shown
    from watcher.network import network

    config = settings()
    check_sources(names, SOURCES)
    chosen = {name: source for name, source in SOURCES.items() if name in names or (not names and config.enabled(name))}
    with shown() as progress:
        async with network(config, chosen) as feeds:
            return await check(chosen, feeds, config.now(), progress)


def _print(found: dict[str, Checked]) -> None:
    """The table for people, and what went wrong."""
    from rich.console import Console
    from rich.table import Table

    table = Table("source", "supported", "releases", "requests", box=None, pad_edge=False)
    for name, checked in found.items():
        lines = "\n".join(f"{line}: {version}" for line, version in checked.lines.items())
        shown = "failed" if checked.error else lines or "none"
        table.add_row(name, shown, str(checked.releases), str(checked.requests))
    Console(highlight=False, soft_wrap=True).print(table)
    for checked in found.values():
        if checked.error:
            click.echo(f"failed   {checked.error}", err=True)
