"""CPython: one source tarball for all platforms, signed by OpenPGP up to 3.13 and by sigstore bundles since.

The documents are two static ones of the PEPs' site: python.org's own API allows 100 requests a day and is not asked.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Collection, Mapping, Sequence
from datetime import date, timedelta

from sources import python_signers
from sources.source import Fetch, no_more, unsigned
from sources.strict import Value, read_json
from state.errors import SignatureError
from state.model import Artifact, Offer, Platform, Release, Version

NAME = "python"
_FTP = "https://www.python.org/ftp/python"
DOCUMENTS = {
    "cycle": "https://peps.python.org/api/release-cycle.json",
    "releases": "https://peps.python.org/api/python-releases.json",
}
_LINE = re.compile(r"(?:0|[1-9][0-9]{0,2})\.(?:0|[1-9][0-9]{0,2})")
_FINAL = re.compile(rf"({_LINE.pattern}\.(?:0|[1-9][0-9]{{0,2}}))(?: final)?")
_EARLY = re.compile(rf"{_LINE.pattern}\.[0-9]{{1,3}} (?:alpha|beta|candidate) [0-9]{{1,3}}")
_RECALLED = re.compile(r"(?:^|;) *recalled\b")  # "beta 2 was recalled." is the note of the beta 3 that replaced it
_EARLIEST = timedelta(days=7)  # a signature names no version: a genuine file in another's place is an older one


more = no_more
verify = unsigned


def releases(documents: Mapping[str, bytes]) -> Sequence[Release]:
    """Read what was released; expected, recalled and early ones are passed over, one wrong entry refuses its document."""
    cycle, dates = (read_json(NAME, DOCUMENTS[name], documents[name]) for name in DOCUMENTS)
    windows = {line: _window(value) for line, value in cycle.table(_LINE).items()}
    bugfixes = {line: value.member("end_of_bugfix") for line, value in dates.member("metadata").table(_LINE).items()}
    found: dict[Version, Release] = {}
    for line, entries in dates.member("releases").table(_LINE).items():
        fixed = bugfixes[line].day() if line in bugfixes and bugfixes[line].raw is not None else date.max
        for entry in entries.items():
            release = _release(line, entry, fixed, windows.get(line, (None, None)))
            if release and found.setdefault(release.version, release) is not release:
                raise entry.member("stage").wrong(f"stands there twice: {release.version}")
    if not found:
        raise dates.member("releases").wrong("names no release")
    return sorted(found.values(), key=lambda r: r.version)


def _window(line: Value) -> tuple[date, date]:
    """Return first and last day; the last one is only a month, "2028-10", until it has come."""
    end = line.member("end_of_life")
    if month := re.fullmatch(r"([0-9]{4})-(0[1-9]|1[0-2])", end.text()):
        year, number = int(month[1]), int(month[2])
        if not year:
            raise end.wrong("is not a month")
        return line.member("first_release").day(), date(year, number, calendar.monthrange(year, number)[1])
    return line.member("first_release").day(), end.day()


def _release(line: str, entry: Value, fixed: date, window: tuple[date | None, date | None]) -> Release | None:
    """Return a release; after *fixed*, the end of bug fixes, a line gets security fixes only."""
    stage, state, note = entry.member("stage"), entry.member("state").text(), entry.member("note").text()
    if state not in ("actual", "expected"):
        raise entry.member("state").wrong("is neither actual nor expected")
    if state == "expected" or _EARLY.fullmatch(stage.text()) or _RECALLED.search(note):
        return None
    final = _FINAL.fullmatch(stage.text())
    if final is None or not final[1].startswith(f"{line}."):
        raise stage.wrong(f"is not a stage of {line}: {stage.text()[:40]!r}")
    day = entry.member("date").day()
    return Release(NAME, line, Version(final[1]), day, "", "security" in note or day > fixed, *window)


async def artifacts(release: Release, wanted: Collection[Platform], fetch: Fetch) -> Offer:
    """Prove the source tarball: it is the file of every platform. What we cannot judge for want of a key waits."""
    version = release.version
    url = f"{_FTP}/{version}/Python-{version}.tar.xz"
    proof = await python_signers.prove(release.line, url, fetch)
    if isinstance(proof, str):
        return Offer((), tuple((p, proof) for p in wanted))
    if release.published and proof.made.date() < release.published - _EARLIEST:
        problem = f"was signed on {proof.made:%Y-%m-%d}, long before its release: it is another release's file"
        raise SignatureError(NAME, url, "", problem)
    made = (Artifact(*p, version, url, proof.checksum, proof.verified, signed=True) for p in wanted)
    return Offer(tuple(made))


def links(old: str | None, new: str) -> Mapping[str, str]:
    """Release notes, the changelog, and the comparison if there is an *old*."""
    found = {"Release notes": f"https://www.python.org/downloads/release/python-{new.replace('.', '')}/"}
    found["Changelog"] = f"https://docs.python.org/release/{new}/whatsnew/changelog.html"
    return found | ({"Comparison": f"https://github.com/python/cpython/compare/v{old}...v{new}"} if old else {})
