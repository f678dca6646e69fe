"""Go: every moment since October 2024 at which a release was first seen by others."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from state.model import Arch, Platform, Version
from tests.replay.history import FIRST, Key, NoImages, put, signer
from tests.sources.test_go import history, literal
from tests.upstream.signer import Signer
from tests.upstream.stand_in import body, digest

_BUILDS = {Arch.AMD64: "amd64", Arch.AARCH64: "arm64", Arch.ARMV7HF: "armv6l", Arch.ARMV6: "armv6l", Arch.I386: "386"}
_LIST, _FILES = "https://go.dev/dl/?mode=json", "https://dl.google.com/go"
_HISTORY = "https://raw.githubusercontent.com/golang/website/HEAD/internal/history/release.go"
_FINAL = re.compile(r"go([0-9.]+)")


class Go(NoImages):
    """The lists as they must have been: the newest release of the two newest lines, and the whole."""

    name = "go"
    told = (
        "real: versions, moments, digests (as they relate to each other); put together: the short and the whole list, "
        "the history (which of them fix vulnerabilities is not known there), the bodies and their signatures"
    )
    hosts = ("go.dev", "dl.google.com", "raw.githubusercontent.com")
    bad: Mapping[str, str] = {}

    def __init__(self, recordings: Path) -> None:
        folder = recordings / "go" / "reconstructed"
        self._seen = {
            name: datetime.fromisoformat(moment).astimezone(UTC)
            for name, moment in (line.split("\t") for line in (folder / "first-seen.tsv").read_text().splitlines()[1:])
        }
        listed: list[dict[str, Any]] = json.loads((folder / "go-dl.all.2021-2026.json").read_text())
        self._entries = {entry["version"]: entry for entry in listed if entry["version"] in self._seen}
        self.digests = {
            f"{_FILES}/{file['filename']}": digest(file["sha256"])
            for entry in listed
            for file in entry["files"]
            if file["os"] == "linux"
        }
        self._signer: Signer | None = None

    def moments(self) -> Sequence[datetime]:
        """Each moment at which something was first seen."""
        return sorted({moment for moment in self._seen.values() if moment >= FIRST})

    def serve(self, moment: datetime, served: Path, keys: Path) -> None:
        """Serve both lists, the history, and the files of what is in the short list."""
        self._signer = self._signer or signer(keys)
        there = sorted(self._finals(moment), key=Version, reverse=True)
        short = _newest(there)
        put(served, _HISTORY, history(*(literal(_numbers(v), self._day(v)) for v in there)))
        put(served, _LIST, json.dumps([self._entry(f"go{version}") for version in short[:2]]))
        early = [name for name, seen in self._seen.items() if seen <= moment and not _FINAL.fullmatch(name)]
        put(served, f"{_LIST}&include=all", json.dumps([self._entry(n) for n in [*early, *(f"go{v}" for v in there)]]))
        for version in short[:3]:
            for file in self._linux(f"go{version}"):
                url = f"{_FILES}/{file['filename']}"
                if not (served / url.removeprefix("https://")).exists():
                    put(served, url, body(file["sha256"]))
                    put(served, f"{url}.asc", self._signer.detach(body(file["sha256"]), moment))

    def due(self, moment: datetime, require: Collection[Platform]) -> Mapping[Key, Collection[Platform]]:
        """The newest of the two newest lines; the third's until the day of the newest line's first release."""
        there = sorted(self._finals(moment), key=Version, reverse=True)
        lines = _newest(there)
        began = min(self._seen[f"go{v}"] for v in there if _line(v) == _line(lines[0]))
        supported = lines[:3] if began.date() == moment.date() else lines[:2]
        return {(_line(version), version): self._platforms(version) for version in supported}

    def _finals(self, moment: datetime) -> Iterator[str]:
        for name, seen in self._seen.items():
            if seen <= moment and (match := _FINAL.fullmatch(name)):
                yield match[1]

    def _day(self, version: str) -> str:
        return self._seen[f"go{version}"].date().isoformat()

    def _entry(self, name: str) -> dict[str, Any]:
        """One entry as the list has it, its digests those of the bodies that stand in."""
        files = [{**f, "sha256": digest(f["sha256"]) if f["sha256"] else ""} for f in self._entries[name]["files"]]
        return {**self._entries[name], "files": files}

    def _linux(self, name: str) -> Iterator[dict[str, str]]:
        for file in self._entries[name]["files"]:
            if file["os"] == "linux" and file["kind"] == "archive":
                yield file

    def _platforms(self, version: str) -> Collection[Platform]:
        builds = {file["arch"] for file in self._linux(f"go{version}")}
        return [Platform(arch, libc) for arch, name in _BUILDS.items() if name in builds for libc in ("glibc", "musl")]


def _newest(versions: Sequence[str]) -> list[str]:
    """Return the newest of each line out of *versions*, newest first."""
    return list({_line(version): version for version in reversed(versions)}.values())[::-1]


def _line(version: str) -> str:
    return ".".join(version.split(".")[:2])


def _numbers(version: str) -> tuple[int, int, int]:
    x, y, z = [*map(int, version.split(".")), 0][:3]
    return x, y, z
