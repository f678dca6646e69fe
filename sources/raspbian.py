"""Raspbian: Debian for ARMv6, rebuilt by others; each change of a suite's signed InRelease is a release."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sources import suites
from sources.distro_info import Series, read_series, still_of_interest
from sources.source import Fetch
from state.errors import SourceError
from state.model import Arch, Offer, Platform, Release, Version

NAME = "raspbian"
# Plain http is what Raspberry Pi's own images use of it (https://github.com/RPi-Distro/pi-gen): believed is the
# signature, not the transport.
_ARCHIVE = "http://raspbian.raspberrypi.com/raspbian"
DOCUMENTS = {"series": "https://debian.pages.debian.net/distro-info-data/debian.csv"}


def more(documents: Mapping[str, bytes]) -> Mapping[str, str]:
    """Name the InRelease of each suite; there are no security suites."""
    return {line: _url(line) for line in _series(documents)}


def _series(documents: Mapping[str, bytes]) -> Mapping[str, Series]:
    """Return line → series. Raspbian states no support of its own: Debian's windows are taken, LTS included."""
    url = DOCUMENTS["series"]
    return still_of_interest(read_series(NAME, url, documents["series"], ("eol", "eol-lts")))


def _url(line: str) -> str:
    return f"{_ARCHIVE}/dists/{line}/InRelease"


async def verify(documents: Mapping[str, bytes], fetch: Fetch, now: datetime) -> Mapping[str, bytes]:
    """Verify every InRelease that is there: Raspbian follows Debian months later, and moves old suites elsewhere."""
    believed = dict(documents)
    for line, series in _series(documents).items():
        if body := documents.get(line, b""):
            believed[line] = await suites.believed(fetch, _url(line), body, now)
        elif series.released(NAME).supported(now.date()):
            believed.pop(line, None)
    return believed


def releases(documents: Mapping[str, bytes]) -> Sequence[Release]:
    """Return a release per suite: ``12.20260711`` is bookworm by its Date, the only sign of a change.

    A suite that is not there yet is left out, one that moved away at its end stands there as it first was.
    """
    series = _series(documents)
    found = [_release(each, documents[line]) for line, each in series.items() if line in documents]
    if not found:
        raise SourceError(NAME, DOCUMENTS["series"], "", "leads to no suite that is there")
    return sorted(found, key=lambda release: release.version)


def _release(series: Series, text: bytes) -> Release:
    if not text:
        return series.released(NAME)
    suite = suites.read_suite(NAME, _url(series.name), text, "Raspbian", series.name)
    if "armhf" not in suite.architectures:
        raise SourceError(NAME, suite.url, "Architectures", "has no armhf, Raspbian's only one")
    return series.released(NAME, Version(f"{series.version}.{suite.date:%Y%m%d}"), suite.date.date())


def architectures(documents: Mapping[str, bytes], line: str) -> Collection[Arch]:
    """Return Raspbian's only one."""
    del documents, line
    return [Arch.ARMV6]


async def artifacts(release: Release, wanted: Collection[Platform], fetch: Fetch) -> Offer:
    """Say per platform why there is no file: a root file system is made from the verified suite by the builder."""
    await suites.signed(fetch, _url(release.line), await fetch.get(_url(release.line)))
    made = f"Raspbian publishes no root file system: it is made from {_url(release.line)}"
    return Offer((), tuple((p, made if p == (Arch.ARMV6, "glibc") else f"Raspbian is not for {p}") for p in wanted))


def links(old: str | None, new: str) -> Mapping[str, str]:
    """Return Raspbian's page: it has no notes of what changed."""
    del old, new
    return {"Raspbian": "https://www.raspbian.org/"}
