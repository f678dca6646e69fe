"""The catalogue: what the images are a function of, read from the images repository's files and checked."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import replace
from importlib import resources

from generator import checks, tables
from generator.recorded import dump_release, is_release, parse_release, release_path
from generator.rows import Catalogue
from generator.toml import Table
from state.errors import CatalogueError
from state.model import Release

__all__ = ["builtin", "dump_release", "load", "parse_release", "release_path", "with_release", "without_line"]

FILES = {name: f"catalogue/{name}.toml" for name in ("family", "distros", "stacks", "devices")}
_DEVICE = re.compile(r"([a-z0-9][a-z0-9.-]*) = \{ ")


def builtin(devices: Collection[str] | None = None) -> dict[str, str]:
    """Return path → text of the files that a new images repository begins with.

    :param devices: the device types to keep, all if None; classes stay, so that a device can be added by one line
    :raises CatalogueError: there is no such device type; the message names the nearest
    """
    folder = resources.files("generator") / "builtin"
    files = {path: (folder / f"{name}.toml").read_text("utf-8") for name, path in FILES.items()}
    if devices is not None:
        files[FILES["devices"]] = _only(files[FILES["devices"]], devices)
    return files


def _only(text: str, devices: Collection[str]) -> str:
    head, header, rows = text.partition("[devices]\n")
    lines = {match[1]: line for line in rows.splitlines(keepends=True) if (match := _DEVICE.match(line))}
    for slug in devices:
        if slug not in lines:
            problem = f"there is no such device type{checks.nearest(slug, lines)}"
            raise CatalogueError(FILES["devices"], f"devices.{slug}", problem)
    return head + header + "".join(line for slug, line in lines.items() if slug in devices)


def load(files: Mapping[str, bytes]) -> Catalogue:
    """Read the catalogue from path → content; paths that are not the catalogue's are left alone.

    :raises CatalogueError: a file is missing or says something impossible
    """
    for path in FILES.values():
        if path not in files:
            raise CatalogueError(path, "", "is missing")
    parsed = {name: Table.parse(path, files[path]) for name, path in FILES.items()}
    recorded = [parse_release(path, files[path]) for path in sorted(files) if is_release(path)]
    distros = tables.distros(parsed["distros"])
    catalogue = Catalogue(
        family=tables.family(parsed["family"]),
        distros=distros,
        stacks=tables.stacks(parsed["stacks"]),
        classes=tables.classes(parsed["devices"], distros),
        devices=tables.devices(parsed["devices"]),
        releases={(release.source, release.line): release for release in recorded},
    )
    checks.check(catalogue, parsed)
    return catalogue


def with_release(catalogue: Catalogue, release: Release) -> Catalogue:
    """Return the catalogue with *release* in its line's place; CatalogueError if it repeats another file's digest."""
    releases = {**catalogue.releases, (release.source, release.line): release}
    checks.digests(releases.values())
    return replace(catalogue, releases=releases)


def without_line(catalogue: Catalogue, source: str, line: str) -> Catalogue:
    """Return the catalogue without what is recorded of a line."""
    return replace(catalogue, releases={k: v for k, v in catalogue.releases.items() if k != (source, line)})
