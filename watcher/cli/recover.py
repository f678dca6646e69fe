"""``watcher recover``: rebuild the memory after the database was lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from watcher.cli.options import config_option, json_option, print_json, run

if TYPE_CHECKING:
    from watcher.app import App
    from watcher.recover import Recovered
    from watcher.sync import Report


@click.command("recover")
@json_option
@config_option
def command(*, as_json: bool) -> None:
    """Rebuild the memory from the images repository and the forge, after the database was lost.

    What is remembered already stays. Commits tell what each pull request brings, the forge where it stands: closed
    without merging stays "not this version". Then the sources are polled once. What a person ignored by hand
    (`watcher ignore`) is in no repository: say it again.
    """

    async def job(app: App) -> tuple[Recovered, Report]:
        from watcher.recover import recover
        from watcher.sync import sync

        found = await recover(app)
        return found, await sync(app, [name for name in app.sources if name in found.sources])

    found, report = run(job)
    if as_json:
        print_json(found.document())
    else:
        _show(found)
    for failed in report.failed:
        click.echo(f"failed   {failed.source} {failed.url} {failed.field}: {failed.error}", err=True)
    raise SystemExit(1 if found.untold else report.exit_code)


def _show(found: Recovered) -> None:
    """Say what was found again, and what was not."""
    standings = ", ".join(f"{count} {standing}" for standing, count in sorted(found.pulls.items())) or "none"
    click.echo(f"Pull requests found again: {standings}; known before: {found.known}.")
    for version in found.ignored:
        click.echo(f"not wanted   {version}")
    for untold in found.untold:
        click.echo(f"not told     {untold}", err=True)
    click.echo(f"Polled: {', '.join(sorted(found.sources)) or 'nothing'}.")
