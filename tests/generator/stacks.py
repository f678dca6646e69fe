"""The other stacks, made up: enough of each to name its images, whatever the built-in catalogue says of them."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import date

from generator import catalogue, matrix
from generator.rows import Catalogue, Served, Stack
from state.model import Arch, Artifact, Checksum, Libc, Platform, Release, Version

LINES: Mapping[str, Mapping[str, str]] = {
    "python": {"3.9": "3.9.25", "3.10": "3.10.20", "3.12": "3.12.14", "3.14": "3.14.2"},
    "go": {"1.20": "1.20.14", "1.25": "1.25.6", "1.26": "1.26.0"},
    "openjdk": {
        f"{number}-{flavour}": version
        for number, version in {"8": "8.0.472+8", "17": "17.0.18+8", "21": "21.0.5+11", "25": "25.0.1+8"}.items()
        for flavour in ("jdk", "jre")
    },
    "dotnet": {"8.0-sdk": "8.0.404", "8.0-runtime": "8.0.11", "8.0-aspnet": "8.0.11", "10.0-sdk": "10.0.101",
               "10.0-runtime": "10.0.1", "10.0-aspnet": "10.0.1"},
}  # fmt: skip
LTS = {"8-jdk", "8-jre", "17-jdk", "17-jre", "21-jdk", "21-jre", "25-jdk", "25-jre", "8.0-sdk", "10.0-sdk"}
WHY = "upstream has none"


def platforms(libc: Libc, arches: Collection[Arch] = tuple(Arch)) -> list[Platform]:
    """These architectures with that C library."""
    return [Platform(arch, libc) for arch in arches]


def _stack(name: str, source: str, flavours: tuple[str, ...], latest: str, served: Collection[Served]) -> Stack:
    there = {row.platform for row in served}
    absent = {p: WHY for libc in ("glibc", "musl") for p in platforms(libc) if p not in there}
    return Stack(name, name.title(), source, "node", latest, tuple(served), absent, (), 168, flavours)


def _everywhere(arches: Collection[Arch], upstream: str) -> list[Served]:
    return [Served(p, upstream) for p in (*platforms("glibc", arches), *platforms("musl", arches))]


def stacks() -> dict[str, Stack]:
    """Python everywhere, Go but for armv5e, .NET where Microsoft has it, and the JDK in parts from Debian."""
    net = (Arch.AMD64, Arch.AARCH64, Arch.ARMV7HF)
    debian = {"trixie": ("21", "25"), "bookworm": ("17",), "sid": ("21", "25")}
    jdk = [
        *(Served(p, "adoptium.net") for p in (*platforms("glibc", net[:2]), *platforms("musl", net[:2]))),
        Served(Platform(Arch.ARMV7HF, "glibc"), "adoptium.net", "", "18", WHY, debian),
        Served(Platform(Arch.I386, "glibc"), "debian.org", "", "", WHY, debian),
    ]
    return {
        "python": _stack("python", "python", (), "current", _everywhere(tuple(Arch), "python.org")),
        "golang": _stack("golang", "go", (), "current", _everywhere([a for a in Arch if a != Arch.ARMV5E], "go.dev")),
        "openjdk": _stack("openjdk", "openjdk", ("jdk", "jre"), "lts", jdk),
        "dotnet": _stack("dotnet", "dotnet", ("sdk", "runtime", "aspnet"), "lts", _everywhere(net, "microsoft.com")),
    }


def with_stacks(rows: Catalogue, names: Collection[str] = ("python", "golang", "openjdk", "dotnet")) -> Catalogue:
    """The catalogue with those stacks instead of what it has of them, each with its lines recorded."""
    rows = replace(rows, stacks={**rows.stacks, **{name: row for name, row in stacks().items() if name in names}})
    for name in names:
        for line, version in LINES[rows.stacks[name].source].items():
            rows = record(rows, name, line, version)
    return rows


def record(rows: Catalogue, stack: str, line: str, version: str, lts: str | None = None) -> Catalogue:
    """The catalogue with a release of *line* that has a file for every platform that is wanted."""
    source = rows.stacks[stack].source
    files = []
    for platform in matrix.wanted(rows, stack, line):
        url = f"https://{source}.example/{line}/{version}/{platform.arch}-{platform.libc}.tar.gz"
        digest = Checksum("sha256", hashlib.sha256(url.encode()).hexdigest())
        files.append(Artifact(*platform, Version(version), url, digest, "signed by 5BE8A3F6", signed=True))
    name = ("LTS" if line in LTS else "") if lts is None else lts
    made_of = Release(
        source, line, Version(version), date(2026, 1, 1), name, supported_until=date(2028, 1, 1),
        artifacts=tuple(sorted(files, key=lambda a: a.platform)),
    )  # fmt: skip
    return catalogue.with_release(rows, made_of)
