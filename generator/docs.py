"""The page for people who choose an image, generated from the catalogue.

Rows name lines, never patch versions, and each stands on a text line of its own: a patch release changes
nothing here, and two lines' changes do not meet.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from generator import matrix
from generator.names import joined
from generator.rows import Catalogue, Distro, Stack
from generator.tags import default_version, latest_line
from state.model import Arch, Platform, Release

PAGE = "docs/base-images.md"


def docs(catalogue: Catalogue) -> dict[str, str]:
    """Return path → text of the generated pages."""
    sections = (_head, _names, _distros, _languages, _classes, _devices, _absent)
    return {PAGE: "\n".join(line for section in sections for line in section(catalogue)) + "\n"}


def _head(_: Catalogue) -> Iterator[str]:
    yield "<!-- Generated from catalogue/: edit that, not this page. -->"
    yield "# Base images"
    yield ""


def _names(catalogue: Catalogue) -> Iterator[str]:
    space, distro = catalogue.family.namespace, catalogue.distros[catalogue.family.default_distro]
    stack = next((s for s in catalogue.stacks.values() if catalogue.lines(s.source)), None)
    line = _latest(catalogue, stack, Platform(Arch.AMD64, distro.libc)) if stack else None
    image = joined("amd64", distro.name, stack.name if stack and line else None)
    yield from _text(
        "## Names",
        f"`{space}/<hw>-<distro>-<language>:<line>-<distro version>-<run|build>-<yyyymmdd>`, for example "
        f"`{space}/{image}:{joined(line, distro.default, 'run')}`.",
        "- `<hw>` is an architecture or a device type, and is always there.",
        f"- `<distro>` may be left out: that is {distro.title}.",
        "- A part of the tag that is left out means its default: the latest line, the distro's default version, `run`.",
        "- A name with a date is written once and stays; a name without one moves with each rebuild.",
        f"- `{Arch.ARMV6.repo}` stands for {Arch.ARMV6}.",
    )


def _distros(catalogue: Catalogue) -> Iterator[str]:
    yield from _table(
        "## Distros",
        ("Distro", "Version", "Also", "Default", "Supported until", "Architectures"),
        (
            (
                row.title,
                f"`{line.codename}`",
                f"`{line.number}`" if line.number else "",
                "default" if line.codename == row.default else "",
                str(line.supported_until or ("rolling" if line.rolling else "")),
                ", ".join(arch for arch in Arch if arch in line.bases),
            )
            for row in catalogue.distros.values()
            for line in row.lines
        ),
    )
    notes = [note for row in catalogue.distros.values() for note in _defaults(row)]
    yield from [*notes, ""] if notes else []


def _defaults(distro: Distro) -> Iterator[str]:
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
        "## Languages",
        ("Language", "Line", "Default", "Supported until", "With glibc", "With musl"),
        (
            (
                stack.title,
                f"`{release.line}`",
                "default" if release.line == _latest(catalogue, stack, Platform(Arch.AMD64, "glibc")) else "",
                str(release.supported_until or ""),
                _arches(a.arch for a in release.artifacts if a.libc == "glibc"),
                _arches(a.arch for a in release.artifacts if a.libc == "musl"),
            )
            for stack, release in _lines(catalogue)
        ),
    )


def _classes(catalogue: Catalogue) -> Iterator[str]:
    yield from _table(
        "## Device classes",
        ("Class", "Name", "Architecture", "Has a layer of its own on"),
        (
            (
                f"`{row.name}`",
                row.title,
                str(row.arch),
                "everything: it serves the devices whose class is not there"
                if row.generic
                else "; ".join(f"{name} {', '.join(lines)}" for name, lines in row.distros.items()),
            )
            for row in catalogue.classes.values()
        ),
    )


def _devices(catalogue: Catalogue) -> Iterator[str]:
    order = {name: n for n, name in enumerate(catalogue.classes)}
    rows = sorted(catalogue.devices.values(), key=lambda d: (order.get(d.device_class, len(order)), d.slug))
    yield from _table(
        "## Device types",
        ("Device", "Name", "Also called", "Architecture", "Class"),
        (
            (
                f"`{row.slug}`",
                row.title,
                ", ".join(row.aliases),
                str(row.arch),
                f"`{row.device_class}`" if row.device_class else f"no images: {row.absent}",
            )
            for row in rows
        ),
    )


def _absent(catalogue: Catalogue) -> Iterator[str]:
    distros = (
        (f"{line.title}", str(arch), reason)
        for row in catalogue.distros.values()
        for line in row.lines
        for arch, reason in sorted(line.absent.items())
    )
    languages = (
        (f"{stack.title} {release.line}", str(platform), reason)
        for stack, release in _lines(catalogue)
        for platform, reason in matrix.absent(catalogue, stack.name, release.line)
    )
    yield from _table("## What does not exist, and why", ("What", "Platform", "Reason"), (*distros, *languages))


def _lines(catalogue: Catalogue) -> Iterator[tuple[Stack, Release]]:
    for stack in catalogue.stacks.values():
        for release in catalogue.lines(stack.source):
            yield stack, release


def _latest(catalogue: Catalogue, stack: Stack, platform: Platform) -> str | None:
    there = [(r, a) for r in catalogue.lines(stack.source) if (a := r.artifact(platform))]
    return latest_line(stack, {r.line: (r, a.version) for r, a in there})


def _arches(arches: Iterable[Arch]) -> str:
    found = set(arches)
    return ", ".join(arch for arch in Arch if arch in found)


def _text(title: str, lead: str, *items: str) -> Iterator[str]:
    yield from (title, "", lead, "", *items, "")


def _table(title: str, head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    yield from (title, "", f"| {' | '.join(head)} |", f"|{' --- |' * len(head)}")
    for row in rows:
        yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |"
    yield ""
