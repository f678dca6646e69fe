"""The command line: parse, call, print. Every command lives in its own module and is imported when called."""

from __future__ import annotations

import importlib
import logging
import sys
from pathlib import Path

import click
from typing_extensions import override

from state.errors import CatalogueError, SettingsError, SourceError, WatcherError
from watcher.cli.nearest import meant

_COMMANDS = {
    "init": "Make a workspace: settings, images repository, memory.",
    "sync": "Poll upstream, and open or update pull requests (the main job).",
    "check": "Ask upstream what there is, and remember nothing.",
    "pulls": "List, show, merge, close and reopen pull requests.",
    "build": "Make images, and let their names lead to them.",
    "builds": "List builds, show one, or its log.",
    "bake": "Write the build plan as files for docker buildx bake.",
    "worker": "Build for a farm of machines on this one.",
    "releases": "List what is known of a source's releases.",
    "doctor": "Tell what is here, what is missing, and what to do about it.",
    "status": "Show each source's last poll, what is held, failing or open.",
    "events": "Show what happened, newest last.",
    "explain": "Tell what an event means, what led to it, what came of it.",
    "render": "Generate every file of the images repository, or check that it is up to date.",
    "matrix": "Show which images there are, and why others are not.",
    "resolve": "Tell what a name leads to: its parts, Dockerfile, bases and digest.",
    "tags": "List every name of one image.",
    "yank": "Take a bad release back: its names, and its place in the catalogue.",
    "prune": "Delete from the registry what nobody needs any more.",
    "rollback": "Move a name back to an earlier image and pin it there, or release it.",
    "history": "Show where a name leads and led: digests, dates, what changed.",
    "describe": "Write a repository's description for its registry, from what was pushed.",
    "import": "Carry a tree of the original layout over into a catalogue.",
    "run": "Watch without end: the daemon, with pages, webhooks and metrics.",
    "pause": "Let the daemon leave a source alone.",
    "resume": "Let it poll that source again.",
    "adopt": "Take an existing registry's tags into the ledger, without a rebuild.",
    "recover": "Rebuild the memory after the database was lost.",
    "ignore": "Never propose a version.",
    "unignore": "Propose a version again that was ignored or closed.",
    "approve-checksum": "Accept a file's new checksum after looking into why it changed.",
}


_MODULES = {"import": "import_tree"}
"""Commands whose names are no names of modules."""


class _Lazy(click.Group):
    """A group whose commands are imported only when they are used: --help stays quick."""

    @override
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    @override
    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        name = _MODULES.get(cmd_name, cmd_name.replace("-", "_"))
        module = importlib.import_module(f"watcher.cli.{name}")
        command: click.Command = module.command
        return command

    @override
    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        word = args[0]
        if word not in _COMMANDS and not word.startswith("-") and not ctx.resilient_parsing:
            raise click.UsageError(f"no command {word!r}{meant(word, _COMMANDS)}", ctx)
        return super().resolve_command(ctx, args)

    @override
    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(_COMMANDS.items()))


@click.group(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="base-image-watcher")
@click.option("--config", type=click.Path(path_type=Path), metavar="FILE", help="Settings file (watcher.toml).")
@click.pass_context
def cli(ctx: click.Context, config: Path | None) -> None:
    """Keep a large family of container base images up to date with their upstreams, by pull request.

    Exit codes: 0 done or nothing to do, 1 a step failed, 2 usage or settings, 3 a feed failed.
    """
    ctx.obj = config


class _Told(logging.Handler):
    """Prints to standard error as it is at that moment: above the bars of long work, where there are any."""

    @override
    def emit(self, record: logging.LogRecord) -> None:
        click.echo(f"watcher: {record.getMessage()}", err=True)


def main() -> None:
    """Run the command line; an expected error is one line on standard error, and an exit code."""
    logging.getLogger("watcher").addHandler(logging.NullHandler())  # commands say themselves what failed
    logging.getLogger("watcher.locks").addHandler(_Told())  # but why nothing happens for a while
    try:
        cli(prog_name="watcher")
    except WatcherError as error:
        click.echo(f"watcher: {error}", err=True)
        sys.exit(exit_code(error))


def exit_code(error: WatcherError) -> int:
    """What a shell is told of *error*."""
    if isinstance(error, SettingsError | CatalogueError):
        return 2
    return 3 if isinstance(error, SourceError) else 1
