"""``watcher builds``: what was made and is to be made, one build with all that is known of it, and its log."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, get_args

import click

from state.errors import BuildError
from watcher.cli.options import config_option, json_option, print_json, run

if TYPE_CHECKING:
    from state.model import Build
    from watcher.app import App

_STATES = ("waiting", "running", "pushed", "tagged", "failed", "blocked", "superseded")


@click.group("builds", invoke_without_command=True)
@click.option("--state", type=click.Choice(_STATES), multiple=True, help="Only those in that state (repeatable).")
@click.option("--limit", type=click.IntRange(1), default=50, show_default=True, help="How many, the newest.")
@json_option
@config_option
@click.pass_context
def command(ctx: click.Context, state: tuple[str, ...], *, limit: int, as_json: bool) -> None:
    """List builds, newest first; `show ID` and `log ID` tell more of one."""
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
    for build in found:
        click.echo(f"{build.id:>6}  {build.state:<10} {build.kind:<7} {build.platform:<13} {build.name}  {_why(build)}")
    if not found:
        click.echo("No builds" + (f" that are {' or '.join(state)}." if state else " yet."))


def _why(build: Build) -> str:
    """What a line of the list ends in: why it failed, or why it is made."""
    if build.state in ("failed", "blocked") or (build.state == "waiting" and build.error):
        return f"({build.step or build.error.partition(chr(10))[0]})"
    return f"({build.reason})"


@command.command("show")
@click.argument("number", type=int, metavar="ID")
@json_option
@config_option
def show(number: int, *, as_json: bool) -> None:
    """Show all that is known of one build."""
    build, note = run(lambda app: _sized(app, number))
    told = {**build.document(), "size_note": note}
    if as_json:
        print_json(told)
        return
    for key, value in told.items():
        if value not in (None, ""):
            click.echo(f"{key:<12} {value}")


@command.command("log")
@click.argument("number", type=int, metavar="ID")
@config_option
def log(number: int) -> None:
    """Print the log of a build's last try."""
    build, file = run(lambda app: _find(app, number))
    if not build.log or not file.is_file():
        raise BuildError(
            f"build {number} has no log: it was {'relabelled' if build.kind == 'relabel' else build.state}"
        )
    click.echo(file.read_text(errors="replace"), nl=False)


async def _sized(app: App, number: int) -> tuple[Build, str]:
    """A build, and what is to be told of its size."""
    from builder.smoke import size_note

    build, _ = await _find(app, number)
    return build, size_note(build.size, app.store.builds.size_before(build)) if build.size else ""


async def _find(app: App, number: int) -> tuple[Build, Path]:
    from watcher.works import FOLDER

    build = app.store.builds.find(number)
    if build is None:
        raise BuildError(f"no build {number}: `watcher builds` lists them")
    return build, app.config.var / FOLDER / build.log
