"""Made-up releases of Python, Go, OpenJDK and .NET, with the URLs that upstream would give them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from datetime import date

from generator import catalogue, matrix
from generator.rows import Catalogue
from state.model import Arch, Artifact, Checksum, Platform, Release, Version

LINES: Mapping[str, Mapping[str, str]] = {
    "python": {"3.11": "3.11.15", "3.13": "3.13.9", "3.14": "3.14.7"},
    "golang": {"1.26": "1.26.4", "1.27": "1.27.3"},
    "openjdk": {f"{n}-{f}": v for n, v in (
        ("8", "8.0.502+7"), ("11", "11.0.32+9"), ("17", "17.0.20+8"), ("21", "21.0.12.1+1"), ("25", "25.0.4+7"),
    ) for f in ("jdk", "jre")},
    "dotnet": {"10.0-sdk": "10.0.302", "10.0-runtime": "10.0.10", "10.0-aspnet": "10.0.10"},
}  # fmt: skip
"""Stack → line → version."""

_GO = {Arch.AMD64: "amd64", Arch.AARCH64: "arm64", Arch.I386: "386"}
_JDK = {Arch.AMD64: "x64", Arch.AARCH64: "aarch64", Arch.ARMV7HF: "arm"}
_NET = {Arch.AMD64: "x64", Arch.AARCH64: "arm64", Arch.ARMV7HF: "arm"}
_FOLDERS = {
    "sdk": "Sdk/{0}/dotnet-sdk-{0}",
    "runtime": "Runtime/{0}/dotnet-runtime-{0}",
    "aspnet": "aspnetcore/Runtime/{0}/aspnetcore-runtime-{0}",
}


def url(stack: str, line: str, version: str, platform: Platform) -> str:
    """Where upstream has that file."""
    number, _, flavour = line.partition("-")
    if stack == "python":
        return f"https://www.python.org/ftp/python/{version}/Python-{version}.tar.xz"
    if stack == "golang":
        return f"https://dl.google.com/go/go{version}.linux-{_GO.get(platform.arch, 'armv6l')}.tar.gz"
    if stack == "dotnet":
        system = "linux-musl" if platform.libc == "musl" else "linux"
        folder = _FOLDERS[flavour].format(version)
        return f"https://builds.dotnet.microsoft.com/dotnet/{folder}-{system}-{_NET[platform.arch]}.tar.gz"
    system = "alpine-linux" if platform.libc == "musl" else "linux"
    name = f"OpenJDK{number}U-{flavour}_{_JDK[platform.arch]}_{system}_hotspot_{version.replace('+', '_')}.tar.gz"
    folder = f"temurin{number}-binaries/releases/download/jdk-{version.replace('+', '%2B')}"
    return f"https://github.com/adoptium/{folder}/{name}"


def release(rows: Catalogue, stack: str, line: str, version: str) -> Release:
    """A release with a file for every platform that is wanted; a digest is of the URL."""
    algorithm = "sha512" if stack == "dotnet" else "sha256"
    row = rows.stacks[stack]
    files = []
    for platform in matrix.wanted(rows, stack, line):
        place = url(stack, line, version, platform)
        digest = Checksum(algorithm, hashlib.new(algorithm, place.encode()).hexdigest())
        files.append(Artifact(*platform, Version(version), place, digest, "made up", signed=False))
    lts = "LTS" if row.latest == "lts" else ""
    until = date(2028, 11, 14)
    made = Release(row.source, line, Version(version), date(2026, 8, 4), lts, supported_until=until)
    return replace(made, artifacts=tuple(sorted(files, key=lambda a: a.platform)))


def spoken(rows: Catalogue) -> Catalogue:
    """The catalogue with the lines of all four recorded."""
    for stack, lines in LINES.items():
        for line, version in lines.items():
            rows = catalogue.with_release(rows, release(rows, stack, line, version))
    return rows
