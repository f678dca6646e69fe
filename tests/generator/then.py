"""The family as it would have been on 2022-08-24: our stacks on the distro versions of that day.

The page that describes the original is of that time. Which architectures each version's base image had, and which
OpenJDK each distro packaged, are the only facts here: the stacks' own are those of the built-in catalogue.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from generator import catalogue, matrix, presence
from generator.matrix import Cell
from generator.rows import Catalogue, Distro, DistroLine, Served, Stack
from state.model import Arch, Artifact, Checksum, Release, Version
from tests.generator.family import files

_PC = "amd64 aarch64 armv7hf i386"
_LINES: Mapping[str, Mapping[str, str]] = {
    "debian": dict.fromkeys(("buster", "bullseye", "bookworm", "sid"), f"{_PC} armv5e"),
    "raspbian": dict.fromkeys(("buster", "bullseye", "bookworm"), "armv6"),
    "ubuntu": {
        **dict.fromkeys(("xenial", "bionic"), _PC),
        **dict.fromkeys(("focal", "impish", "jammy", "kinetic"), "amd64 aarch64 armv7hf"),
    },
    "alpine": dict.fromkeys(("3.12", "3.13", "3.14", "3.15", "3.16", "edge"), f"{_PC} armv6"),
    "fedora": dict.fromkeys(("33", "34", "35", "36"), "amd64 aarch64 armv7hf"),
}
"""Distro → version → the architectures of its base images."""

_DEBIAN = {"buster": ("11",), "bullseye": ("11", "17"), "bookworm": ("11", "17"), "sid": ("8", "11", "17")}
_UBUNTU = {"xenial": ("8",), "bionic": ("8", "11", "17")}
_ALPINE = dict.fromkeys(_LINES["alpine"], ("7", "8"))
"""Distro version → the OpenJDKs that it packaged, also for 32 bit."""

_PACKAGED: Mapping[str, Mapping[str, tuple[str, ...]]] = {"glibc": {**_DEBIAN, **_UBUNTU}, "musl": _ALPINE}


def line_of(stack: str, version: str) -> str:
    """The line that a version of the page belongs to: ``18`` of Node 18.7.0, ``3.10`` of Python 3.10.5."""
    if stack in ("openjdk", "dotnet"):
        return version
    return ".".join(version.split(".")[: 1 if stack == "node" else 2])


@dataclass(frozen=True, slots=True)
class Row:
    """One image of the page's catalogue; hw is an architecture as names write it, stack and version may be empty."""

    hw: str
    distro: str
    distro_version: str
    stack: str
    version: str
    variant: str


def read(text: str) -> list[Row]:
    """Read rows of tab-separated values; the first line names the columns."""
    head, *lines = text.splitlines()
    names = head.split("\t")
    keys = ("arch", "os", "os_version", "stack", "stack_version", "variant")
    return [
        Row(*(cells[key] for key in keys))
        for line in lines
        for cells in [dict(zip(names, line.split("\t"), strict=True))]
    ]


def world(rows: Sequence[Row]) -> Catalogue:
    """The catalogue of that day, with every line of *rows* released on every platform that upstream makes it for."""
    now = catalogue.load(files([]))
    stacks = {name: _then(stack) for name, stack in now.stacks.items()}
    made = replace(now, distros=dict(_distros(now)), stacks=stacks, classes={}, devices={}, releases={})
    for stack, line in {(row.stack, line_of(row.stack, row.version)) for row in rows if row.stack}:
        made = catalogue.with_release(made, _release(made, stack, line))
    return made


def _distros(now: Catalogue) -> Iterator[tuple[str, Distro]]:
    for name, lines in _LINES.items():
        distro = now.distros[name]
        then = tuple(_line(distro, codename, arches.split()) for codename, arches in lines.items())
        yield name, replace(distro, lines=then, default=then[-2].codename)


def _line(distro: Distro, codename: str, arches: Collection[str]) -> DistroLine:
    here = [Arch(arch) for arch in arches]
    reasons = {arch: f"{distro.title} {codename} had no base image for {arch}" for arch in Arch if arch not in here}
    return replace(distro.lines[0], codename=codename, number="", bases=dict.fromkeys(here, "base"), absent=reasons)


def _then(stack: Stack) -> Stack:
    return replace(stack, libraries={}, served=tuple(map(_row, stack.served)))


def _row(row: Served) -> Served:
    """A platform with the packages of that day, where distros serve it at all or Temurin has an end."""
    here = row.platform.arch in (Arch.AMD64, Arch.AARCH64) and row.platform.libc == "glibc"
    return replace(row, packages=_PACKAGED[row.platform.libc]) if row.upstream in _JAVA and not here else row


_JAVA = ("Adoptium", "Debian", "Alpine")


def _release(rows: Catalogue, stack: str, line: str) -> Release:
    version, url = Version(line.partition("-")[0]), f"https://example.org/{stack}/{line}"
    digest = Checksum("sha256", hashlib.sha256(url.encode()).hexdigest())
    artifacts = tuple(
        Artifact(*platform, version, url, digest, "made up", signed=False)
        for platform in matrix.wanted(rows, stack, line)
    )
    return Release(rows.stacks[stack].source, line, version, date(2022, 8, 24), artifacts=artifacts)


def missing(rows: Sequence[Row]) -> dict[Row, str]:
    """Those of *rows* that our family of that day would not have → why not; "" where nothing says why."""
    made = world(rows)
    there = {
        (i.hw, name, i.distro_version, i.stack or "", i.stack_line or "", i.variant)
        for i in matrix.with_dockerfile(made)
        for name in (i.distro, made.distros[i.distro].also)
    }
    return {
        row: _why(made, row)
        for row in rows
        if (row.hw, row.distro, row.distro_version, row.stack, _line_or_none(row), row.variant) not in there
    }


def _line_or_none(row: Row) -> str:
    return line_of(row.stack, row.version) if row.stack else ""


def _why(made: Catalogue, row: Row) -> str:
    arch = Arch.named(row.hw)
    for cell in matrix.cells(made):
        if (cell.arch, cell.line.codename) == (arch, row.distro_version) and row.distro in (
            cell.distro.name,
            cell.distro.also,
        ):
            return _why_on(made, row, cell)
    lines = made.distros[row.distro].lines
    return next((line.absent.get(arch, "") for line in lines if line.codename == row.distro_version), "")


def _why_on(made: Catalogue, row: Row, cell: Cell) -> str:
    stack = made.stacks[row.stack]
    return presence.why(stack, made.releases[stack.source, line_of(row.stack, row.version)], cell)
