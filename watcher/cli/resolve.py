"""``watcher resolve NAME``: what a name leads to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from watcher.cli.family import ask
from watcher.cli.options import config_option, json_option, print_json

if TYPE_CHECKING:
    from generator.rows import Catalogue
    from state.store import Store
    from watcher.family import Answer

_DATED = 5


@click.command("resolve")
@click.argument("name")
@click.option("--device", metavar="SLUG", help="What %%BALENA_MACHINE_NAME%% and %%BALENA_ARCH%% stand for.")
@json_option
@config_option
def command(name: str, device: str | None, *, as_json: bool) -> None:
    """Tell what NAME leads to: each part that was left out, its Dockerfile and bases, its digest if it was pushed.

    NAME is any reference: balenalib/raspberrypi3-node:22, raspberrypi3-node, rpi-debian:bookworm-build-20261122; or
    of an index over all architectures: debian-node:22.
    The exit code is 1 where there is no such image; the nearest names are told then.
    """

    def job(catalogue: Catalogue, store: Store | None) -> Answer:
        from generator.resolve import Resolver
        from watcher.family import answer

        try:
            return answer(Resolver(catalogue), store, name, device)
        except LookupError as error:
            raise click.UsageError(str(error)) from error

    found = ask(job)
    if as_json:
        print_json(found.document())
    else:
        show(found)
    raise SystemExit(0 if found.exists else 1)


def show(found: Answer) -> None:
    """Say it to people: the parts, one on each line, and what was left out."""
    resolved = found.resolved
    click.echo(click.style(resolved.name, bold=True))
    if found.reason:
        click.echo(f"  {'frozen' if found.exists else 'no such image'}: {found.reason}")
    arch = "" if resolved.arch in (None, resolved.hw) else f" ({resolved.arch})"
    arch += f", also called {resolved.alias}: the repositories have the same images" if resolved.alias else ""
    parts = {
        "hardware": f"{resolved.hw}{arch}" if resolved.hw else "all: an index over the members",
        "distro": resolved.distro,
        "distro_version": resolved.distro_version,
        "stack": resolved.stack,
        "stack_version": resolved.stack_version,
        "variant": resolved.variant,
        "date": resolved.date,
    }
    for part, value in parts.items():
        if value:
            omitted = "  (left out: the default)" if part in resolved.defaulted else ""
            click.echo(f"  {part.replace('_', ' '):<15} {value}{omitted}")
    if resolved.image:
        click.echo(f"  {'dockerfile':<15} {resolved.image.dockerfile}")
        for number, base in enumerate(resolved.chain):
            click.echo(f"  {'stands on' if not number else '':<15} {base}")
    for number, member in enumerate(resolved.members):
        click.echo(f"  {'' if number else 'members':<15} {member}")
    _registry(found)
    for number, suggestion in enumerate(resolved.suggestions):
        click.echo(f"  {'nearest' if not number else '':<15} {suggestion}")


def _registry(found: Answer) -> None:
    """What the ledger knows."""
    if found.published:
        click.echo(f"  {'digest':<15} {found.published.digest}  ({found.published.pushed_at:%Y-%m-%d %H:%M})")
    elif found.resolved.there:
        click.echo(f"  {'digest':<15} not known to have been pushed")
    if found.frozen_since:
        click.echo(f"  {'frozen since':<15} {found.frozen_since:%Y-%m-%d}")
    for number, row in enumerate(found.dated[:_DATED]):
        click.echo(f"  {'dated names' if not number else '':<15} {row.reference}")
