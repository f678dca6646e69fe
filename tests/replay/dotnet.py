""".NET: forty successive states of the index, and four of a channel whose digests were corrected within seven hours."""

from __future__ import annotations

import copy
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from state.model import Arch, Platform, Version
from tests.replay.history import Key, NoImages, put
from tests.upstream.stand_in import body, digest

_RIDS = {
    "linux-x64": Platform(Arch.AMD64, "glibc"),
    "linux-arm64": Platform(Arch.AARCH64, "glibc"),
    "linux-arm": Platform(Arch.ARMV7HF, "glibc"),
    "linux-musl-x64": Platform(Arch.AMD64, "musl"),
    "linux-musl-arm64": Platform(Arch.AARCH64, "musl"),
    "linux-musl-arm": Platform(Arch.ARMV7HF, "musl"),
}
_HOST = "https://builds.dotnet.microsoft.com/dotnet/release-metadata"
_PARTS = {"sdk": ("sdk", "dotnet-sdk-"), "runtime": ("runtime", "dotnet-runtime-"),
          "aspnet": ("aspnetcore-runtime", "aspnetcore-runtime-")}  # fmt: skip
_DEFECTS = ("5c661ad3e", "bab04d8be", "72fa08170", "6b9899f4f")
_DEFECT_TIMES = ("2026-01-13T1152", "2026-01-13T1458", "2026-01-13T1711", "2026-01-13T1847")
_SINCE = "2025-06"
"""Files of releases before are not served: nothing asks for them."""


class DotNet(NoImages):
    """The recorded indexes; the channels' documents of July 2026, cut back to what each index names."""

    name = "dotnet"
    told = (
        "real: 40 states of the index, the four documents of 10.0 of 2026-01-13, versions and digests (as they relate "
        "to each other); put together: the channels' documents of other days, cut back by the index; the bodies"
    )
    hosts = ("builds.dotnet.microsoft.com",)
    bad: Mapping[str, str] = {}

    def __init__(self, recordings: Path) -> None:
        folder = recordings / "dotnet"
        files = sorted((folder / "index-history").glob("*.json"))
        self._indexes = {_time(f.stem.split(".")[1].rpartition("-")[0]): json.loads(f.read_text()) for f in files}
        self._channels = {
            name: json.loads((folder / f"releases-{name}.json").read_text()) for name in ("8.0", "9.0", "10.0")
        }
        self._defects = {
            _time(moment): json.loads((folder / "defects" / f"releases-10.0.2026-01-13.{commit}.json").read_text())
            for moment, commit in zip(_DEFECT_TIMES, _DEFECTS, strict=True)
        }
        self._right = {f["url"]: f["hash"] for channel in self._channels.values() for f in _files(channel)}
        self.digests = {url: digest(right, "sha512") for url, right in self._right.items()}

    def moments(self) -> Sequence[datetime]:
        """Half an hour after each revision."""
        return [moment + timedelta(minutes=30) for moment in sorted({*self._indexes, *self._defects})]

    def serve(self, moment: datetime, served: Path, keys: Path) -> None:
        """Serve the index, the documents that it leads to, and their files."""
        put(served, f"{_HOST}/releases-index.json", json.dumps(self._index(moment)))
        for name in self._active(moment):
            document = self._channel(moment, name)
            for file in _files(document):
                if not (served / file["url"].removeprefix("https://")).exists():
                    put(served, file["url"], body(self._right[file["url"]]))
            for file in _files(document):
                file["hash"] = digest(file["hash"], "sha512")
            put(served, f"{_HOST}/{name}/releases.json", json.dumps(document))

    def due(self, moment: datetime, require: Collection[Platform]) -> Mapping[Key, Collection[Platform]]:
        """Each channel's highest of each flavour, as soon as the digests of what all of them require are right."""
        found: dict[Key, Collection[Platform]] = {}
        for name in self._active(moment):
            there = {flavour: self._there(moment, name, flavour) for flavour in _PARTS}
            # One pull request brings all flavours of a channel: while one of them is wrong the others wait.
            if all(set(require) <= platforms for _, platforms in there.values()):
                found |= {(f"{name}-{flavour}", version): platforms for flavour, (version, platforms) in there.items()}
        return found

    def _there(self, moment: datetime, name: str, flavour: str) -> tuple[str, set[Platform]]:
        """The highest version of a flavour, and the platforms whose digest is right."""
        part, start = _PARTS[flavour]
        version, files = _highest(self._channel(moment, name), part)
        mine = [f for f in files if f["rid"] in _RIDS and f["name"].startswith(start) and f["name"].endswith(".tar.gz")]
        return version, {_RIDS[f["rid"]] for f in mine if digest(f["hash"], "sha512") == self.digests[f["url"]]}

    def _index(self, moment: datetime) -> Any:
        return self._indexes[max(m for m in self._indexes if m <= moment)]

    def _active(self, moment: datetime) -> list[str]:
        """The channels that are supported."""
        return [
            entry["channel-version"]
            for entry in self._index(moment)["releases-index"]
            if entry["support-phase"] in ("active", "maintenance")
        ]

    def _channel(self, moment: datetime, name: str) -> Any:
        """A channel's document as it was at *moment*."""
        recorded = [m for m in self._defects if m <= moment]
        if name == "10.0" and recorded and moment - max(recorded) < timedelta(hours=4):
            return copy.deepcopy(self._defects[max(recorded)])
        (entry,) = (e for e in self._index(moment)["releases-index"] if e["channel-version"] == name)
        return _cut(copy.deepcopy(self._channels[name]), entry)


def _cut(document: Any, entry: Mapping[str, Any]) -> Any:
    """Return the document without what came after the index's *entry*."""
    last, sdk = Version(entry["latest-release"]), Version(entry["latest-sdk"])
    document["releases"] = [r for r in document["releases"] if Version(r["release-version"]) <= last]
    newest = document["releases"][0]
    newest["release-date"] = entry["latest-release-date"]
    newest["sdks"] = [s for s in newest["sdks"] if Version(s["version"]) <= sdk]
    newest["sdk"] = newest["sdks"][0]
    document["eol-date"] = entry.get("eol-date")
    return document


def _files(document: Any) -> Iterator[dict[str, str]]:
    """The Linux files of the flavours that are of interest; of an SDK that stands there twice, both."""
    for release in document["releases"]:
        if release["release-date"] < _SINCE:
            continue
        parts = [release["runtime"], release["aspnetcore-runtime"], release["sdk"], *(release["sdks"] or ())]
        seen: set[int] = set()
        for file in (f for part in parts if part for f in part["files"]):
            if file["rid"] in _RIDS and file["url"].endswith(".tar.gz") and id(file) not in seen:
                seen.add(id(file))
                yield file


def _highest(document: Any, part: str) -> tuple[str, Sequence[Mapping[str, str]]]:
    """Return version and files of the highest that is no pre-release."""
    parts = [
        each
        for release in document["releases"]
        for each in (release["sdks"] if part == "sdk" else [release[part]])
        if each and "-" not in each["version"]
    ]
    highest = max(parts, key=lambda each: Version(each["version"]))
    return highest["version"], highest["files"]


def _time(text: str) -> datetime:
    """Read ``2026-01-13T1152``, which is the time of Redmond, in winter."""
    return datetime.strptime(text, "%Y-%m-%dT%H%M").replace(tzinfo=UTC) + timedelta(hours=8)
