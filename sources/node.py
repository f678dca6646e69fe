"""Node.js: official builds of nodejs.org with signed digests, the rest from the unofficial-builds project."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from datetime import date

from sources.digests import signed_list, unsigned_list
from sources.offer import offer
from sources.source import Fetch, no_more, unsigned
from sources.strict import SEMVER, Value, read_json
from state.errors import SourceError
from state.model import Arch, Offer, Platform, Release, Version

NAME = "node"
_DIST = "https://nodejs.org/dist"
_UNOFFICIAL = "https://unofficial-builds.nodejs.org/download/release"
DOCUMENTS = {
    "index": f"{_DIST}/index.json",
    "unofficial": f"{_UNOFFICIAL}/index.json",
    "schedule": "https://raw.githubusercontent.com/nodejs/Release/main/schedule.json",
}
_OFFICIAL = {
    Platform(Arch.AMD64, "glibc"): "linux-x64",
    Platform(Arch.AARCH64, "glibc"): "linux-arm64",
    Platform(Arch.ARMV7HF, "glibc"): "linux-armv7l",
}
_EITHER = {  # official where nodejs.org has it: it builds musl some day (https://github.com/nodejs/build/issues/4428)
    Platform(Arch.ARMV6, "glibc"): "linux-armv6l",
    Platform(Arch.I386, "glibc"): "linux-x86",
    Platform(Arch.AMD64, "musl"): "linux-x64-musl",
    Platform(Arch.AARCH64, "musl"): "linux-arm64-musl",
}
_LINE = re.compile(r"v(?:[1-9][0-9]{0,3}|0\.[0-9]{1,3})")


more = no_more
verify = unsigned


def releases(documents: Mapping[str, bytes]) -> Sequence[Release]:
    """Read index and schedule. One wrong entry refuses its document; pre-releases and v0 are passed over."""
    read = {name: read_json(NAME, url, documents[name]) for name, url in DOCUMENTS.items()}
    windows = _windows(read["schedule"])
    found: dict[Version, Release] = {}
    for entry in read["index"].items():
        release = _release(entry, windows)
        if found.setdefault(release.version, release) is not release:
            raise entry.member("version").wrong(f"stands there twice: {release.version}")
    list(read["unofficial"].items())  # asked for as a sign of news only; what it has is in its lists of digests
    if not (kept := [r for r in found.values() if not r.version.is_prerelease and r.line != "0"]):
        raise read["index"].wrong("names no release")
    return sorted(kept, key=lambda r: r.version)


def _windows(schedule: Value) -> dict[str, tuple[date, date]]:
    """Return line → start and end of its support; v27's ``alpha`` comes before the start and is none."""
    windows = {}
    for key, line in schedule.table(_LINE).items():
        windows[key.removeprefix("v")] = line.member("start").day(), line.member("end").day()
    return windows


def _release(entry: Value, windows: Mapping[str, tuple[date, date]]) -> Release:
    version, day = entry.member("version").version("v", SEMVER), entry.member("date").day()
    lts, security = entry.member("lts").name(), entry.member("security").flag()
    line = version.text.partition(".")[0]
    return Release(NAME, line, version, day, lts, security, *windows.get(line, (None, None)))


async def artifacts(release: Release, wanted: Collection[Platform], fetch: Fetch) -> Offer:
    """Look into the signed list of this release, then into the unofficial one for what that may have besides."""
    url = f"{_DIST}/v{release.version}/SHASUMS256.txt.asc"
    official = await signed_list(NAME, url, fetch)
    if not any(name.startswith(f"node-v{release.version}-") for name in official.digests):
        raise SourceError(NAME, url, "", f"is a signed list, but not that of {release.version}")
    names = {p: f"node-v{release.version}-{b}.tar.xz" for p, b in (_OFFICIAL | _EITHER).items() if p in wanted}
    found = official.pick(release, names)
    rest = {p: name for p, name in names.items() if p in _EITHER and p not in found}
    problem = ""
    if rest:
        listing, problem = await unsigned_list(NAME, f"{_UNOFFICIAL}/v{release.version}/SHASUMS256.txt", fetch)
        found |= listing.pick(release, rest)
    return offer(NAME, wanted, found, lambda p: _awaited(p, release, problem), (problem,) if problem else ())


def _awaited(platform: Platform, release: Release, problem: str) -> str:
    """Say what is awaited, and of whom."""
    if platform in _EITHER:
        awaited = f"unofficial-builds has no {_EITHER[platform]} of {release.version} yet"
        return f"{awaited}: {problem}" if problem else awaited
    if platform in _OFFICIAL:
        return f"nodejs.org has no {_OFFICIAL[platform]} of {release.version}"
    return f"no upstream builds Node for {platform}"


def links(old: str | None, new: str) -> Mapping[str, str]:
    """Release notes, the line's changelog, and the comparison if there is an *old*."""
    github, line = "https://github.com/nodejs/node", new.partition(".")[0]
    found = {"Release notes": f"https://nodejs.org/en/blog/release/v{new}"}
    found["Changelog"] = f"{github}/blob/main/doc/changelogs/CHANGELOG_V{line}.md#{new}"
    return found | ({"Comparison": f"{github}/compare/v{old}...v{new}"} if old else {})
