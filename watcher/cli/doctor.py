"""``watcher doctor``: what is here, what is missing, and what to do about it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from state.errors import SettingsError
from watcher.cli.options import config_option, json_option, print_json, settings

if TYPE_CHECKING:
    from watcher.doctor import Finding


@click.command("doctor")
@json_option
@config_option
def command(*, as_json: bool) -> None:
    """Look at programs, engines, emulators, disk, database, images repository, forge and registry; change nothing.

    The exit code is 1 if something is missing that the settings need.
    """
    from watcher.doctor import Finding, bare, examine

    try:
        config = settings()
        first = Finding("settings", ok=True, told=str(config.file))
    except SettingsError as error:
        config = bare(Path.cwd())
        first = Finding("settings", ok=False, told=str(error), todo="the rest is told as the defaults have it")
    findings = [first, *asyncio.run(examine(config))]
    good = all(finding.ok for finding in findings if finding.needed)
    if as_json:
        print_json({"ok": good, "findings": [finding.document() for finding in findings]})
    else:
        _print(findings)
    raise SystemExit(0 if good else 1)


def _print(findings: Sequence[Finding]) -> None:
    """A line for each, and below it what to do."""
    width = max(len(finding.what) for finding in findings)
    for finding in findings:
        state = "ok" if finding.ok else "missing" if finding.needed else "absent"
        click.echo(f"{state:<8} {finding.what:<{width}}  {finding.told}")
        if finding.todo and finding.needed:
            click.echo(f"{'':<8} {'':<{width}}  → {finding.todo}")
    missing = [finding.what for finding in findings if finding.needed and not finding.ok]
    absent = sum(not finding.needed and not finding.ok for finding in findings)
    more = f"; absent and not needed: {absent} (--json says what they would take)" if absent else ""
    click.echo(("missing: " + ", ".join(missing) if missing else "nothing that is needed is missing") + more)
