"""``watcher build --pull N --dry-run``: what merging builds, in build order."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import click

from watcher.cli.options import config_option, json_option, print_json, run

if TYPE_CHECKING:
    from watcher.app import App
    from watcher.changes import BuildPlan


@click.command("build")
@click.option("--pull", type=int, required=True, metavar="N", help="The pull request, open or merged.")
@click.option("--dry-run", is_flag=True, help="Print the plan only (building itself is not there yet).")
@json_option
@config_option
def command(pull: int, *, dry_run: bool, as_json: bool) -> None:
    """Show what pull request N builds: builds first, parents before children, then device relabels."""
    if not dry_run:
        raise click.UsageError("this version plans builds and does not run them yet: add --dry-run")

    async def job(app: App) -> BuildPlan:
        from watcher.changes import build_plan
        from watcher.cli.pulls import refresh

        await refresh(app)
        return await build_plan(app, pull)

    plan = run(job)
    if as_json:
        print_json({"images": [step.document() for step in plan.steps]})
        return
    for step in plan.steps:
        click.echo(f"{step.kind:<8} {step.platform:<13} {step.name}  ->  {', '.join(step.dated_tags)}")
    counts = Counter[str](step.kind for step in plan.steps)
    tags = sum(len(step.tags) for step in plan.steps)
    click.echo(f"{counts['build']:,} builds, {counts['relabel']:,} relabels; {tags:,} moving tags (--json lists them)")
