"""OpenJDK: the builds of Eclipse Temurin, by the Adoptium API; a JDK and a JRE are two lines of one release."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Collection, Mapping, Sequence
from datetime import date

from sources import proofs, temurin
from sources.offer import offer, refuse_twins
from sources.source import Fetch, unsigned
from sources.strict import Value, read_json
from state.errors import SourceError
from state.model import Arch, Offer, Platform, Release, Version

NAME = "openjdk"
_API = "https://api.adoptium.net/v3"
_BUILDS = "heap_size=normal&jvm_impl=hotspot&project=jdk"
DOCUMENTS = {"available": f"{_API}/info/available_releases"}
COUNTS = re.compile(rb'"download_count": *[0-9]+')
_LINES = {  # what is built for some lines only, https://adoptium.net/supported-platforms
    Platform(Arch.ARMV7HF, "glibc"): range(8, 18),
    Platform(Arch.AARCH64, "musl"): range(21, 1000),
}


def more(documents: Mapping[str, bytes]) -> Mapping[str, str]:
    """One page for each long-term line, for the newest and for the one before: the five newest releases.

    A page may not be longer than 20. It holds download counts (:data:`COUNTS`): its bytes are new at every poll.
    """
    lines, newest = _lines(documents)
    query = f"{_BUILDS}&page=0&page_size=5&sort_order=DESC&vendor=eclipse"
    asked = sorted({*lines, newest, max(8, newest - 1)})
    return {f"ga-{line}": f"{_API}/assets/feature_releases/{line}/ga?{query}" for line in asked}


def _lines(documents: Mapping[str, bytes]) -> tuple[set[int], int]:
    """Return the long-term lines, and the newest of all."""
    available = read_json(NAME, DOCUMENTS["available"], documents["available"])
    lts = {_line(item) for item in available.member("available_lts_releases").items()}
    return lts, _line(available.member("most_recent_feature_release"))


def _line(value: Value) -> int:
    if type(value.raw) is not int or not 8 <= value.raw < 1000:  # noqa: PLR2004  (Temurin begins with Java 8)
        raise value.wrong("is not a Java version")
    return value.raw


verify = unsigned


def releases(documents: Mapping[str, bytes]) -> Sequence[Release]:
    """Read the pages. A release belongs to a line where it has one file at least for a system of ours.

    Upstream names the long-term lines and the newest, and says neither until when a line is supported nor whether a
    release fixes a vulnerability. A line that is neither ended at the latest when the first release that we see of
    the newest line came.
    """
    lts, newest = _lines(documents)
    asked = {int(name.removeprefix("ga-")): (url, documents[name]) for name, url in more(documents).items()}
    # The newest may be announced before it has a release.
    pages = {n: temurin.page(NAME, n, *page) for n, page in asked.items() if page[1] or n in lts}
    came = min((day for _, day, _ in pages.get(newest, ())), default=None)
    found = [
        _release(version, day, flavour, lts=line in lts, until=came if line != newest else None)
        for line, page in pages.items()
        for version, day, flavours in page
        for flavour in flavours
    ]
    if not found:
        raise SourceError(NAME, DOCUMENTS["available"], "", "leads to no release for our systems")
    return sorted(found, key=lambda r: (r.version, r.line))


def _release(version: Version, day: date, flavour: str, *, lts: bool, until: date | None) -> Release:
    """Return a release; *until* is when the next line came, which ends one that is no long-term one."""
    line = f"{version.major}-{flavour}"
    if lts:
        return Release(NAME, line, version, day, "LTS", maintained=True)
    return Release(NAME, line, version, day, supported_until=until, maintained=until is None)


async def artifacts(release: Release, wanted: Collection[Platform], fetch: Fetch) -> Offer:
    """Look into the release's own document. What has no digest yet is awaited like what is not there."""
    flavour, version = release.line.rpartition("-")[2], release.version
    url = f"{_API}/assets/release_name/eclipse/{temurin.quoted(version)}?{_BUILDS}"
    entry = read_json(NAME, url, await fetch.get(url))
    if temurin.identity(entry, version.major) != version:
        raise entry.member("release_name").wrong(f"is not {temurin.spelled(version)}")
    packages = temurin.packages(entry)
    read = {key: artifact for key in packages if (artifact := temurin.artifact(packages[key], version, *key))}
    refuse_twins(NAME, read.values())
    listed = {p: read[flavour, p] for p in wanted if (flavour, p) in read}
    # Since July 2022 a signature lies beside each file: https://adoptium.net/blog/2022/07/gpg-signed-releases
    looked = await asyncio.gather(*(proofs.vouched(a, f"{a.url}.sig", fetch) for a in listed.values()))
    found = dict(zip(listed, looked, strict=True))
    return offer(NAME, wanted, found, lambda p: _awaited(p, release, (flavour, p) in packages))


def _awaited(platform: Platform, release: Release, listed: bool) -> str:  # noqa: FBT001
    """Say what is awaited, or why it will never come."""
    line, _, flavour = release.line.partition("-")
    what = f"{flavour} of {temurin.spelled(release.version)} for {platform}"
    if platform not in temurin.SYSTEMS:
        return f"Temurin is not built for {platform}"
    if listed:
        return f"Adoptium lists the {what} without a digest yet"
    if int(line) not in _LINES.get(platform, range(1000)):
        return f"Temurin {line} is not built for {platform}"
    respin = ": a respin is often for some platforms only" if temurin.is_respin(release.version) else ""
    return f"Adoptium has no {what} yet{respin}"


def links(old: str | None, new: str) -> Mapping[str, str]:
    """Release and notes, and the comparison of the sources if there is an *old*; a respin has no tag there."""
    version = Version(new)
    line, name = version.major, temurin.quoted(version)
    found = {"Release": f"https://github.com/adoptium/temurin{line}-binaries/releases/tag/{name}"}
    found["Release notes"] = f"https://adoptium.net/temurin/release-notes?version={name}"
    if old is None or temurin.is_respin(version) or temurin.is_respin(Version(old)):
        return found
    compare = f"https://github.com/openjdk/jdk{line}u/compare"
    return found | {"Comparison": f"{compare}/{temurin.quoted(Version(old))}...{name}"}
