"""``watcher builds``: what was made and is to be made, one build with all that is known of it, and its log."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, get_args

import click

from state.errors import BuildError
from watcher.cli.arguments import build_argument
from watcher.cli.options import config_option, json_option, print_json, run
from watcher.cli.table import table

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from state.model import Build
    from watcher.app import App

_NUMBERS = 20
_STATES = ("waiting", "running", "pushed", "tagged", "failed", "blocked", "superseded")


@click.group("builds", invoke_without_command=True)
@click.option("--state", type=click.Choice(_STATES), multiple=True, help="Only those in that state (repeatable).")
@click.option("--limit", type=click.IntRange(1), default=50, show_default=True, help="How many, the newest.")
@json_option
@config_option
@click.pass_context
def command(ctx: click.Context, state: tuple[str, ...], *, limit: int, as_json: bool) -> None:
    """List builds, newest first; `show ID` and `log ID` tell more of one.

    Images that fail of one thing have one line; --json lists each.
    """
    if ctx.invoked_subcommand is not None:
        return

    async def job(app: App) -> list[Build]:
        from state.model import BuildState

        states = [each for each in get_args(BuildState) if each in state]
        return app.store.builds.newest(limit, states)

    found = run(job)
    if as_json:
        print_json([build.document() for build in found])
        return
    if found:
        table(("build", "state", "kind", "platform", "name", "why"), _rows(found))
    else:
        click.echo("No builds" + (f" that are {' or '.join(state)}." if state else " yet."))


def _rows(found: Sequence[Build]) -> Iterator[tuple[str, ...]]:
    """One row for each, but one for all that fail of one thing: the newest of them, and the numbers of the others."""
    from state.model import by_cause

    likewise = {first.id: others for first, *others in by_cause(b for b in found if b.state == "failed")}
    for build in found:
        if build.state == "failed" and build.id not in likewise:
            continue
        others = likewise.get(build.id, [])
        numbers = ", ".join(str(each.id) for each in others[:_NUMBERS])
        more = f"; {len(others)} more likewise: {numbers}{' …' if len(others) > _NUMBERS else ''}" if others else ""
        waits = build.state == "waiting" and build.error  # for a machine, or for what cannot be reached
        why = build.said if waits or build.state in ("failed", "blocked") else build.reason
        yield str(build.id), build.state, build.kind, build.platform, build.name, f"{why}{more}"


@command.command("show")
@build_argument
@json_option
@config_option
def show(number: int, *, as_json: bool) -> None:
    """Show all that is known of one build."""
    told = run(lambda app: _told(app, number))
    if as_json:
        print_json(told)
        return
    for key, value in told.items():
        if value not in (None, ""):
            click.echo(f"{key:<12} {value}")


@command.command("log")
@build_argument
@config_option
def log(number: int) -> None:
    """Print the log of a build's last try."""
    build, file = run(lambda app: _find(app, number))
    if not build.log or not file.is_file():
        raise BuildError(
            f"build {number} has no log: it was {'relabelled' if build.kind == 'relabel' else build.state}"
        )
    click.echo(file.read_text(errors="replace"), nl=False)


async def _told(app: App, number: int) -> dict[str, Any]:
    """All that is known of a build."""
    from watcher import known

    return known.build(app, number) or _none(number)


async def _find(app: App, number: int) -> tuple[Build, Path]:
    from watcher.works import FOLDER

    build = app.store.builds.find(number)
    if build is None:
        _none(number)
    return build, app.config.var / FOLDER / build.log


def _none(number: int) -> NoReturn:
    raise BuildError(f"no build {number}: `watcher builds` lists them")
