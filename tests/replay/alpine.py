"""Alpine: every release since October 2024, and each day a few hours in which one architecture has it before others."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from state.model import Arch, Platform, Version
from tests.replay.history import FIRST, Key, Steady, image, put, signer
from tests.upstream.signer import Signer
from tests.upstream.stand_in import body, digest

_SITE, _CDN = "https://alpinelinux.org/releases.json", "https://dl-cdn.alpinelinux.org/alpine"
_END = date(2026, 8, 31)
_ARCHES = {arch.spelling.alpine: arch for arch in Arch if arch.spelling.alpine}
_EARLY, _LATE = time(10), time(16)


class Alpine(Steady):
    """The site's list cut back to each day; the listings of the architectures by it."""

    name = "alpine"
    told = (
        "real: versions, days, windows, architectures; put together: the site's list of each day, the listings (in the "
        "recorded shape; at ten o'clock only x86 and x86_64 have a new release, as on 2021-04-14), bodies, signatures"
    )
    hosts = ("alpinelinux.org", "dl-cdn.alpinelinux.org")
    bad: Mapping[str, str] = {}

    def __init__(self, recordings: Path) -> None:
        site = recordings / "alpine" / "reconstructed" / "releases.json"
        self._site: dict[str, Any] = json.loads(site.read_text())
        self._branches: list[dict[str, Any]] = [
            b for b in self._site["release_branches"] if b.get("eol_date", "") >= FIRST.date().isoformat()
        ]
        self.digests: dict[str, str] = {}
        self._signer: Signer | None = None

    def moments(self) -> Sequence[datetime]:
        """Ten and sixteen o'clock of each day of a release, and the day after the end of a branch."""
        days = {release["date"] for branch in self._branches for release in branch["releases"]}
        ends = {date.fromisoformat(branch["eol_date"]) + timedelta(days=1) for branch in self._branches}
        found = {datetime.combine(date.fromisoformat(day), at, UTC) for day in days for at in (_EARLY, _LATE)}
        found |= {datetime.combine(day, _LATE, UTC) for day in ends} | {FIRST}
        return sorted(moment for moment in found if moment >= FIRST and moment.date() <= _END)

    def serve(self, moment: datetime, served: Path, keys: Path) -> None:
        """Serve the site's list, the listings, and the newest files."""
        self._signer = self._signer or signer(keys)
        branches = []
        for branch in self._branches:
            there = [r for r in branch["releases"] if datetime.fromisoformat(f"{r['date']}T16:00Z") <= moment]
            if there:
                branches.append({**branch, "releases": there})
                for arch in branch["arches"]:
                    self._listing(served, branch, arch, moment, self._signer)
        put(served, _SITE, json.dumps({**self._site, "release_branches": branches}))

    def _listing(self, served: Path, branch: Mapping[str, Any], arch: str, moment: datetime, by: Signer) -> None:
        release, folder = _newest(branch, arch, moment), f"{_CDN}/{branch['rel_branch']}/releases/{arch}"
        name = f"alpine-minirootfs-{release['version']}-{arch}.tar.gz"
        put(
            served,
            f"{folder}/latest-releases.yaml",
            f'---\n-\n  title: "Mini root filesystem"\n  branch: {branch["rel_branch"]}\n  arch: {arch}\n'
            f"  version: {release['version']}\n  flavor: alpine-minirootfs\n  file: {name}\n  iso: {name}\n"
            f"  date: {release['date']}\n  time: 10:00:00\n  size: 1\n  sha256: {digest(name)}\n",
        )
        if f"{folder}/{name}" not in self.digests:
            self.digests[f"{folder}/{name}"] = digest(name)
            put(served, f"{folder}/{name}", body(name))
            put(served, f"{folder}/{name}.asc", by.detach(body(name), moment))

    def images(self, moment: datetime) -> Mapping[str, str]:
        """Those of the official images, new when all architectures have a release."""
        places = ("library", "arm64v8", "arm32v7", "arm32v6", "i386")
        found = {
            b["rel_branch"][1:]: _newest(b, "armhf", moment)["version"] for b in self._branches if _there(b, moment)
        }
        found["edge"] = "edge"
        return dict(image(f"{place}/alpine:{line}", version) for line, version in found.items() for place in places)

    def due(self, moment: datetime, require: Collection[Platform]) -> Mapping[Key, Collection[Platform]]:
        """Each supported branch's newest, as soon as one architecture has it."""
        found: dict[Key, Collection[Platform]] = {}
        for branch in self._branches:
            if branch["branch_date"] <= moment.date().isoformat() <= branch["eol_date"] and _there(branch, moment):
                version = _newest(branch, "x86_64", moment)["version"]
                arches = [a for a in branch["arches"] if _newest(branch, a, moment)["version"] == version]
                line = branch["rel_branch"].removeprefix("v")
                found[line, version] = [Platform(_ARCHES[a], "musl") for a in arches if a in _ARCHES]
        return found


def _there(branch: Mapping[str, Any], moment: datetime) -> bool:
    return any(datetime.fromisoformat(f"{r['date']}T16:00Z") <= moment for r in branch["releases"])


def _newest(branch: Mapping[str, Any], arch: str, moment: datetime) -> Any:
    """Return the newest release that *arch* has: a first one, or one for x86, is there in the morning."""
    since = _EARLY if arch.startswith("x86") else _LATE
    there = [
        r
        for r in branch["releases"]
        if datetime.combine(date.fromisoformat(r["date"]), since, UTC) <= moment or r["version"].endswith(".0")
    ]
    return max(there, key=lambda r: Version(r["version"]))
