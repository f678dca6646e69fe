"""``watcher tags NAME``: every name of one image."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from watcher.cli.family import ask
from watcher.cli.options import config_option, json_option, print_json

if TYPE_CHECKING:
    from generator.rows import Catalogue
    from state.store import Store
    from watcher.family import Answer


@click.command("tags")
@click.argument("name")
@click.option("--device", metavar="SLUG", help="What %%BALENA_MACHINE_NAME%% and %%BALENA_ARCH%% stand for.")
@json_option
@config_option
def command(name: str, device: str | None, *, as_json: bool) -> None:
    """List every name of the image that NAME leads to, the canonical one first, dated ones last.

    A name without hardware, debian-node:22, is that of an index over all architectures.
    The exit code is 1 where there is no such image.
    """

    def job(catalogue: Catalogue, store: Store | None) -> tuple[Answer, list[str]]:
        from generator.resolve import Resolver
        from watcher.family import answer, names

        resolver = Resolver(catalogue)
        try:
            found = answer(resolver, store, name, device)
        except LookupError as error:
            raise click.UsageError(str(error)) from error
        return found, names(resolver, found)

    found, shown = ask(job)
    if as_json:
        print_json(shown)
    elif shown:
        click.echo("\n".join(shown))
    if not shown:
        nearest = ", ".join(found.resolved.suggestions) or "nothing"
        click.echo(f"no such image: {found.reason}; the nearest: {nearest}", err=True)
        raise SystemExit(1)
