"""Ubuntu: the series that distro-info names, at the point release that meta-release states; ubuntu-base as files."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from datetime import date

from sources.deb822 import moment, read_stanzas
from sources.digests import detached_list
from sources.distro_info import Series, read_series
from sources.offer import offer
from sources.source import Fetch, no_more, unsigned
from sources.strict import Value
from state.errors import SourceError
from state.model import Arch, Offer, Platform, Release, Version

NAME = "ubuntu"
DOCUMENTS = {
    "series": "https://debian.pages.debian.net/distro-info-data/ubuntu.csv",
    "meta": "https://changelogs.ubuntu.com/meta-release",
}
_BASE = "https://cdimage.ubuntu.com/ubuntu-base/releases"
_VERSION = re.compile(r"0?([1-9][0-9]?\.[0-9]{2}(?:\.[0-9]{1,2})?)(?: LTS)?")  # 04.10 once, 4.10 elsewhere
_PORTS = {Arch.AMD64: "amd64", Arch.AARCH64: "arm64", Arch.ARMV7HF: "armhf"}


more = no_more
verify = unsigned


def releases(documents: Mapping[str, bytes]) -> Sequence[Release]:
    """Return each series at its newest point release.

    A point release's ``published`` is its series' day: meta-release has no other. Its flag of support is not looked
    at, as it stays 1 in the paid years; the window is that of the standard support, the server's where that is longer.
    """
    url = DOCUMENTS["series"]
    series = read_series(NAME, url, documents["series"], ("eol", "eol-server"))
    points = _points(documents["meta"], series)
    found = [each.released(NAME, *points.get(name, (None, None))) for name, each in series.items()]
    return sorted(found, key=lambda release: release.version)


def _points(body: bytes, series: Mapping[str, Series]) -> Mapping[str, tuple[Version, date]]:
    """Return name of series → version and day by meta-release; a series that distro-info lacks is passed over."""
    url = DOCUMENTS["meta"]
    found: dict[str, tuple[Version, date]] = {}
    names = set()
    for stanza in read_stanzas(NAME, url, body):
        name, day = stanza.member("Dist").text(), moment(stanza.member("Date")).date()
        version = _version(stanza.member("Version"))
        if name in names:
            raise stanza.wrong(f"has {name[:40]!r} a second time")
        names.add(name)
        if name in series:
            first = series[name].version.text
            if version.text != first and not version.text.startswith(f"{first}."):
                raise stanza.wrong(f"{version} is not of {name}, which is {first}")
            found[name] = version, day
    if not names:
        raise SourceError(NAME, url, "", "names no release")
    return found


def _version(value: Value) -> Version:
    match = _VERSION.fullmatch(value.text())
    if match is None:
        raise value.wrong(f"is not a version: {value.text()[:40]!r}")
    return Version(match[1])


def architectures(documents: Mapping[str, bytes], line: str) -> Collection[Arch]:
    """Return what root file systems are made for: the two documents do not say."""
    del documents, line
    return list(_PORTS)


async def artifacts(release: Release, wanted: Collection[Platform], fetch: Fetch) -> Offer:
    """Look into the signed list of the series' root file systems: older point releases stay beside the newest."""
    version = release.version.text
    series = ".".join(version.split(".")[:2])
    listing = await detached_list(NAME, f"{_BASE}/{series}/release/SHA256SUMS", fetch)
    ports = {p: _PORTS[p.arch] for p in wanted if p.arch in _PORTS and p.libc == "glibc"}
    found = listing.pick(release, {p: f"ubuntu-base-{version}-base-{port}.tar.gz" for p, port in ports.items()})
    return offer(NAME, wanted, found, lambda p: _reason(p, version))


def _reason(platform: Platform, version: str) -> str:
    """Say what is lacking."""
    if platform.libc == "glibc" and platform.arch in _PORTS:
        return f"ubuntu-base has no {_PORTS[platform.arch]} of {version} yet"
    if platform == (Arch.I386, "glibc"):
        return "Ubuntu has no i386 base after bionic"
    return f"Ubuntu does not build for {platform}"


def links(old: str | None, new: str) -> Mapping[str, str]:
    """Return the notes of the series, which list its point releases."""
    del old
    series = ".".join(new.split(".")[:2])
    return {"Release notes": f"https://documentation.ubuntu.com/release-notes/{series}/"}
