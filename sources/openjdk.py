"""OpenJDK: the builds of Eclipse Temurin, by the Adoptium API; a JDK and a JRE are two lines of one release."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date
from urllib.parse import quote

from sources.digests import refuse_twins
from sources.source import Fetch, unsigned
from sources.strict import Value, read_json
from state.errors import SourceError
from state.model import Arch, Artifact, Offer, Platform, Release, Version

NAME = "openjdk"
_API = "https://api.adoptium.net/v3"
_BUILDS = "heap_size=normal&jvm_impl=hotspot&project=jdk"
DOCUMENTS = {"available": f"{_API}/info/available_releases"}
_FLAVOURS = ("jdk", "jre")
_SYSTEMS = {
    Platform(Arch.AMD64, "glibc"): ("linux", "x64"),
    Platform(Arch.AARCH64, "glibc"): ("linux", "aarch64"),
    Platform(Arch.ARMV7HF, "glibc"): ("linux", "arm"),
    Platform(Arch.AMD64, "musl"): ("alpine-linux", "x64"),
    Platform(Arch.AARCH64, "musl"): ("alpine-linux", "aarch64"),
}
_PLATFORMS = {system: platform for platform, system in _SYSTEMS.items()}
_LINES = {  # what is built for some lines only, https://adoptium.net/supported-platforms
    Platform(Arch.ARMV7HF, "glibc"): range(8, 18),
    Platform(Arch.AARCH64, "musl"): range(21, 1000),
}
_N = "(?:0|[1-9][0-9]{0,4})"
_FORM = re.compile(rf"{_N}(?:\.{_N}){{0,4}}\+{_N}(?:\.{_N})?")
_EIGHT = re.compile(r"jdk8u([1-9][0-9]{0,3})-b([0-9]{2})(?:\.([1-9]))?")
_MOMENT = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?Z")


def more(documents: Mapping[str, bytes]) -> Mapping[str, str]:
    """One page for each long-term line and for the newest: all systems and flavours, the five newest releases.

    A page may not be longer than 20. It holds download counts, so that its bytes are new at every poll.
    """
    query = f"{_BUILDS}&page=0&page_size=5&sort_order=DESC&vendor=eclipse"
    return {f"ga-{line}": f"{_API}/assets/feature_releases/{line}/ga?{query}" for line in sorted(_lines(documents))}


def _lines(documents: Mapping[str, bytes]) -> dict[int, str]:
    """Return the lines that upstream maintains → ``LTS``, or ``""`` for the newest of the others."""
    available = read_json(NAME, DOCUMENTS["available"], documents["available"])
    lines = {_line(available.member("most_recent_feature_release")): ""}
    return lines | {_line(item): "LTS" for item in available.member("available_lts_releases").items()}


def _line(value: Value) -> int:
    if type(value.raw) is not int or not 8 <= value.raw < 1000:  # noqa: PLR2004  (Temurin begins with Java 8)
        raise value.wrong("is not a Java version")
    return value.raw


verify = unsigned


def releases(documents: Mapping[str, bytes]) -> Sequence[Release]:
    """Read the pages. A release belongs to a line where it has one file at least for a system of ours.

    Respins (``jdk-11.0.22+7.1``) are often for other systems only. Whether a release fixes a vulnerability, and
    until when a line is supported, this API does not say.
    """
    found: dict[tuple[str, Version], Release] = {}
    lts = _lines(documents)
    for name, url in more(documents).items():
        line, page = int(name.removeprefix("ga-")), read_json(NAME, url, documents[name])
        for entry in page.items():
            version, day = _identity(entry, line), _day(entry.member("timestamp"))
            for flavour in sorted({flavour for flavour, _ in _packages(entry)}):
                release = Release(NAME, f"{line}-{flavour}", version, day, lts[line], maintained=True)
                if found.setdefault((release.line, version), release) is not release:
                    raise entry.member("release_name").wrong(f"stands there twice: {version}")
        if not any(page.items()):
            raise page.wrong("names no release")
    if not found:
        raise SourceError(NAME, DOCUMENTS["available"], "", "leads to no release for our systems")
    return sorted(found.values(), key=lambda r: (r.version, r.line))


def _identity(entry: Value, line: int) -> Version:
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


def _quoted(version: Version) -> str:
    return quote(spelled(version), safe="")


def _day(moment: Value) -> date:
    match = _MOMENT.fullmatch(moment.text())
    if match is None:
        raise moment.wrong(f"is not a moment of UTC: {moment.text()[:40]!r}")
    return replace(moment, raw=match[1]).day()


def _packages(entry: Value) -> dict[tuple[str, Platform], Value]:
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


async def artifacts(release: Release, wanted: Collection[Platform], fetch: Fetch) -> Offer:
    """Look into the release's own document. What has no digest yet is awaited like what is not there."""
    flavour = release.line.rpartition("-")[2]
    url = f"{_API}/assets/release_name/eclipse/{_quoted(release.version)}?{_BUILDS}"
    entry = read_json(NAME, url, await fetch.get(url))
    if _identity(entry, release.version.major) != release.version:
        raise entry.member("release_name").wrong(f"is not {spelled(release.version)}")
    packages = _packages(entry)
    read = {key: _artifact(package, release, *key) for key, package in packages.items()}
    refuse_twins(NAME, filter(None, read.values()))
    found = {p: artifact for p in wanted if (artifact := read.get((flavour, p)))}
    missing = tuple((p, _awaited(p, release, (flavour, p) in packages)) for p in wanted if p not in found)
    return Offer(tuple(found.values()), missing)


