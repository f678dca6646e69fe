"""Temurin: every day since October 2024 on which a file for Linux arrived; 21.0.12+8 grew for eight days."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime, time
from itertools import groupby
from pathlib import Path
from typing import Any

from state.model import Arch, Platform, Version
from tests.replay.history import FIRST, Key, NoImages, put, signer
from tests.upstream.signer import Signer
from tests.upstream.stand_in import body, digest

_API = "https://api.adoptium.net/v3"
_QUERY = "heap_size=normal&jvm_impl=hotspot&project=jdk"
_SYSTEMS = {
    ("linux", "x64"): Platform(Arch.AMD64, "glibc"),
    ("linux", "aarch64"): Platform(Arch.AARCH64, "glibc"),
    ("linux", "arm"): Platform(Arch.ARMV7HF, "glibc"),
    ("alpine-linux", "x64"): Platform(Arch.AMD64, "musl"),
    ("alpine-linux", "aarch64"): Platform(Arch.AARCH64, "musl"),
}
_LINES = (8, 11, 17, 21, 25)


class OpenJDK(NoImages):
    """The catalogue that upstream publishes beside its API, in the API's shape, each file since its own time."""

    name = "openjdk"
    told = (
        "real: releases, files, the moment at which each was made, digests (as they relate to each other); put "
        "together: the API's pages of each day, which of the lines were there (26 was not recorded), bodies, signatures"
    )
    hosts = ("api.adoptium.net", "github.com")
    bad: Mapping[str, str] = {}

    def __init__(self, recordings: Path) -> None:
        folder = recordings / "adoptium" / "marketplace-data"
        documents = [json.loads(file.read_text()) for file in sorted(folder.glob("*/jdk*.json"))]
        self._releases = [_reshaped(release) for document in documents for release in document["releases"]]
        self.digests = {b["package"]["link"]: digest(b["package"]["checksum"]) for b in _all(self._releases)}
        self._signer: Signer | None = None

    def moments(self) -> Sequence[datetime]:
        """The end of every day on which a file arrived."""
        days = {_moment(binary).date() for binary in _all(self._releases)} | {FIRST.date()}
        return [datetime.combine(d, time(23, 59), UTC) for d in sorted(days) if d >= FIRST.date()]

    def serve(self, moment: datetime, served: Path, keys: Path) -> None:
        """Serve a page for each line, a document for each release, and the files."""
        self._signer = self._signer or signer(keys)
        there = self._there(moment)
        lines = [line for line in _LINES if any(_line(release) == line for release in there)]
        available = {"available_lts_releases": lines, "most_recent_feature_release": max(lines)}
        put(served, f"{_API}/info/available_releases", json.dumps(available))
        for line, found in groupby(sorted(there, key=_line), _line):
            page = sorted(found, key=_version, reverse=True)[:5]
            query = f"{_QUERY}&page=0&page_size=5&sort_order=DESC&vendor=eclipse"
            put(served, f"{_API}/assets/feature_releases/{line}/ga?{query}", json.dumps([_served(r) for r in page]))
            for release in page:
                self._put(served, release, moment, self._signer)

    def _put(self, served: Path, release: Mapping[str, Any], moment: datetime, by: Signer) -> None:
        name = f"{_API}/assets/release_name/eclipse/{release['release_name']}?{_QUERY}"
        put(served, name, json.dumps(_served(release)))
        for package in (binary["package"] for binary in release["binaries"]):
            file, content = package["link"].replace("%2B", "+"), body(package["checksum"])
            there = served / file.removeprefix("https://")
            if not there.exists() or there.read_bytes() != content:
                put(served, file, content)
                put(served, f"{file}.sig", by.detach(content, moment))

    def due(self, moment: datetime, require: Collection[Platform]) -> Mapping[Key, Collection[Platform]]:
        """Each flavour's highest version that has what is required."""
        found: dict[Key, Collection[Platform]] = {}
        for release in sorted(self._there(moment), key=_version):
            for flavour in ("jdk", "jre"):
                files = {_platform(b) for b in release["binaries"] if b["image_type"] == flavour}
                if files and files.issuperset(require):
                    line = f"{_line(release)}-{flavour}"
                    found = {key: platforms for key, platforms in found.items() if key[0] != line}
                    found[line, str(_version(release))] = files
        return found

    def _there(self, moment: datetime) -> list[dict[str, Any]]:
        """The releases with the files that had arrived by then."""
        cut = [
            {**release, "binaries": [b for b in release["binaries"] if _moment(b) <= moment]}
            for release in self._releases
        ]
        return [release for release in cut if release["binaries"]]


def _all(releases: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return [binary for release in releases for binary in release["binaries"]]


def _reshaped(release: Mapping[str, Any]) -> dict[str, Any]:
    """Return a release of the catalogue as the API would give it, with the files of ours only."""
    binaries = [
        b
        | {
            "os": b["os"].replace("_", "-"),
            "package": b["package"] | {"checksum": b["package"]["sha256sum"], "size": 1},
        }
        for b in release["binaries"]
    ]
    mine = [b for b in binaries if (b["os"], b["architecture"]) in _SYSTEMS and b["image_type"] in ("jdk", "jre")]
    return {
        "release_name": release["release_name"],
        "release_type": "ga",
        "vendor": "eclipse",
        "timestamp": release["last_updated_timestamp"],
        "binaries": mine,
    }


def _served(release: Mapping[str, Any]) -> dict[str, Any]:
    """Return a release with the digests of the bodies that stand in."""
    binaries = [
        b | {"package": b["package"] | {"checksum": digest(b["package"]["checksum"])}} for b in release["binaries"]
    ]
    return {**release, "binaries": binaries}


def _moment(binary: Mapping[str, Any]) -> datetime:
    return datetime.fromisoformat(binary["timestamp"])


def _version(release: Mapping[str, Any]) -> Version:
    """The version as the source spells it."""
    name: str = release["release_name"]
    if name.startswith("jdk8u"):
        number, _, build = name.removeprefix("jdk8u").partition("-b")
        head, _, respin = build.partition(".")
        return Version(f"8.0.{number}+{int(head)}" + (f".{respin}" if respin else ""))
    return Version(name.removeprefix("jdk-"))


def _line(release: Mapping[str, Any]) -> int:
    return _version(release).major


def _platform(binary: Mapping[str, Any]) -> Platform:
    return _SYSTEMS[binary["os"], binary["architecture"]]
