"""``watcher pulls``: the pull requests, as a maintainer meets them; on the embedded forge also merge and close."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from watcher.cli.options import config_option, json_option, print_json, run

if TYPE_CHECKING:
    from state.model import PullRequest
    from state.store import PullRecord
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

    async def job(app: App) -> list[PullRecord]:
        await refresh(app)
        return app.store.pulls()

    found = run(job)
    if as_json:
        print_json([p.document() for p in found])
        return
    shown = [p for p in found if every or p.state == "open"]
    for pull in shown:
        click.echo(f"#{pull.number:<4} {pull.state:<7} {pull.title}   ({pull.branch})")
    if not shown:
        click.echo("No open pull request." + ("" if every else " --all shows merged and closed ones."))


@command.command("show")
@click.argument("number", type=int)
@json_option
@config_option
def show(number: int, *, as_json: bool) -> None:
    """Show pull request NUMBER as a maintainer sees it."""

    async def job(app: App) -> tuple[PullRecord, PullRequest, list[str]]:
        await refresh(app)
        record, pull = _record(app, number), await app.forge.pull(number)
        from watcher.changes import touched

        return record, pull, await touched(app, record)

    record, pull, files = run(job)
    if as_json:
        print_json(record.document() | {"body": pull.body, "files": files, "labels": list(pull.labels)})
        return
    click.secho(f"#{number} {pull.title}", bold=True)
    click.echo(f"{pull.standing}   {pull.branch}   {pull.url}\nlabels: {', '.join(pull.labels)}\n")
    click.echo(pull.body)
    click.echo(f"{len(files)} files; `watcher pulls diff {number}` shows them")


@command.command("diff")
@click.argument("number", type=int)
@config_option
def diff(number: int) -> None:
    """Show the whole diff of pull request NUMBER."""

    async def job(app: App) -> str:
        await refresh(app)
        record = _record(app, number)
        return await app.repository.diff(record.base, record.head)

    click.echo_via_pager(run(job))


@command.command("merge")
@click.argument("number", type=int)
@json_option
@config_option
def merge(number: int, *, as_json: bool) -> None:
    """Merge pull request NUMBER."""

    async def job(app: App) -> PullRecord:
        await refresh(app)
        _record(app, number)
        await app.forge.merge(number)
        await refresh(app)
        return _record(app, number)

    _tell(run(job), as_json=as_json)


@command.command("close")
@click.argument("number", type=int)
@json_option
@config_option
def close(number: int, *, as_json: bool) -> None:
    """Close pull request NUMBER without merging: these versions are not proposed again."""

    async def job(app: App) -> PullRecord:
        await refresh(app)
        _record(app, number)
        await app.forge.close(number)
        await refresh(app)
        return _record(app, number)

    _tell(run(job), as_json=as_json)


async def refresh(app: App) -> None:
    """Catch up with what maintainers did on the forge, and act on it."""
    from watcher import bus, changes

    await bus.resume(app)
    await app.repository.fetch()
    await bus.run(app, app.store.record(await changes.watch(app), app.now()))


def _record(app: App, number: int) -> PullRecord:
    """The pull request of that number; ForgeError that says how to find one."""
    from state.errors import ForgeError

    record = app.store.pull(number)
    if record is None:
        raise ForgeError(f"no pull request #{number} of ours: `watcher pulls --all` lists them")
    return record


def _tell(pull: PullRecord, *, as_json: bool) -> None:
    """Say where the pull request stands now, and what comes next."""
    if as_json:
        print_json(pull.document())
        return
    click.echo(f"#{pull.number} {pull.state}: {pull.title}")
    if pull.state == "merged":
        click.echo(f"`watcher build --pull {pull.number} --dry-run` shows what is to be built.")
