"""What the rows of the catalogue may not say about one another."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping

from generator import matrix
from generator.device_rows import Device, DeviceClass
from generator.history import distros, retired
from generator.recorded import release_path
from generator.rows import Catalogue, Distro, Stack, numbers_of
from generator.toml import Table
from state.errors import CatalogueError
from state.model import Arch, Release

_RESERVED = re.compile(r"(run|build|rootfs|latest|stable|testing|unstable|rolling|\d{8}.*)")
"""Words with a meaning of their own in a tag; eight digits at the front are a date."""


def nearest(name: str, known: Iterable[str]) -> str:
    """Return ``; the nearest are a, b`` for a name that is not among the *known* ones, or nothing."""
    found = difflib.get_close_matches(name, list(known), n=3)
    return f"; the nearest are {', '.join(found)}" if found else ""


def check(catalogue: Catalogue, files: Mapping[str, Table], texts: Mapping[str, bytes]) -> None:
    """Refuse a catalogue whose rows contradict one another; *files* and *texts* say where each stands."""
    _distros(catalogue, files["distros"], files["family"])
    _stacks(catalogue, files["stacks"])
    _classes(catalogue.classes.values(), files["devices"])
    _archives(catalogue, files["devices"])
    _devices(catalogue, files["devices"])
    digests(catalogue.releases.values(), texts)


def _free(table: Table, *path: str) -> None:
    """Refuse a reserved word as a name, the last of *path*."""
    *above, name = path
    for part in above:
        table = table.table(part)
    if _RESERVED.fullmatch(name):
        raise table.error(name, "is a word with a meaning of its own in tags, so nothing may be called that")


def _distros(catalogue: Catalogue, file: Table, family: Table) -> None:
    for distro in catalogue.distros.values():
        _free(file, "distros", distro.name)
        table = file.table("distros").table(distro.name)
        for line in distro.lines:
            _free(file, "distros", distro.name, "lines", line.codename)
            if line.number:
                _free(table.table("lines").table(line.codename), line.number)
        if sorted(distro.lines, key=lambda line: line.rolling) != list(distro.lines):
            raise table.error("lines", "must have the rolling versions last: the order is that of age")
        _default(distro, distro.default, table, "default")
        if distro.also and distro.also not in catalogue.distros:
            raise table.error("also", f"there is no distro {distro.also}")
    if catalogue.family.default_distro not in catalogue.distros:
        raise family.table("family").error("default_distro", "is not a distro of distros.toml")


def _default(distro: Distro, codename: str, table: Table, key: str) -> None:
    line = next((line for line in distro.lines if line.codename == codename), None)
    if line is None:
        there = ", ".join(line.codename for line in distro.lines)
        raise table.error(key, f"{distro.name} has no version {codename}; there are {there}")
    if line.rolling:
        raise table.error(key, f"{codename} rolls: it is a name only, never a default")


def _stacks(catalogue: Catalogue, file: Table) -> None:
    for stack in catalogue.stacks.values():
        _free(file, "stacks", stack.name)
        table = file.table("stacks").table(stack.name)
        for line, versions in stack.defaults.items():
            for name, codename in versions.items():
                distro = catalogue.distros.get(name)
                if distro is None:
                    raise table.table("defaults").error(line, f"there is no distro {name}")
                _default(distro, codename, table.table("defaults"), line)
        templates = {distro.template for distro in catalogue.distros.values()}
        for key in stack.libraries.keys() - templates:
            _known(catalogue, key, table.table("libraries"))
        _bounds(catalogue, stack, table)
        _contradicted(catalogue, stack, table)


def _bounds(catalogue: Catalogue, stack: Stack, table: Table) -> None:
    """Refuse a row that no line can be within, or that speaks of a distro version that there is not."""
    for row, served in zip(stack.served, table.listed("served"), strict=True):
        if row.since and row.below and numbers_of(row.since) >= numbers_of(row.below):
            raise served.error("below", f"leaves no line: none is at least {row.since} and less than {row.below}")
        for codename in row.packages:
            _known(catalogue, codename, served.table("packages"))


def _known(catalogue: Catalogue, codename: str, table: Table) -> None:
    """Refuse what is said of a distro version that there is not, or not any more."""
    there = [line.codename for distro in catalogue.distros.values() for line in distro.lines]
    if codename not in there:
        old = {*(name for distro in distros() for name in retired(distro)), *(line for _, line in catalogue.ended)}
        what = "is a retired version" if codename in old else "is no version"
        raise table.error(codename, f"{what} of a distro here{nearest(codename, there)}")


def _contradicted(catalogue: Catalogue, stack: Stack, table: Table) -> None:
    """Refuse a row that says of a platform that upstream has none, while a release has a file for it.

    That is what one wrong word looks like: the original's AND in the place of an OR took every Alpine .NET image away.
    """
    for release in catalogue.lines(stack.source):
        for artifact in release.artifacts:
            reason = matrix.reason(stack, artifact.platform, release.line)
            if not reason:
                continue
            problem = f"says that {release.line} has no {artifact.platform}, and {release.version} has a file for it"
            where = release_path(release.source, release.line)
            for row, served in zip(stack.served, table.listed("served"), strict=True):
                if row.platform == artifact.platform:
                    raise served.error("platform", f"{problem}: {where}")
            raise table.table("absent").error(str(artifact.platform), f"{problem}: {where}")


def _classes(classes: Iterable[DeviceClass], file: Table) -> None:
    generic: dict[Arch, str] = {}
    for row in classes:
        _free(file, "classes", row.name)
        table = file.table("classes").table(row.name)
        if row.generic and generic.setdefault(row.arch, row.name) != row.name:
            raise table.error("generic", f"{generic[row.arch]} is the generic class of {row.arch} already")


def _archives(catalogue: Catalogue, file: Table) -> None:
    """Refuse an archive without its key, a key without its archive, and a class on an archive that there is not."""
    for row in catalogue.archives.values():
        if row.fingerprint and row.name not in catalogue.keys:
            raise (
                file.table("archives").table(row.name).error("fingerprint", f"catalogue/keys/{row.name}.asc is missing")
            )
    made = {distro.name for distro in catalogue.distros.values() if distro.rootfs}
    for name in sorted(made - catalogue.keys.keys()):
        problem = f"catalogue/keys/{name}.asc is missing"
        raise CatalogueError("catalogue/distros.toml", f"distros.{name}.rootfs", problem)
    for name in catalogue.keys.keys() - made - {row.name for row in catalogue.archives.values() if row.fingerprint}:
        raise CatalogueError(f"catalogue/keys/{name}.asc", "", f"is of no archive with a fingerprint in {file.file}")
    for each in catalogue.classes.values():
        for distro, name in each.archives.items():
            if name not in catalogue.archives:
                table = file.table("classes").table(each.name).table("archives")
                raise table.error(distro, f"there is no archive {name}{nearest(name, catalogue.archives)}")


def _devices(catalogue: Catalogue, file: Table) -> None:
    arches = {arch.repo for arch in Arch} | set(Arch)
    taken = dict.fromkeys(arches, "an architecture")
    taken |= {name: f"class {name}" for name in catalogue.classes}
    taken |= {slug: f"device {slug}" for slug in catalogue.devices}
    for name in arches & (catalogue.devices.keys() | catalogue.classes.keys()):
        raise file.error(name, "is the name of an architecture")
    for row in catalogue.devices.values():
        _free(file, "devices", row.slug)
        table = file.table("devices").table(row.slug)
        for alias in row.aliases:
            _free(table, alias)
            if taken.setdefault(alias, f"alias of {row.slug}") != f"alias of {row.slug}":
                raise table.error("aliases", f"{alias} is the name of {taken[alias]} already")
        if not row.absent:
            _class_of(catalogue, table, row)


def _class_of(catalogue: Catalogue, table: Table, device: Device) -> None:
    name = device.device_class
    row = catalogue.classes.get(name)
    if row is None:
        raise table.error("class", f"there is no class {name}{nearest(name, catalogue.classes)}")
    if row.arch != device.arch:
        raise table.error("class", f"{name} is for {row.arch}, this device is {device.arch}")
    if device.slug in catalogue.classes and name != device.slug:
        raise table.error("class", "must be the class that has this device's name: it is its canonical member")


def digests(releases: Iterable[Release], texts: Mapping[str, bytes] | None = None) -> None:
    """Refuse one digest on two different files: one of them was copied by mistake; *texts* tell on which line.

    The original shipped a .NET SDK with the runtime's digest for two years.
    """
    seen: dict[str, str] = {}
    for release in releases:
        for artifact in release.artifacts:
            digest = artifact.checksum.digest
            if seen.setdefault(digest, artifact.url) != artifact.url:
                path = release_path(release.source, release.line)
                text = (texts or {}).get(path, b"").partition(artifact.url.encode())[0]
                problem = f"the digest {digest[:16]}… of {artifact.url} is that of {seen[digest]} too"
                raise CatalogueError(path, "artifacts", problem, text.count(b"\n") + 1 if text else None)
