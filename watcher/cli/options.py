"""What several commands share: ``--config`` before or after the command, ``--json``, and running."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from watcher.app import App
    from watcher.config import Configured


T = TypeVar("T")


def _keep(ctx: click.Context, _param: click.Parameter, value: Path | None) -> None:
    """Let ``--config`` after the command win over the one before it."""
    if value is not None:
        ctx.obj = value


config_option = click.option(
    "--config",
    type=click.Path(path_type=Path),
    metavar="FILE",
    expose_value=False,
    callback=_keep,
    help="Settings file (watcher.toml).",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")


def settings() -> Configured:
    """The settings that this call is about."""
    from watcher.config import load

    return load(click.get_current_context().obj)


def run(job: Callable[[App], Coroutine[Any, Any, T]], *, dry: bool = False) -> T:
    """Wire everything up, run *job*, and close it again."""
    from watcher.wiring import wired

    async def whole() -> T:
        async with wired(settings(), dry=dry) as app:
            return await job(app)

    return asyncio.run(whole())


def print_json(document: object) -> None:
    """Print *document* as the one JSON document of this call."""
    click.echo(json.dumps(document, indent=2, default=str))
