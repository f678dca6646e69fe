"""The tables of the page for people who choose an image: one row for each thing, one text line for each row.

Rows name lines, never patch versions: a patch release changes nothing here, and two lines' changes do not meet.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import get_args

from generator import matrix
from generator.cross import EMULATED
from generator.device_rows import DeviceClass
from generator.matrix import Cell
from generator.rows import Catalogue, Distro, Served, Stack
from generator.words import default_version, latest_line
from state.model import Arch, Libc, Platform, Release


def tables(catalogue: Catalogue) -> dict[str, str]:
    """Return name → Markdown of every table, without a last newline."""
    made = (_architectures, _distros, _versions, _languages, _lines, _makers, _devices, _classes, _absent)
    found = {part.__name__.removeprefix("_"): "\n".join(part(catalogue)) for part in made}
    return {**found, "fallbacks": "\n".join(line for row in catalogue.distros.values() for line in _fallbacks(row))}


def _architectures(catalogue: Catalogue) -> Iterator[str]:
    yield from _table(
        ("Architecture", "In image names", "Platform", "Distros", "Builds on x86"),
        (
            (
                arch,
                f"`{arch.repo}`",
                f"`{arch.oci}`",
                ", ".join(row.title for row in catalogue.distros.values() if any(arch in n.bases for n in row.lines)),
                "with `cross-build-start`" if arch in EMULATED else "as it is",
            )
            for arch in Arch
        ),
    )


def _distros(catalogue: Catalogue) -> Iterator[str]:
    yield from _table(
        ("Distribution", "In image names", "Default (latest)", "Architectures"),
        (
            (
                row.title,
                f"`{row.name}`" + (f", `{row.also}`" if row.also else ""),
                next((line.title for line in row.lines if line.codename == row.default), row.default),
                _arches(arch for line in row.lines for arch in line.bases),
            )
            for row in catalogue.distros.values()
        ),
    )


def _versions(catalogue: Catalogue) -> Iterator[str]:
    yield from _table(
        ("Distro", "Version", "Also", "Default", "Supported until", "Architectures"),
        (
            (
                row.title,
                f"`{line.codename}`",
                f"`{line.number}`" if line.number else "",
                "default" if line.codename == row.default else "",
                str(line.supported_until or ("rolling" if line.rolling else "")),
                _arches(line.bases),
            )
            for row in catalogue.distros.values()
            for line in row.lines
        ),
    )


def _fallbacks(distro: Distro) -> Iterator[str]:
    """Where the default is not there: what stands in for it, or that nothing does."""
    for arch in Arch:
        codenames = tuple(line.codename for line in distro.lines if arch in line.bases)
        found = default_version(distro, codenames, distro.default)
        if codenames and found is None:
            yield f"- {distro.title} on {arch} has no default: its tags always name the version."
        elif codenames and found != distro.default:
            yield f"- {distro.title} on {arch} falls back to `{found}`, since `{distro.default}` is not there."


def _languages(catalogue: Catalogue) -> Iterator[str]:
    yield from _table(
        ("Language", "In image names", "Default (latest)", "Architectures"),
        (
            (
                stack.title,
                f"`{stack.name}`",
                f"`{line}`" if (line := latest(catalogue, stack)) else f"no release yet: `watcher sync {stack.source}`",
                _arches(row.platform.arch for row in stack.served),
            )
            for stack in catalogue.stacks.values()
        ),
    )


def _lines(catalogue: Catalogue) -> Iterator[str]:
    cells = matrix.cells(catalogue)
    defaults = {stack.name: latest(catalogue, stack) for stack in catalogue.stacks.values()}
    yield from _table(
        ("Language", "Line", "Default", "Supported until", "With glibc", "With musl"),
        (
            (
                stack.title,
                f"`{release.line}`",
                "default" if release.line == defaults[stack.name] else "",
                str(release.supported_until or ""),
                *(_arches(_holders(cells, stack, release, libc)) for libc in get_args(Libc)),
            )
            for stack, release in _recorded(catalogue)
        ),
    )


def _makers(catalogue: Catalogue) -> Iterator[str]:
    rows = ((stack.title, str(row.platform), row.upstream, _bounds(row)) for stack, row in _served(catalogue))
    yield from _table(("Language", "Platform", "Made by", "Lines"), rows)


def _devices(catalogue: Catalogue) -> Iterator[str]:
    order = {name: n for n, name in enumerate(catalogue.classes)}
    rows = sorted(catalogue.devices.values(), key=lambda d: (order.get(d.device_class, len(order)), d.slug))
    space = catalogue.family.namespace
    yield from _table(
        ("Device", "Name", "Also called", "Architecture", "Images", "Class"),
        (
            (
                f"`{row.slug}`",
                row.title,
                ", ".join(f"`{alias}`" for alias in row.aliases),
                str(row.arch),
                f"no images: {row.absent}" if row.absent else f"`{space}/{row.slug}`",
                f"`{row.device_class}`" if row.device_class else "",
            )
            for row in rows
        ),
    )


def _classes(catalogue: Catalogue) -> Iterator[str]:
    yield from _table(
        ("Class", "Name", "Architecture", "Has a layer of its own on"),
        (
            (
                f"`{row.name}`",
                row.title,
                str(row.arch),
                "everything: it serves the devices whose class is not there"
                if row.generic
                else "; ".join(_layer(catalogue, row, name, lines) for name, lines in row.distros.items()),
            )
            for row in catalogue.classes.values()
        ),
    )


def _layer(catalogue: Catalogue, row: DeviceClass, distro: str, codenames: tuple[str, ...]) -> str:
    archive = row.awaits(distro, catalogue.archives)
    where = f"{distro} {', '.join(codenames)}"
    return f"{where}: not yet, {archive.absent}" if archive else where


def _absent(catalogue: Catalogue) -> Iterator[str]:
    distros = (
        (line.title, str(arch), reason)
        for row in catalogue.distros.values()
        for line in row.lines
        for arch, reason in sorted(line.absent.items())
    )
    languages = (
        (f"{stack.title} {release.line}", str(platform), reason)
        for stack, release in _recorded(catalogue)
        for platform, reason in matrix.absent(catalogue, stack.name, release.line)
    )
    yield from _table(("What", "Platform", "Reason"), (*distros, *languages))


def latest(catalogue: Catalogue, stack: Stack) -> str | None:
    """Return the line that ``latest`` means on amd64 with the default distro, or None: nothing is recorded."""
    libc = catalogue.distros[catalogue.family.default_distro].libc
    there = [(r, a) for r in catalogue.lines(stack.source) if (a := r.artifact(Platform(Arch.AMD64, libc)))]
    return latest_line(stack, {r.line: (r, a.version) for r, a in there})


def _holders(cells: list[Cell], stack: Stack, release: Release, libc: str) -> Iterator[Arch]:
    """The architectures that have the line, by upstream's file or by some distro's own package."""
    for cell in cells:
        if cell.distro.libc == libc and matrix.version_in(stack, release, cell) is not None:
            yield cell.arch


def _recorded(catalogue: Catalogue) -> Iterator[tuple[Stack, Release]]:
    for stack in catalogue.stacks.values():
        for release in catalogue.lines(stack.source):
            yield stack, release


def _served(catalogue: Catalogue) -> Iterator[tuple[Stack, Served]]:
    for stack in catalogue.stacks.values():
        for row in stack.served:
            yield stack, row


def _bounds(row: Served) -> str:
    if row.packages and not row.since and not row.below:
        return "; ".join(f"{codename}: {', '.join(numbers)}" for codename, numbers in row.packages.items())
    bounds = [f"from {row.since}" if row.since else "", f"below {row.below}" if row.below else ""]
    return " ".join(bound for bound in bounds if bound) or "all"


def _arches(arches: Iterable[Arch]) -> str:
    found = set(arches)
    return ", ".join(arch for arch in Arch if arch in found)


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield f"|{' --- |' * len(head)}"
    for row in rows:
        yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |"
