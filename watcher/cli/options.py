"""What several commands share: ``--config`` before or after the command, ``--json``, and running."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Collection, Coroutine, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from watcher.cli.nearest import meant

if TYPE_CHECKING:
    from watcher.app import App
    from watcher.config import Configured


T = TypeVar("T")


def _version(_ctx: click.Context, param: click.Parameter, value: str) -> str:
    """Refuse a text that can be no version: it would never match one."""
    from state.model import Version

    try:
        return str(Version(value))
    except ValueError as error:
        raise click.BadParameter(str(error), param=param) from error


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
version_argument = click.argument("version", callback=_version)
json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")


def settings() -> Configured:
    """The settings that this call is about."""
    from watcher.config import load, unknown_environment

    config = load(click.get_current_context().obj)
    if names := unknown_environment():
        click.echo(f"watcher: no such setting, not looked at: {', '.join(names)}", err=True)
    return config


def check_sources(names: Iterable[str], known: Collection[str]) -> None:
    """Refuse the name of a source that there is not."""
    for name in names:
        if name not in known:
            raise click.UsageError(f"no source {name!r}{meant(name, known)}\nThere are: {', '.join(known)}")


def run(job: Callable[[App], Coroutine[Any, Any, T]], *, dry: bool = False) -> T:
    """Wire everything up, run *job*, and close it again; people see how far it is."""
    from watcher.cli.progress import shown
    from watcher.wiring import wired

    async def whole() -> T:
        with shown() as progress:
            async with wired(settings(), dry=dry, progress=progress) as app:
                return await job(app)

    return asyncio.run(whole())


def print_json(document: object) -> None:
    """Print *document* as the one JSON document of this call."""
    click.echo(json.dumps(document, indent=2, default=str))
