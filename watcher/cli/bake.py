"""``watcher bake NAME…``: the build plan as files for ``docker buildx bake``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from watcher.cli.family import ask
from watcher.cli.options import config_option, json_option, print_json

if TYPE_CHECKING:
    from generator.bake import Shard
    from generator.rows import Catalogue
    from state.model import Image


@click.command("bake")
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("--all", "every", is_flag=True, help="The whole family.")
@click.option("--dependants", is_flag=True, help="Also what stands on the images.")
@click.option("--registry", default="", metavar="HOST", help="What names begin with; else Docker Hub is meant.")
@click.option("--all-tags", is_flag=True, help="Every moving name of each image; else only the canonical one.")
@click.option(
    "--out", type=click.Path(path_type=Path, file_okay=False), metavar="DIR", help="Where to write the files."
)
@json_option
@config_option
def command(
    names: tuple[str, ...],
    *,
    every: bool,
    dependants: bool,
    registry: str,
    all_tags: bool,
    out: Path | None,
    as_json: bool,
) -> None:
    """Write what builds the images that NAMEs lead to, and what they stand on, as files of 250 targets at most.

    They are for the root of a checkout of the images repository, and are built in their order:
    `docker buildx bake -f bake-001.json --push`. Without --out a single file goes to standard output.
    """
    if every == bool(names):
        raise click.UsageError("name images, or give --all")
    made = ask(lambda catalogue, _: _shards(catalogue, names, registry, dependants=dependants, all_tags=all_tags))
    if out is None:
        if len(made) > 1 and not as_json:
            raise click.UsageError(f"these are {len(made)} files: give --out DIR, or --json for one document of all")
        print_json({shard.name: shard.document() for shard in made} if as_json else made[0].document())
        return
    out.mkdir(parents=True, exist_ok=True)
    for shard in made:
        (out / shard.name).write_text(json.dumps(shard.document(), indent=1) + "\n", "utf-8")
    summary = [
        {"file": shard.name, "targets": len(shard.targets), "after": [f"bake-{n:03}.json" for n in shard.after]}
        for shard in made
    ]
    if as_json:
        print_json({"files": summary})
    else:
        _show(made, out)


def _shards(
    catalogue: Catalogue, names: tuple[str, ...], registry: str, *, dependants: bool, all_tags: bool
) -> list[Shard]:
    from generator import bake, matrix
    from generator.names import canonical
    from generator.tags import Names

    named = Names(catalogue)

    def tags(image: Image) -> list[str]:
        return named.tags(image) if all_tags else [canonical(catalogue, image)]

    images = matrix.images(catalogue)
    if names:
        images = bake.chosen(catalogue, _images(catalogue, names), dependants=dependants)
    return list(bake.shards(catalogue, images, registry, tags, {}))


def _images(catalogue: Catalogue, names: tuple[str, ...]) -> list[Image]:
    from generator.resolve import Resolver

    resolver, found = Resolver(catalogue), []
    for name in names:
        resolved = resolver.resolve(name)
        if resolved.image is None:
            nearest = f"; the nearest: {', '.join(resolved.suggestions)}" if resolved.suggestions else ""
            raise click.UsageError(f"{name}: {resolved.reason}{nearest}")
        found.append(resolved.image)
    return found


def _show(made: list[Shard], out: Path) -> None:
    for shard in made:
        after = f"after {', '.join(f'{n:03}' for n in shard.after)}" if shard.after else ""
        click.echo(f"{out / shard.name}  {len(shard.targets):>3} targets  {after}".rstrip())
    click.echo(f"{sum(len(shard.targets) for shard in made):,} targets in {len(made):,} files; in their order, each:")
    click.echo(f"  docker buildx bake -f {out / made[0].name} --push")
