"""CPython: one source tarball for all platforms, signed by OpenPGP up to 3.13 and by sigstore bundles since.

The documents are two static ones of the PEPs' site: python.org's own API allows 100 requests a day and is not asked.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Collection, Mapping, Sequence
from datetime import date, timedelta

from sources import proofs
from sources.proofs import Proof
from sources.signatures import keyring
from sources.source import Fetch, unsigned
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
_THOMAS, _PABLO = "7169605F62C751356D054A26A821E680E5FA6305", "A035C8C19219BA821ECEA86B64E628F8D684696D"
_OPENPGP = {"3.10": _PABLO, "3.11": _PABLO, "3.12": _THOMAS, "3.13": _THOMAS}  # https://peps.python.org/pep-0761/
_EARLIEST = timedelta(days=7)  # a signature names no version: a genuine file in another's place is an older one
_GOOGLE, _GITHUB = "https://accounts.google.com", "https://github.com/login/oauth"
_SIGSTORE = {  # https://www.python.org/downloads/metadata/sigstore/
    "3.10": ("pablogsal@python.org", _GOOGLE),
    "3.11": ("pablogsal@python.org", _GOOGLE),
    "3.12": ("thomas@python.org", _GOOGLE),
    "3.13": ("thomas@python.org", _GOOGLE),
    "3.14": ("hugo@python.org", _GITHUB),
    "3.15": ("hugo@python.org", _GITHUB),
    "3.16": ("savannah@python.org", _GITHUB),
    "3.17": ("savannah@python.org", _GITHUB),
}


def more(documents: Mapping[str, bytes]) -> Mapping[str, str]:
    """None: the two documents are all."""
    del documents
    return {}


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
    keys = {name: key for name, key in keyring(NAME, fetch.keys).items() if name == _OPENPGP.get(release.line)}
    try:
        proof = await _prove(release.line, url, fetch, keys)
    except SignatureError as error:
        if keys or release.line not in _OPENPGP:
            raise
        reason = f"OpenPGP key {_OPENPGP[release.line]} is not among our keys, and {error.url} {error.problem}"
        return Offer((), tuple((p, reason) for p in wanted))
    if proof is None:
        return Offer(
            (), tuple((p, f"who signs Python {release.line} is not known to us: pending review") for p in wanted)
        )
    if proof.made.date() < release.published - _EARLIEST:
        raise SignatureError(
            NAME, url, "", f"was signed on {proof.made:%Y-%m-%d}, long before its release: it is another release's file"
        )
    made = (Artifact(p.arch, p.libc, version, url, proof.checksum, proof.verified, signed=True) for p in wanted)
    return Offer(tuple(made))


async def _prove(line: str, url: str, fetch: Fetch, keys: Mapping[str, bytes]) -> Proof | None:
    if keys:
        return await proofs.openpgp(url, keys, fetch)
    return await proofs.sigstore(url, *_SIGSTORE[line], fetch) if line in _SIGSTORE else None


def links(old: str | None, new: str) -> Mapping[str, str]:
    """Release notes, the changelog, and the comparison if there is an *old*."""
    found = {"Release notes": f"https://www.python.org/downloads/release/python-{new.replace('.', '')}/"}
    found["Changelog"] = f"https://docs.python.org/release/{new}/whatsnew/changelog.html"
    return found | ({"Comparison": f"https://github.com/python/cpython/compare/v{old}...v{new}"} if old else {})
