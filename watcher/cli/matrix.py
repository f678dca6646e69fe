"""``watcher matrix``: every cell of the family, present or absent with its reason."""

from __future__ import annotations

from collections.abc import Iterable
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

    def job(catalogue: Catalogue, _: Store | None) -> list[Presence]:
        from generator.presence import presences

        chosen = _chosen(catalogue, filters)
        return [cell for cell in presences(catalogue, devices=not arch_only) if _fits(cell, chosen)]

    found = ask(job)
    if as_json:
        print_json([cell.document() for cell in found])
        return
    from watcher.cli.matrix_table import show

    show(found)


def _chosen(catalogue: Catalogue, filters: dict[str, str | None]) -> dict[str, str | None]:
    """The filters by the words that cells know; a word that there is not is refused with the nearest."""
    from generator.checks import nearest
    from generator.references import Reader

    reader = Reader(catalogue)
    known: dict[str, Iterable[str]] = {
        "hw": reader.names,
        "arch": reader.architectures,
        "distro": catalogue.distros,
        "distro_version": {line.codename for row in catalogue.distros.values() for line in row.lines},
        "stack": {**reader.stacks, "none": ""},
    }
    for option, words in known.items():
        word = filters[option]
        if word is not None and word not in words:
            raise click.UsageError(f"--{option.replace('_', '-')}: there is no {word}{nearest(word, words)}")
    hw, arch, stack = filters["hw"], filters["arch"], filters["stack"]
    return {
        **filters,
        "hw": reader.names[hw] if hw else None,
        "arch": reader.architectures[arch] if arch else None,
        "stack": {**reader.stacks, "none": "none"}[stack] if stack else None,
    }


def _fits(cell: Presence, chosen: dict[str, str | None]) -> bool:
    values = {
        "hw": cell.hw,
        "arch": cell.arch,
        "distro": cell.distro,
        "distro_version": cell.distro_version,
        "stack": cell.stack or "none",
        "variant": cell.variant,
    }
    return all(value is None or values[option] == value for option, value in chosen.items())


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
