"""``watcher sync [SOURCE…]``: the main job, by hand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from watcher.cli.arguments import sources_argument
from watcher.cli.options import check_sources, config_option, json_option, print_json, run
from watcher.cli.refresh import lines, tell

if TYPE_CHECKING:
    from state.store import Entry
    from watcher.app import App
    from watcher.sync import Report


@click.command("sync")
@sources_argument
@click.option("--dry-run", is_flag=True, help="Show the diff and the calls that would be made; touch nothing.")
@json_option
@config_option
def command(sources: tuple[str, ...], *, dry_run: bool, as_json: bool) -> None:
    """Poll upstream, and open or update pull requests.

    Without SOURCE every enabled source is polled that is not paused. A second run right away does nothing.
    """
    report, would, broken = run(lambda app: _job(app, sources), dry=dry_run)
    if as_json:
        print_json(document(report) | ({"calls": would.calls, "diff": would.diff} if dry_run else {}))
    else:
        _print(report, would.calls)
        click.echo(would.diff, nl=False)
    tell(broken)
    raise SystemExit(report.exit_code)


@dataclass(frozen=True, slots=True)
class Would:
    """What a dry run would have done: the calls, and the diff of every commit."""

    calls: list[str]
    diff: str


async def _job(app: App, names: tuple[str, ...]) -> tuple[Report, Would, list[Entry]]:
    """Run the main job on the named sources, or on all that are enabled."""
    from watcher.sync import sync

    check_sources(names, app.sources)
    paused = app.store.desk.paused()
    chosen = names or tuple(name for name in app.sources if app.config.enabled(name) and name not in paused)
    report = await sync(app, chosen)
    broken = lines(app, report.broken)
    if app.calls is None:
        return report, Would([], ""), broken
    diffs = [await app.repository.diff(p.base, p.head) for p in report.pulls]
    return report, Would([str(call) for call in app.calls], "".join(diffs)), broken


def document(report: Report) -> dict[str, Any]:
    """The report as programs rely on it."""
    return {
        "pulls": [p.document() for p in report.pulls],
        "held": [
            {
                "source": h.source,
                "line": h.line,
                "version": h.version,
                "arch": h.arch,
                "libc": h.libc,
                "reason": h.reason,
                "since": h.since.isoformat(),
                "due": h.due.isoformat() if h.due else None,
            }
            for h in report.held
        ],
        "skipped": [
            {"source": s.source, "line": s.line, "version": s.version, "reason": s.reason} for s in report.skipped
        ],
        "failed": [
            {"source": f.source, "url": f.url, "error": f"{f.field}: {f.error}" if f.field else f.error}
            for f in report.failed
        ],
    }


def _print(report: Report, calls: list[str]) -> None:
    """Say what happened, in the order of importance."""
    for pull in report.pulls:
        click.echo(f"#{pull.number}  {pull.title}\n     {pull.url}")
    for call in calls:
        click.echo(call)
    for held in report.held:
        click.echo(f"held     {held.subject}: {held.reason} ({held.times(report.at)})")
    for skipped in report.skipped:
        click.echo(f"skipped  {skipped.subject}: {skipped.reason}")
    for failed in report.failed:
        click.echo(f"failed   {failed.source} {failed.url} {failed.field}: {failed.error}", err=True)
    if not report.pulls and not calls and not report.failed and not report.broken:
        unchanged = "upstream unchanged" if report.unchanged else "nothing new to propose"
        click.echo(f"Nothing to do: {unchanged}.")
