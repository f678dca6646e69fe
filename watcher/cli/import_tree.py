"""``watcher import DIR``: a tree of the original layout becomes a catalogue."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from watcher.cli.options import json_option, print_json

if TYPE_CHECKING:
    from generator.carried import Carried, Left

_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)


@click.command("import")
@click.argument("folder", type=_FOLDER, metavar="DIR")
@click.option(
    "--out", type=click.Path(file_okay=False, path_type=Path), metavar="OUT", help="Write it into this folder."
)
@json_option
def command(folder: Path, out: Path | None, *, as_json: bool) -> None:
    """Read DIR, a tree of the original layout, and tell what of it a catalogue can carry over, and what not and why.

    DIR holds <arch>/<distro>/<version>/<variant>/Dockerfile and so on, or has them in balena-base-images/. Versions are
    taken with URL and checksum where their maker has the same file. With --out a new images repository is written
    there; into a checkout of one only catalogue/releases/, where that is newer. Nothing is downloaded.
    """
    from watcher import importing
    from watcher.cli.progress import shown

    with shown() as progress:
        carried = importing.read(folder, importing.catalogue(out), progress)
    new = out is not None and importing.is_new(out)
    count = importing.write(out, carried) if out else 0
    if as_json:
        print_json({**carried.document(), "written": count})
        return
    show(carried)
    if out:
        click.echo(f"\n{count:,} files written into {out}")
        start = "git init -b main && git add . && git commit" if new else "watcher render && git diff"
        click.echo(f"Next: cd {out} && {start}")
    else:
        click.echo("\nNothing was written: --out OUT makes an images repository of it.")


def show(carried: Carried) -> None:
    """Say it to people."""
    also = f", {carried.relabelled:,} of devices' stacks passed over: they need none now" if carried.relabelled else ""
    click.echo(f"{carried.read:,} Dockerfiles read{also}\n\nCarried over")
    for release in carried.releases:
        platforms = ", ".join(str(artifact.platform) for artifact in release.artifacts)
        click.echo(f"  {release.source} {release.line:<12} {release.version!s:<14} {platforms}")
    lines: dict[str, list[str]] = {}
    for distro, line in carried.lines:
        lines.setdefault(distro, []).append(line)
    for distro, names in lines.items():
        click.echo(f"  {distro:<12} {', '.join(names)}")
    click.echo(f"  {len(carried.devices)} device types")
    if carried.left:
        click.echo("\nNot carried over")
    for left in carried.left:
        click.echo(_line(left))


def _line(left: Left) -> str:
    where = f" on {', '.join(left.where)}" if left.where else ""
    files = f" ({left.files:,} files, the first {left.path})" if left.files > 1 else f" ({left.path})"
    return f"  {left.what}{where}: {left.reason}{files}"