def _artifact(package: Value, release: Release, flavour: str, platform: Platform) -> Artifact | None:
    """Return the file, None as long as its digest is not published; refuse one that is not where it must be."""
    link, line = package.member("link"), release.version.major
    folder = f"https://github.com/adoptium/temurin{line}-binaries/releases/download/{_quoted(release.version)}/"
    system, arch = _SYSTEMS[platform]
    name = rf"OpenJDK{line}U?-{flavour}_{arch}_{system}_hotspot_[0-9._ub]+\.tar\.gz"
    if not re.fullmatch(re.escape(folder) + name, link.text()):
        raise link.wrong(f"is not a {flavour} for {platform} in {folder}: {link.text()[:200]!r}")
    checksum, verified = package.member("checksum"), "sha256 published by upstream"
    if checksum.raw is None:
        return None
    return Artifact(*platform, release.version, link.text(), checksum.checksum("sha256"), verified, signed=False)


def _awaited(platform: Platform, release: Release, listed: bool) -> str:  # noqa: FBT001
    """Say what is awaited, or why it will never come."""
    line, _, flavour = release.line.partition("-")
    what = f"{flavour} of {spelled(release.version)} for {platform}"
    if platform not in _SYSTEMS:
        return f"Temurin is not built for {platform}"
    if listed:
        return f"Adoptium lists the {what} without a digest yet"
    if int(line) not in _LINES.get(platform, range(1000)):
        return f"Temurin {line} is not built for {platform}"
    respin = ": a respin is often for some platforms only" if "." in release.version.text.partition("+")[2] else ""
    return f"Adoptium has no {what} yet{respin}"


def links(old: str | None, new: str) -> Mapping[str, str]:
    """Release and notes, and the comparison of the sources if there is an *old*; a respin has no tag there."""
    line, name = Version(new).major, _quoted(Version(new))
    found = {"Release": f"https://github.com/adoptium/temurin{line}-binaries/releases/tag/{name}"}
    found["Release notes"] = f"https://adoptium.net/temurin/release-notes?version={name}"
    if old is None or any("." in text.partition("+")[2] for text in (old, new)):
        return found
    return found | {"Comparison": f"https://github.com/openjdk/jdk{line}u/compare/{_quoted(Version(old))}...{name}"}
