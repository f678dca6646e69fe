"""``watcher pulls``: the pull requests, as a maintainer meets them, and his decision: merge, close, reopen."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

import click

from watcher.cli.arguments import pull_argument
from watcher.cli.options import config_option, json_option, print_json, run
from watcher.cli.refresh import lines, refresh, tell
from watcher.cli.table import table

if TYPE_CHECKING:
    from state.model import PullRequest
    from state.store import Entry, PullRecord
    from watcher.app import App


@click.group("pulls", invoke_without_command=True)
@click.option("--all", "every", is_flag=True, help="Also merged and closed ones.")
@json_option
@config_option
@click.pass_context
def command(ctx: click.Context, *, every: bool, as_json: bool) -> None:
    """List pull requests; see the subcommands to read and decide on one."""
    if ctx.invoked_subcommand:
        return

    async def job(app: App) -> tuple[list[PullRecord], list[Entry]]:
        failed = await refresh(app, reading=True)
        return app.store.pulls(), failed

    found, failed = run(job)
    if as_json:
        print_json([p.document() for p in found])
    else:
        _list(found, every=every)
    _end(failed)


def _list(found: list[PullRecord], *, every: bool) -> None:
    """One line each, for people."""
    shown = [p for p in found if every or p.state == "open"]
    if shown:
        rows = [(f"#{pull.number}", pull.state, pull.title, pull.branch) for pull in shown]
        table(("number", "state", "title", "branch"), rows)
    else:
        click.echo("No open pull request." + ("" if every else " --all shows merged and closed ones."))


@command.command("show")
@pull_argument
@json_option
@config_option
def show(number: int, *, as_json: bool) -> None:
    """Show pull request NUMBER as a maintainer sees it."""

    async def job(app: App) -> tuple[PullRecord, PullRequest, list[str], list[Entry]]:
        from watcher.changes import touched

        failed = await refresh(app, reading=True)
        record, pull = _record(app, number), await app.forge.pull(number)
        return record, pull, await touched(app, record), failed

    record, pull, files, failed = run(job)
    if as_json:
        print_json(record.document() | {"body": pull.body, "files": files, "labels": list(pull.labels)})
    else:
        click.secho(f"#{number} {pull.title}", bold=True)
        click.echo(f"{pull.standing}   {pull.branch}   {pull.url}\nlabels: {', '.join(pull.labels)}\n")
        click.echo(pull.body)
        click.echo(f"{len(files)} files; `watcher pulls diff {number}` shows them")
    _end(failed)


@command.command("diff")
@pull_argument
@config_option
def diff(number: int) -> None:
    """Show the whole diff of pull request NUMBER."""

    async def job(app: App) -> tuple[str, list[Entry]]:
        from watcher.changes import sides

        failed = await refresh(app, reading=True)
        return await app.repository.diff(*await sides(app, _record(app, number))), failed

    text, failed = run(job)
    click.echo_via_pager(text)
    _end(failed)


@command.command("merge")
@pull_argument
@json_option
@config_option
def merge(number: int, *, as_json: bool) -> None:
    """Merge pull request NUMBER."""
    _decide(number, lambda app: app.forge.merge(number), as_json=as_json)


@command.command("close")
@pull_argument
@json_option
@config_option
def close(number: int, *, as_json: bool) -> None:
    """Close pull request NUMBER without merging: these versions are not proposed again."""
    _decide(number, lambda app: app.forge.close(number), as_json=as_json)


@command.command("reopen")
@pull_argument
@json_option
@config_option
def reopen(number: int, *, as_json: bool) -> None:
    """Open pull request NUMBER again, which was closed: its versions may be proposed again too."""
    _decide(number, lambda app: app.forge.reopen(number), as_json=as_json)


@command.command("recreate")
@pull_argument
@json_option
@config_option
def recreate(number: int, *, as_json: bool) -> None:
    """Make the branch of pull request NUMBER again from the catalogue, giving up commits by people on it."""

    async def job(app: App) -> tuple[PullRecord, list[Entry]]:
        from state.events import RedoAsked
        from watcher import bus

        failed = await refresh(app)
        record = _record(app, number)
        asked = RedoAsked(record.source, await app.forge.pull(number), "asked")
        failed += lines(app, await bus.run(app, app.store.record([asked], app.now())))
        return _record(app, number), failed

    pull, failed = run(job)
    if as_json:
        print_json(pull.document())
    else:
        click.echo(f"#{pull.number} {pull.state}: {pull.title} (its branch is at {pull.head[:12]})")
    _end(failed)


def _decide(number: int, decision: Callable[[App], Awaitable[PullRequest]], *, as_json: bool) -> None:
    """Do on the forge what a person decided, act on it, and say where the pull request stands now."""

    async def job(app: App) -> tuple[PullRecord, list[Entry]]:
        failed = await refresh(app)
        _record(app, number)
        await decision(app)
        failed += await refresh(app)
        return _record(app, number), failed

    pull, failed = run(job)
    if as_json:
        print_json(pull.document())
    else:
        click.echo(f"#{pull.number} {pull.state}: {pull.title}")
        if pull.state == "merged":
            click.echo(f"`watcher build --pull {pull.number} --dry-run` shows what is to be built.")
    _end(failed)


def _record(app: App, number: int) -> PullRecord:
    """The pull request of that number; ForgeError that says how to find one."""
    from state.errors import ForgeError

    record = app.store.pull(number)
    if record is None:
        raise ForgeError(f"no pull request #{number} of ours: `watcher pulls --all` lists them")
    return record


def _end(failed: list[Entry]) -> None:
    """End the command: with exit code 1 and the reasons where a step failed."""
    if tell(failed):
        raise SystemExit(1)
