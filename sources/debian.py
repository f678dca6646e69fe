"""Debian: the series that distro-info names, each at the point release that its signed InRelease states."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sources import suites
from sources.distro_info import Series, read_series, still_of_interest
from sources.source import Fetch
from state.errors import SourceError
from state.model import Arch, Offer, Platform, Release

NAME = "debian"
_ARCHIVE = "https://ftp.debian.org"
DOCUMENTS = {"series": "https://debian.pages.debian.net/distro-info-data/debian.csv"}


def more(documents: Mapping[str, bytes]) -> Mapping[str, str]:
    """Name the InRelease of each suite, and of its security suite: ``trixie`` and ``trixie-security``."""
    return {suite: _url(suite) for line in _series(documents) for suite in (line, f"{line}-security")}


def _series(documents: Mapping[str, bytes]) -> Mapping[str, Series]:
    """Return line → series; the years of LTS count as supported, those of the commercial ELTS do not."""
    url = DOCUMENTS["series"]
    return still_of_interest(read_series(NAME, url, documents["series"], ("eol", "eol-lts")))


def _url(suite: str) -> str:
    return f"{_ARCHIVE}/{'debian-security' if suite.endswith('-security') else 'debian'}/dists/{suite}/InRelease"


async def verify(documents: Mapping[str, bytes], fetch: Fetch, now: datetime) -> Mapping[str, bytes]:
    """Verify every InRelease; one that is not there is good for a line that is out of support: it was archived."""
    believed = dict(documents)
    for line, series in _series(documents).items():
        for suite in (line, f"{line}-security"):
            body = documents.get(suite, b"")
            if body or series.released(NAME).supported(now.date()):
                body = await suites.believed(fetch, _url(suite), body, now)
            believed[suite] = body
    return believed


def releases(documents: Mapping[str, bytes]) -> Sequence[Release]:
    """Return each series at its point release. One that has no version is rolling (testing, sid) and is none.

    An archived series stands there as it first was. ``published`` is the day of the suite's Date.
    """
    found = [release for series in _series(documents).values() if (release := _release(series, documents))]
    if not found:
        raise SourceError(NAME, DOCUMENTS["series"], "", "leads to no release")
    return sorted(found, key=lambda release: release.version)


def _release(series: Series, documents: Mapping[str, bytes]) -> Release | None:
    if not documents[series.name]:
        return series.released(NAME)
    suite = _suite(documents, series.name)
    if documents[security := f"{series.name}-security"]:
        _suite(documents, security)  # the right one, or an error
    if suite.version is None:
        return None
    if suite.version.text.partition(".")[0] != series.version.text:
        problem = f"{suite.version} is not of {series.name}, which is {series.version}"
        raise SourceError(NAME, suite.url, "Version", problem)
    return series.released(NAME, suite.version, suite.date.date())


def _suite(documents: Mapping[str, bytes], suite: str) -> suites.Suite:
    return suites.read_suite(NAME, _url(suite), documents[suite], "Debian", suite)


def architectures(documents: Mapping[str, bytes], line: str) -> Collection[Arch]:
    """Return what can be built for: what both the suite and its security suite serve, by verified documents."""
    main, security = _suite(documents, line), _suite(documents, f"{line}-security")
    return [arch for arch in Arch if main.serves(arch) and security.serves(arch)]


async def artifacts(release: Release, wanted: Collection[Platform], fetch: Fetch) -> Offer:
    """Say per platform why there is no file: Debian publishes packages, and no root file system with a digest."""
    of = {}
    for suite in (release.line, f"{release.line}-security"):
        text = await suites.signed(fetch, _url(suite), await fetch.get(_url(suite)))
        of[suite] = _suite({suite: text}, suite)
    return Offer((), tuple((platform, _reason(platform, of)) for platform in wanted))


def _reason(platform: Platform, of: Mapping[str, suites.Suite]) -> str:
    """Say what is lacking."""
    name = platform.arch.spelling.debian
    if platform.libc != "glibc" or name is None:
        return f"Debian does not build for {platform}"
    lacking = next((suite for suite, each in of.items() if not each.serves(platform.arch)), None)
    if lacking:
        return f"{lacking} has no {name}"
    return "Debian publishes no root file system: the base image is its registry's"


def links(old: str | None, new: str) -> Mapping[str, str]:
    """Return Debian's pages of releases and point releases; a page of one of them is named by its date alone."""
    del old, new
    return {
        "Releases": "https://www.debian.org/releases/",
        "Point releases": "https://wiki.debian.org/DebianReleases/PointReleases",
    }
