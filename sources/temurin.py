"""Eclipse Temurin as the Adoptium API describes it: the releases of a page, their names, their packages for us."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from urllib.parse import quote

from sources.strict import Value, read_json
from state.model import Arch, Artifact, Platform, Version

SYSTEMS = {
    Platform(Arch.AMD64, "glibc"): ("linux", "x64"),
    Platform(Arch.AARCH64, "glibc"): ("linux", "aarch64"),
    Platform(Arch.ARMV7HF, "glibc"): ("linux", "arm"),
    Platform(Arch.AMD64, "musl"): ("alpine-linux", "x64"),
    Platform(Arch.AARCH64, "musl"): ("alpine-linux", "aarch64"),
}
"""Platform → system and architecture, in the API's words."""
_PLATFORMS = {system: platform for platform, system in SYSTEMS.items()}
_FLAVOURS = ("jdk", "jre")
_N = "(?:0|[1-9][0-9]{0,4})"
_FORM = re.compile(rf"{_N}(?:\.{_N}){{0,4}}\+{_N}(?:\.{_N})?")
_MOMENT = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?Z")
_EIGHT = re.compile(r"jdk8u([1-9][0-9]{0,3})-b([0-9]{2})(?:\.([1-9]))?")


def page(source: str, line: int, url: str, body: bytes) -> Sequence[tuple[Version, date, Sequence[str]]]:
    """Return version, day and flavours of each release on a line's page."""
    root = read_json(source, url, body)
    found: dict[Version, tuple[date, Sequence[str]]] = {}
    for entry in root.items():
        version, day = identity(entry, line), _day(entry.member("timestamp"))
        if version in found:
            raise entry.member("release_name").wrong(f"stands there twice: {version}")
        found[version] = day, sorted({flavour for flavour, _ in packages(entry)})
    if not found:
        raise root.wrong("names no release")
    return [(version, day, flavours) for version, (day, flavours) in found.items()]


def _day(moment: Value) -> date:
    match = _MOMENT.fullmatch(moment.text())
    if match is None:
        raise moment.wrong(f"is not a moment of UTC: {moment.text()[:40]!r}")
    return replace(moment, raw=match[1]).day()


def identity(entry: Value, line: int) -> Version:
    """Return the version of a release that is what was asked for: a general release of Temurin, of that line."""
    name, vendor = entry.member("release_name"), entry.member("vendor")
    if entry.member("release_type").text() != "ga":
        raise entry.member("release_type").wrong("is not a general release")
    if vendor.text() != "eclipse":
        raise vendor.wrong("is another vendor's")
    eight = _EIGHT.fullmatch(name.text())
    if eight:
        respin = f".{eight[3]}" if eight[3] else ""
        version = Version(f"8.0.{eight[1]}+{int(eight[2])}{respin}")
    else:
        version = name.version("jdk-", _FORM)
    if version.major != line or spelled(version) != name.text():
        raise name.wrong(f"is not of line {line}: {name.text()}")
    return version


def spelled(version: Version) -> str:
    """Return upstream's name of a release: ``jdk-21.0.12+8``, ``jdk8u502-b07`` for 8.0.502+7."""
    numbers, _, build = version.text.partition("+")
    if version.major != 8:  # noqa: PLR2004
        return f"jdk-{version}"
    number, _, respin = build.partition(".")
    return f"jdk8u{numbers.removeprefix('8.0.')}-b{number:0>2}" + (f".{respin}" if respin else "")


def quoted(version: Version) -> str:
    """Return upstream's name of a release as URLs hold it."""
    return quote(spelled(version), safe="")


def is_respin(version: Version) -> bool:
    """Whether it is a rebuild of the same sources (``jdk-11.0.22+7.1``): these are often for some systems only."""
    return "." in version.text.partition("+")[2]


def packages(entry: Value) -> Mapping[tuple[str, Platform], Value]:
    """Return (flavour, platform) → its package, for the systems and flavours of ours."""
    found: dict[tuple[str, Platform], Value] = {}
    for binary in entry.member("binaries").items():
        system, arch = binary.member("os").text(), binary.member("architecture").text()
        flavour, platform = binary.member("image_type").text(), _PLATFORMS.get((system, arch))
        if platform is None or flavour not in _FLAVOURS:
            continue
        package = binary.member("package")
        if found.setdefault((flavour, platform), package) is not package:
            raise binary.wrong(f"is a second {flavour} for {platform}")
    return found


def artifact(package: Value, version: Version, flavour: str, platform: Platform) -> Artifact | None:
    """Return the file, None as long as its digest is not published; refuse one that is not where it must be."""
    link, line = package.member("link"), version.major
    folder = f"https://github.com/adoptium/temurin{line}-binaries/releases/download/{quoted(version)}/"
    system, arch = SYSTEMS[platform]
    name = rf"OpenJDK{line}U?-{flavour}_{arch}_{system}_hotspot_[0-9._ub]+\.tar\.gz"
    if not re.fullmatch(re.escape(folder) + name, link.text()):
        raise link.wrong(f"is not a {flavour} for {platform} in {folder}: {link.text()[:200]!r}")
    checksum, verified = package.member("checksum"), "sha256 published by upstream"
    if checksum.raw is None:
        return None
    return Artifact(*platform, version, link.text(), checksum.checksum("sha256"), verified, signed=False)
