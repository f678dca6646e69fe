"""The catalogue: what the images are a function of, read from the images repository's files and checked."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import date
from importlib import resources

from generator import checks, tables
from generator.ended import is_ended, parse_ended
from generator.recorded import dump_release, is_release, parse_release, release_path
from generator.recorded_lines import parse_line
from generator.rows import Catalogue, Distro, DistroLine, Ended
from generator.toml import Table
from state.errors import CatalogueError
from state.model import OsLine, Release

__all__ = [
    "builtin",
    "dump_release",
    "load",
    "parse_release",
    "release_path",
    "with_os_line",
    "with_release",
    "without_line",
]

FILES = {name: f"catalogue/{name}.toml" for name in ("family", "distros", "stacks", "devices")}
_KEYS = "catalogue/keys/"
_KEY_FILE = re.compile(r"[a-z0-9][a-z0-9-]*\.asc")
_KEY = re.compile(
    r"\s*-----BEGIN PGP PUBLIC KEY BLOCK-----\n[A-Za-z0-9+/=:., \n-]*-----END PGP PUBLIC KEY BLOCK-----\s*"
)
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
    for key in sorted((folder / "keys").iterdir(), key=lambda each: each.name):
        files[f"{_KEYS}{key.name}"] = key.read_text("utf-8")
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
    distros = tables.distros(parsed["distros"])
    paths = [path for path in sorted(files) if is_release(path)]
    of_distros = [path for path in paths if path.split("/")[2] in distros]
    recorded = [parse_release(path, files[path]) for path in paths if path not in of_distros]
    os_lines = [parse_line(path, files[path]) for path in of_distros]
    over = [parse_ended(path, files[path]) for path in sorted(files) if is_ended(path)]
    for record in os_lines:
        distros[record.source] = _joined(distros[record.source], record)
    catalogue = Catalogue(
        family=tables.family(parsed["family"]),
        distros=distros,
        stacks=tables.stacks(parsed["stacks"]),
        classes=tables.classes(parsed["devices"], distros),
        archives=tables.archives(parsed["devices"]),
        devices=tables.devices(parsed["devices"]),
        releases={(release.source, release.line): release for release in recorded},
        ended={(ended.source, ended.line): ended for ended in over},
        os_lines={(record.source, record.line): record for record in os_lines},
        keys=_keys(files),
    )
    checks.check(catalogue, parsed, files)
    return catalogue


def _keys(files: Mapping[str, bytes]) -> dict[str, str]:
    """Name → armored key of each file below ``catalogue/keys/``; whether they are what they claim, gpgv finds out."""
    keys = {}
    for path in sorted(files):
        if path.startswith(_KEYS):
            name, text = path.removeprefix(_KEYS), files[path].decode("ascii", "replace")
            if not _KEY_FILE.fullmatch(name) or not _KEY.fullmatch(text):
                raise CatalogueError(path, "", "is not an armored OpenPGP public key called <archive>.asc")
            keys[name.removesuffix(".asc")] = text
    return keys


def with_release(catalogue: Catalogue, release: Release) -> Catalogue:
    """Return the catalogue with *release* in its line's place; CatalogueError if it repeats another file's digest."""
    releases = {**catalogue.releases, (release.source, release.line): release}
    checks.digests(releases.values())
    ended = {key: row for key, row in catalogue.ended.items() if key != (release.source, release.line)}
    return replace(catalogue, releases=releases, ended=ended)


def with_os_line(catalogue: Catalogue, record: OsLine) -> Catalogue:
    """Return the catalogue with *record* in its line's place; CatalogueError if the distro has no such line."""
    distro = _joined(catalogue.distros[record.source], record)
    return replace(
        catalogue,
        distros={**catalogue.distros, distro.name: distro},
        os_lines={**catalogue.os_lines, (record.source, record.line): record},
    )


def _joined(distro: Distro, record: OsLine) -> Distro:
    """Put what is recorded into the row: upstream's own end of support goes before the one that people wrote.

    A digest counts for the reference that it was seen of.
    """
    if distro.line(record.line) is None:
        path = release_path(record.source, record.line)
        raise CatalogueError(path, "line", f"{distro.name} has no version {record.line} in {FILES['distros']}")

    def join(line: DistroLine) -> DistroLine:
        digests = {arch: digest for arch, ref in line.bases.items() if (digest := record.digest(arch, ref))}
        until = record.supported_until or line.supported_until
        return replace(line, version=record.version, snapshot=record.pinned, digests=digests, supported_until=until)

    lines = tuple(join(line) if line.codename == record.line else line for line in distro.lines)
    return replace(distro, lines=lines)


def without_line(catalogue: Catalogue, source: str, line: str, ended: date) -> Catalogue:
    """Return the catalogue without what is recorded of a line, but for its last version: its names stay its own."""
    recorded = catalogue.releases[source, line]
    over = {**catalogue.ended, (source, line): Ended(source, line, recorded.version, ended)}
    return replace(catalogue, releases={k: v for k, v in catalogue.releases.items() if k != (source, line)}, ended=over)
