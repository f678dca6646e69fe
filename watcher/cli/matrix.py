"""``watcher matrix``: every cell of the family, present or absent with its reason."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from watcher.cli.family import ask
from watcher.cli.options import config_option, json_option, print_json

if TYPE_CHECKING:
    from generator.presence import Presence
    from generator.rows import Catalogue
    from state.store import Store
    from watcher.family import Answer


@click.command("matrix")
@click.option("--hw", help="Only this architecture or device type.")
@click.option("--arch", help="Only what runs on this architecture.")
@click.option("--distro", help="Only this distro.")
@click.option("--distro-version", metavar="CODENAME", help="Only this version of it.")
@click.option("--stack", help="Only this language stack; none: only OS images.")
@click.option("--variant", type=click.Choice(["run", "build"]), help="Only this variant.")
@click.option("--arch-only", is_flag=True, help="Architectures only, no devices.")
@click.option("--explain", metavar="NAME", help="Tell why this one image exists, or does not.")
@json_option
@config_option
def command(*, explain: str | None, as_json: bool, arch_only: bool, **filters: str | None) -> None:
    """Print every combination of hardware, distro version, stack and variant: present, or absent with its reason."""
    if explain:
        _explain(explain, as_json=as_json)
        return

    def job(catalogue: Catalogue, store: Store | None) -> list[Presence]:
        from watcher.cells import cells

        try:
            return cells(catalogue, filters, store, devices=not arch_only)
        except LookupError as error:
            raise click.UsageError(f"--{error.args[0]}") from error

    found = ask(job)
    if as_json:
        print_json([cell.document() for cell in found])
        return
    from watcher.cli.matrix_table import show

    show(found)


def _explain(name: str, *, as_json: bool) -> None:
    """Why one image exists, or does not; the exit code is 1 where it does not."""
    from watcher.cli.resolve import show

    def job(catalogue: Catalogue, store: Store | None) -> tuple[Answer, list[str]]:
        from generator.explain import because
        from generator.resolve import Resolver
        from watcher.family import answer

        found = answer(Resolver(catalogue), store, name)
        image = found.resolved.image
        return found, list(because(catalogue, image)) if image else []

    found, sentences = ask(job)
    if as_json:
        print_json({**found.document(), "because": sentences})
    else:
        show(found)
        for sentence in sentences:
            click.echo(f"  because {sentence}")
    raise SystemExit(0 if found.exists else 1)
