"""``watcher status``: is it alive, what is newest, what waits, what went wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from watcher.cli.options import config_option, json_option, print_json, run

if TYPE_CHECKING:
    from datetime import datetime

    from rich.console import Console

    from state.store.lag import Lag
    from state.store.status import HeldStatus, Status
    from watcher.app import App
    from watcher.held_indexes import HeldIndex


_DAYS_FROM = 48
"""Hours up to which a lag is told in hours."""
_WIDE = 120
"""Columns of the table where no terminal says how many it has."""
_STAGES = {"seen": "seen", "PR": "pull", "merged": "merged", "pushed": "pushed"}


@click.command("status")
@json_option
@config_option
def command(*, as_json: bool) -> None:
    """Show each source's last good poll, newest versions, what is held or failing, what is open, and what indexes wait for."""
    found, indexes, now = run(_job)
    if as_json:
        print_json({**found, "indexes": indexes})
        return
    from rich.console import Console

    from state.model import named

    console = Console(highlight=False, soft_wrap=True)
    if not console.is_terminal:
        console.width = _WIDE
    _sources(console, found)
    for held in found["held"]:
        where = f" {held['arch']}/{held['libc']}" if held["arch"] else ""
        what = named(held["source"], held["line"], held["version"])
        console.print(f"held: {what}{where}: {held['reason']} ({_times(held, now)})", markup=False)
    for changed in found["changed"]:
        console.print(
            f"checksum changed: {changed['source']} {changed['version']} {changed['url']} (since {changed['since'][:16]})\n"
            f"  recorded {changed['recorded']}\n  now      {changed['published']}"
            + (f"\n  issue    {changed['issue']}" if changed["issue"] else ""),
            markup=False,
        )
    _builds(console, found)
    for index in indexes:
        _index(console, index)
    console.print(f"{found['pulls']['open']} pull requests open, {found['events']['unfinished']} events unfinished")


def _sources(console: Console, found: Status) -> None:
    """The table of sources; below it, whole, what is to be said of them."""
    from rich.table import Table

    table = Table("source", "last good poll", "next check", "newest", "after its publication", box=None, pad_edge=False)
    for name, source in found["sources"].items():
        polled, following = (source["last_success"] or "never")[:16], (source["next_check"] or "not planned")[:16]
        rows = [(f"{line}: {version}", _stages(source["lag"][line])) for line, version in source["newest"].items()]
        for number, row in enumerate(rows or [("none yet", "")]):
            table.add_row(*(("", "", "") if number else (name, polled, following)), *row)
    console.print(table)
    _notes(console, found)


def _notes(console: Console, found: Status) -> None:
    """Why each source is polled next when it is, and what went wrong."""
    for name, source in found["sources"].items():
        if source["paused"]:
            console.print(f"paused: {name}: {source['paused']} (watcher resume {name})", markup=False)
        elif source["cadence"]:
            console.print(f"next check: {name}: {source['cadence']}", markup=False)
    for name, source in found["sources"].items():
        if source["failing_since"]:
            console.print(f"failing: {name} since {source['failing_since'][:16]}: {source['error']}", markup=False)
        for part, outage in source["outages"].items():
            console.print(f"{part} failing: {name} since {outage['since'][:16]}: {outage['error']}", markup=False)


def _builds(console: Console, found: Status) -> None:
    """What fails, with the instruction that does, and how long the queue is."""
    for each in found["builds"]["failing"]:
        again = f"again after {each['next_try'][:16]}" if each["next_try"] else "not tried again by itself"
        why = each["step"] or each["error"].partition("\n")[0]
        more = f", and {each['others']:,} more fail likewise" if each["others"] else ""
        told = f"build failed: {each['name']}: {why} ({again}; watcher builds log {each['id']}){more}"
        console.print(told, markup=False)
    told = ", ".join(f"{count} {state}" for state, count in sorted(found["builds"]["states"].items()))
    if told:
        console.print(f"builds: {told}")


def _index(console: Console, index: HeldIndex) -> None:
    """What an index over all architectures waits for, and what helps."""
    until = f" until {index['until'][:16]}" if index["until"] else ""
    console.print(f"index waits{until}: {index['name']}", markup=False)
    for each in index["missing"]:
        console.print(
            f"  {each['name']}: {each['why']}" + (f" ({each['command']})" if each["command"] else ""), markup=False
        )


def _stages(lag: Lag) -> str:
    """How long after its publication a version was seen, had a pull request, was merged and had images."""
    return ", ".join(f"{word} {_span(lag['published'], lag[stage])}" for word, stage in _STAGES.items())  # type: ignore[literal-required]


def _span(published: str | None, at: str | None) -> str:
    """How long that took; upstream names the day of a release, or nothing."""
    from datetime import UTC, datetime

    if published is None or at is None:
        return "\N{EN DASH}" if at is None else "unknown"
    born = datetime.fromisoformat(published).replace(tzinfo=UTC)
    hours = max(0, int((datetime.fromisoformat(at) - born).total_seconds() // 3600))
    return f"{hours} h" if hours < _DAYS_FROM else f"{hours // 24} d"


def _times(held: HeldStatus, now: datetime) -> str:
    """Since when it waits, and until when by policy."""
    from datetime import datetime

    since = (held["since"] or "")[:16]
    if held["due"] is None:
        return f"since {since}"
    overdue = ", overdue" if datetime.fromisoformat(held["due"]) < now else ""
    return f"since {since} until {held['due'][:16]}{overdue}"


async def _job(app: App) -> tuple[Status, list[HeldIndex], datetime]:
    from watcher.held_indexes import held_indexes
    from watcher.known import status

    return status(app), await held_indexes(app), app.now()
