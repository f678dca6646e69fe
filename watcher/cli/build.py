"""``watcher build``: make images, and let names lead to them; ``--dry-run`` shows what that would be."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from watcher.cli.arguments import pulls, sources
from watcher.cli.options import check_sources, config_option, json_option, print_json, run
from watcher.cli.refresh import refresh, tell

if TYPE_CHECKING:
    from generator.builds import BuildStep
    from state.store import Entry
    from watcher.app import App
    from watcher.build_report import Report
    from watcher.indexing import Indexed
    from watcher.planning import Wanted


_EXAMPLES = 3


@click.command("build")
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option(
    "--pull",
    type=int,
    metavar="N",
    shell_complete=pulls,
    help="What pull request N makes; to be built it has to be merged.",
)
@click.option("--source", metavar="S", shell_complete=sources, help="Every image of a source: node, python, debian ….")
@click.option("--all-stale", "stale", is_flag=True, help="Every image that is not in the registry as it should be.")
@click.option("--dry-run", is_flag=True, help="Print what would be made, and why; make nothing.")
@click.option("--allow-removals", is_flag=True, help="Go ahead though the pull request lacks a label that it needs.")
@click.option("--all", "every", is_flag=True, help="List every image, not only examples of each layer.")
@json_option
@config_option
def command(
    names: tuple[str, ...],
    *,
    pull: int | None,
    source: str | None,
    stale: bool,
    dry_run: bool,
    allow_removals: bool,
    every: bool,
    as_json: bool,
) -> None:
    """Make the images that NAMEs lead to and all that stand on them, and let their names lead to them.

    Without a name or an option, what is in the queue and due. What the registry has of the same inputs is not built
    again; devices are relabelled. A failure holds back only what stands on it.
    """
    choice = Choice(names, pull, source, stale)
    if dry_run and not choice:
        raise click.UsageError("--dry-run of what? give names, --pull, --source or --all-stale")

    wanted, steps, report, failed = run(lambda app: _job(app, choice, dry_run=dry_run, allowed=allow_removals))
    if steps is not None:
        _show(steps, every=every, as_json=as_json)
    if report is not None:
        _tell(report, every=every) if not as_json else print_json(report.document())
    if steps is None and report is None and wanted is not None:
        click.echo(f"watcher: #{wanted.pull} is not built: {wanted.blocked}", err=True)
        raise SystemExit(1)
    if tell(failed) or (report and report.exit_code):
        raise SystemExit(1)


async def _job(
    app: App, choice: Choice, *, dry_run: bool, allowed: bool
) -> tuple[Wanted | None, list[BuildStep] | None, Report | None, list[Entry]]:
    """Plan, and do it unless that is all; neither where a label is missing."""
    from watcher import building, planning

    failed = await refresh(app)
    wanted = await choice.wanted(app)
    if wanted and wanted.blocked and not allowed:
        return wanted, None, None, failed
    if dry_run:
        return wanted, await planning.steps(app, wanted) if wanted else [], None, failed
    if wanted:
        await planning.ask(app, wanted)
    return wanted, None, await building.work(app), failed


@dataclass(frozen=True, slots=True)
class Choice:
    """What the command line asks for: names, a pull request, a source, or all that is stale; at most one of them."""

    names: tuple[str, ...]
    pull: int | None
    source: str | None
    stale: bool

    def __post_init__(self) -> None:
        if bool(self.names) + (self.pull is not None) + bool(self.source) + self.stale > 1:
            raise click.UsageError("give names, or one of --pull, --source and --all-stale")

    def __bool__(self) -> bool:
        return bool(self.names or self.source or self.stale or self.pull is not None)

    async def wanted(self, app: App) -> Wanted | None:
        """Return the images, None where nothing is asked for but what is in the queue."""
        from watcher import planning

        if self.pull is not None:
            return await planning.of_pull(app, self.pull)
        if self.source:
            check_sources([self.source], app.sources)
            return await planning.by_source(app, self.source)
        if self.stale:
            return await planning.stale(app)
        try:
            return await planning.by_names(app, self.names) if self.names else None
        except LookupError as error:
            raise click.UsageError(str(error.args[0])) from None


def _show(steps: Sequence[BuildStep], *, every: bool, as_json: bool) -> None:
    """The layers for people, and how much that is in all; or the document."""
    from generator import builds

    told = builds.document(steps)
    if as_json:
        print_json(told)
        return
    for layer, some in itertools.groupby(steps, key=lambda step: step.layer):
        _layer(layer, list(some), every=every)
    counts = told["counts"]
    click.echo(
        f"{counts['build']:,} builds, {counts['cached']:,} made of the same before, {counts['relabel']:,} relabels, "
        f"{counts['tags']:,} moving tags (--json lists them)"
    )


def _layer(layer: str, steps: Sequence[BuildStep], *, every: bool) -> None:
    """One layer: how many and why, and some of them or all."""
    click.echo(f"{layer}: {len(steps):,}")
    for reason, count in Counter(step.reason for step in steps).most_common():
        click.echo(f"  because of {reason}: {count:,}" if reason else f"  {count:,}")
    shown = steps if every else steps[:_EXAMPLES]
    for step in shown:
        click.echo(
            f"  {step.kind:<8} {step.platform:<13} {step.name}\n           dated    {', '.join(step.dated_tags)}"
        )
    if len(steps) > len(shown):
        click.echo(f"  … {len(steps) - len(shown):,} more (--all lists them)")


def _tell(report: Report, *, every: bool) -> None:
    """What was made, what failed and why, and how many names lead to it."""
    for title, made in (("built", report.built), ("cached", report.cached), ("relabel", report.relabelled)):
        shown = made if every else made[:_EXAMPLES]
        for build in shown:
            click.echo(f"{title:<8} {build.name}  {build.digest[:19]}  {build.seconds:.1f} s")
        if len(made) > len(shown):
            click.echo(f"         … {len(made) - len(shown):,} more (--all lists them)")
    for name, note in list(report.sizes.items())[: None if every else _EXAMPLES]:
        click.echo(f"size     {name}: {note}")
    if not every and len(report.sizes) > _EXAMPLES:
        click.echo(f"         … {len(report.sizes) - _EXAMPLES:,} more (--all lists them)")
    _trouble(report)
    done = Counter(tag.action for tag in report.names)
    click.echo(
        f"{len(report.built):,} built, {len(report.cached):,} there already, {len(report.relabelled):,} relabelled, "
        f"{len(report.broken):,} failed, {len(report.blocked):,} blocked; "
        f"names: {done['written']:,} written, {done['kept']:,} in place, {done['refused']:,} refused"
    )


def _trouble(report: Report) -> None:
    """What failed and when it is tried again, which indexes wait, and what went wrong beside."""
    from state.model import by_cause

    for build, *others in by_cause(report.broken):
        again = f"again after {build.next_try:%Y-%m-%d %H:%M}" if build.next_try else "not tried again by itself"
        more = f", and {len(others):,} more likewise" if others else ""
        click.echo(f"failed   {build.name}: {build.said} ({again}){more}")
        if build.log:
            click.echo(f"         watcher builds log {build.id}")
    for reason, count in Counter(build.error for build in report.waiting).items():
        click.echo(f"waits    {count:,} images, and what stands on them: {reason}")
    for each in report.indexes:
        _index(each)
    for sentence in (*report.trouble, *([f"stopped: {report.stopped}"] if report.stopped else [])):
        click.echo(sentence, err=True)


def _index(each: Indexed) -> None:
    """An index that waits for an architecture, or goes without one."""
    late = ", ".join(each.missing[:_EXAMPLES])
    if each.required:
        click.echo(f"waits    {each.name}, of all architectures, for {', '.join(each.required[:_EXAMPLES])}")
    elif each.missing and each.digest:
        click.echo(f"without  {each.name}, of all architectures: {late}")
    if each.waits and not each.required:
        until = f"{each.until:%Y-%m-%d %H:%M}" if each.until else "it is there"
        click.echo(f"waits    {', '.join(each.waits[:_EXAMPLES])} of {each.name} until {until} for {late}")
