"""``watcher recover``: rebuild the memory after the database was lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from watcher.cli.options import config_option, json_option, print_json, run

if TYPE_CHECKING:
    from watcher.app import App
    from watcher.recall import Recalled
    from watcher.recover import Recovered
    from watcher.sync import Report


@click.command("recover")
@json_option
@config_option
def command(*, as_json: bool) -> None:
    """Rebuild the memory from the images repository, the forge and the registry, after the database was lost.

    What is remembered already stays. Commits tell what each pull request brings, the forge where it stands: closed
    without merging stays "not this version". Of `[registry]` every repository of the family that carries its label is
    read: tags, digests, the builds behind dated names, and how names moved, by the day. Names that do not lead to their newest
    image are pinned where they are, as after a rollback. Then the sources are polled once.

    What is in none of these places is gone: what a person ignored by hand (`watcher ignore`), builds that waited or
    failed (`watcher build --all-stale` finds what is to be made), and why a person asked for a build.
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
    raise SystemExit(1 if found.untold or (found.registry and found.registry.untold) else report.exit_code)


def _show(found: Recovered) -> None:
    """Say what was found again, and what was not."""
    standings = ", ".join(f"{count} {standing}" for standing, count in sorted(found.pulls.items())) or "none"
    click.echo(f"Pull requests found again: {standings}; known before: {found.known}.")
    if found.registry:
        _published(found.registry)
    for version in found.ignored:
        click.echo(f"not wanted   {version}")
    for untold in found.untold:
        click.echo(f"not told     {untold}", err=True)
    click.echo(f"Polled: {', '.join(sorted(found.sources)) or 'nothing'}.")


def _published(found: Recalled) -> None:
    """Say what the registry told."""
    click.echo(
        f"Registry: {found.tags:,} tags of {found.repositories:,} repositories and {found.builds:,} builds found again."
    )
    for name in found.held:
        click.echo(f"held         {name}: not its newest image; `watcher rollback {name} --release` lets it go on")
    for repository in found.foreign:
        click.echo(f"not ours     {repository}: `watcher adopt {repository}` takes its tags")
    for untold in found.untold:
        click.echo(f"not told     {untold}", err=True)
