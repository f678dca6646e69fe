"""``watcher releases SOURCE``: what is known of a source's releases."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from watcher.cli.arguments import source_argument
from watcher.cli.grid import grid
from watcher.cli.options import check_sources, config_option, json_option, print_json, run
from watcher.cli.table import table

if TYPE_CHECKING:
    from state.model import Release
    from watcher.app import App
    from watcher.known import Releases


@click.command("releases")
@source_argument
@click.option("--all", "every", is_flag=True, help="Also lines that upstream no longer supports.")
@json_option
@config_option
def command(source: str, *, every: bool, as_json: bool) -> None:
    """List the releases of SOURCE, newest first; below, of each supported line's newest, what there is for each platform.

    A file is there (a letter says where it is from), awaited, or absent for a reason.
    """
    from watcher.known import releases

    async def job(app: App) -> Releases:
        check_sources([source], app.sources)
        return await releases(app, source, every=every)

    known = run(job)
    if as_json:
        print_json(known.document())
        return
    if not known.found:
        click.echo(_nothing(known, source))
        return
    table(("version", "line", "published", "supported until", "what"), map(_row, known.found))
    for release in known.found:
        _platforms(known, release)


def _platforms(known: Releases, release: Release) -> None:
    """What there is for each platform, where the release is its line's newest."""
    there = known.of(release)
    if there is None:
        return
    click.secho(f"\n{release.source} {release.version}", bold=True)
    for line in grid(there, [h for h in known.waits(release) if h.arch is None], known.now):
        click.echo(f"    {line}")


def _nothing(known: Releases, source: str) -> str:
    """Why there is nothing to show, and what to do."""
    if known.ended:
        return f"{known.ended} releases are known, and upstream supports the line of none of them: --all lists them"
    return f"Nothing is known yet: watcher sync {source}"


def _row(release: Release) -> tuple[str, ...]:
    """One release in one row."""
    marks = ", ".join(filter(None, (release.long_term, "security" if release.security else "")))
    dates = (str(release.published or ""), str(release.supported_until or ""))
    return str(release.version), release.line, *dates, marks
