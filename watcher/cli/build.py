"""``watcher build --pull N --dry-run``: what merging builds, in build order."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from watcher.cli.options import config_option, json_option, print_json, run
from watcher.cli.refresh import refresh, tell

if TYPE_CHECKING:
    from generator.builds import BuildStep
    from state.store import Entry
    from watcher.app import App
    from watcher.changes import BuildPlan


_EXAMPLES = 3


@click.command("build")
@click.option("--pull", type=int, required=True, metavar="N", help="The pull request, open or merged.")
@click.option("--dry-run", is_flag=True, help="Print the plan only (building itself is not there yet).")
@click.option("--allow-removals", is_flag=True, help="Go ahead though the pull request lacks a label that it needs.")
@click.option("--all", "every", is_flag=True, help="List every image, not only examples of each layer.")
@json_option
@config_option
def command(pull: int, *, dry_run: bool, allow_removals: bool, every: bool, as_json: bool) -> None:
    """Show what pull request N builds: builds first, parents before children, then device relabels."""
    if not dry_run:
        raise click.UsageError("this version plans builds and does not run them yet: add --dry-run")

    async def job(app: App) -> tuple[BuildPlan, list[Entry]]:
        from watcher.changes import build_plan

        failed = await refresh(app, reading=True)
        return await build_plan(app, pull), failed

    plan, failed = run(job)
    if plan.blocked and not allow_removals:
        click.echo(f"watcher: #{pull} is not built: {plan.blocked}", err=True)
        raise SystemExit(1)
    if as_json:
        print_json({"images": [step.document() for step in plan.steps]})
    else:
        _show(plan, every=every)
    if tell(failed):
        raise SystemExit(1)


def _show(plan: BuildPlan, *, every: bool) -> None:
    """The layers for people, and how much that is in all."""
    for layer, steps in itertools.groupby(plan.steps, key=lambda step: step.layer):
        _print(layer, list(steps), every=every)
    counts = Counter[str](step.kind for step in plan.steps)
    tags = sum(len(step.tags) for step in plan.steps)
    click.echo(f"{counts['build']:,} builds, {counts['relabel']:,} relabels, {tags:,} moving tags (--json lists them)")


def _print(layer: str, steps: Sequence[BuildStep], *, every: bool) -> None:
    """One layer: how many, and some of them or all."""
    click.echo(f"{layer}: {len(steps):,}")
    shown = steps if every else steps[:_EXAMPLES]
    for step in shown:
        click.echo(
            f"  {step.kind:<8} {step.platform:<13} {step.name}\n           dated    {', '.join(step.dated_tags)}"
        )
    if len(steps) > len(shown):
        click.echo(f"  … {len(steps) - len(shown):,} more (--all lists them)")
