"""``watcher yank SOURCE VERSION --reason TEXT``: take a bad release back."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import click

from watcher.cli.arguments import source_argument
from watcher.cli.options import check_sources, config_option, json_option, print_json, run, version_argument

if TYPE_CHECKING:
    from state.store import PullRecord
    from watcher.app import App
    from watcher.yanking import Back


@dataclass
class _Done:
    """What one call did."""

    source: str
    version: str
    pulls: list[PullRecord]
    failed: list[str] = field(default_factory=list)
    names: list[Back] = field(default_factory=list)


def _said(_ctx: click.Context, param: click.Parameter, value: str) -> str:
    """Refuse a reason that says nothing."""
    if not value.strip():
        raise click.BadParameter("say why", param=param)
    return value


@click.command("yank")
@source_argument
@version_argument
@click.option(
    "--reason", required=True, callback=_said, help="Said in the pull request and kept in the history of names."
)
@click.option("--keep-names", is_flag=True, help="Leave the names in the registry until the pull request is merged.")
@json_option
@config_option
def command(source: str, version: str, reason: str, *, keep_names: bool, as_json: bool) -> None:
    """Take VERSION of SOURCE back: it is not proposed again, and a pull request brings the release before it back.

    Where a registry is set, names lead to the images before it at once, and stay there until that is merged. Dated
    names, and names of VERSION alone, stay where they are.
    """
    done = run(lambda app: _work(app, source, version, reason, names=not keep_names))
    if as_json:
        print_json(_document(done))
    else:
        _show(done)
    if done.failed:
        raise SystemExit(1)


async def _work(app: App, source: str, version: str, reason: str, *, names: bool) -> _Done:
    from state.model import Version
    from watcher import bus, yanking
    from watcher.family import main

    check_sources([source], app.sources)
    catalogue = await main(app)
    try:
        found = await yanking.events(app, catalogue, source, Version(version), reason)
    except LookupError as error:
        raise click.UsageError(str(error.args[0])) from error
    for event in found:
        for release in event.releases:
            app.store.ignore(source, release.line, version, f"taken back: {reason}", app.now())
    failed = await bus.run(app, app.store.record(found, app.now()))
    pulls = [pull for pull in app.store.pulls("open") if pull.source == source and pull.line in {e.line for e in found}]
    done = _Done(source, version, pulls, [entry.error for entry in app.store.pages.entries(failed)])
    if names and app.config.settings.registry.url:
        from watcher.registry_access import opened

        async with opened(app.config) as registry, app.lock("build"):
            done.names = [await yanking.names_back(app, registry, catalogue, event) for event in found]
    return done


def _document(done: _Done) -> dict[str, Any]:
    pulls = [pull.document() for pull in done.pulls]
    names = [each.document() for each in done.names]
    return {"source": done.source, "version": done.version, "pulls": pulls, "failed": done.failed, "names": names}


def _show(done: _Done) -> None:
    click.echo(f"{done.source} {done.version} is not proposed again")
    for pull in done.pulls:
        click.echo(f"#{pull.number} {pull.title}\n  {pull.url}")
    for each in done.names:
        click.echo(f"{len(each.tags):,} names moved back, {sum(bool(i.digest) for i in each.indexes)} indexes written")
        if each.unpublished:
            click.echo(
                f"{each.unpublished:,} images before it were never pushed: their names stay until they are built"
            )
    for error in done.failed:
        click.echo(f"failed: {error}", err=True)
