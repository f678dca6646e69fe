"""Node: every day since October 2024 on which something was released, or a support window opened or closed."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

from state.model import Arch, Platform, Version
from tests.replay.history import FIRST, Key, NoImages
from tests.upstream.layout import OFFICIAL, SCHEDULE, UNOFFICIAL, builds, official, unofficial_builds, write

_PLATFORMS = {
    "linux-x64": Platform(Arch.AMD64, "glibc"),
    "linux-arm64": Platform(Arch.AARCH64, "glibc"),
    "linux-armv7l": Platform(Arch.ARMV7HF, "glibc"),
    "linux-armv6l": Platform(Arch.ARMV6, "glibc"),
    "linux-x86": Platform(Arch.I386, "glibc"),
    "linux-x64-musl": Platform(Arch.AMD64, "musl"),
    "linux-arm64-musl": Platform(Arch.AARCH64, "musl"),
}
_LINE = re.compile(r"([0-9a-f]{64})  (node-v[0-9.]+-linux-[a-z0-9-]+\.tar\.xz)\n?")


class Node(NoImages):
    """The index as it stood each day, the schedule's revisions, and the real signed lists."""

    name = "node"
    told = (
        "real: index, schedule and its revisions, all signed lists; put together: the unofficial builds "
        "(by that project's table) and the bodies"
    )
    hosts = ("nodejs.org", "unofficial-builds.nodejs.org", "raw.githubusercontent.com")
    bad: Mapping[str, str] = {
        "26.3.0": "whose list has a bad signature",
        "26.5.1": "signed after our copy of its key expired",
    }

    def __init__(self, recordings: Path) -> None:
        self._folder = recordings / "node"
        index = self._folder / "reconstructed" / "dist-index.2026-08-05.json"
        self._entries: list[dict[str, Any]] = json.loads(index.read_text())
        history = sorted((self._folder / "schedule-history").glob("schedule-*.json"))
        self._schedules = {date.fromisoformat(p.stem.removeprefix("schedule-")): p for p in history}
        self._schedules[date(2026, 6, 1)] = self._folder / "schedule.json"
        self.digests: dict[str, str] = {}

    def moments(self) -> Sequence[datetime]:
        """Noon of every day on which something happened."""
        last = max(date.fromisoformat(e["date"]) for e in self._entries)
        found = {date.fromisoformat(e["date"]) for e in self._entries} | set(self._schedules)
        for window in json.loads(self._schedules[max(self._schedules)].read_text()).values():
            found |= {
                date.fromisoformat(window["start"]),
                date.fromordinal(date.fromisoformat(window["end"]).toordinal() + 1),
            }
        return [datetime.combine(d, time(12), UTC) for d in sorted(found) if FIRST.date() <= d <= last]

    def serve(self, moment: datetime, served: Path, keys: Path) -> None:
        """Serve the documents of that day, and the files of all releases so far."""
        listed = self._listed(moment)
        write(served / OFFICIAL / "index.json", json.dumps(listed).encode())
        unofficial = [{**e, "files": builds(e)} for e in listed if builds(e)]
        write(served / UNOFFICIAL / "index.json", json.dumps(unofficial).encode())
        write(served / SCHEDULE, self._schedule(moment).read_bytes())
        for entry in listed:
            signed = self._folder / "shasums256" / f"{entry['version']}.SHASUMS256.txt.asc"
            if signed.is_file() and not (served / OFFICIAL / entry["version"]).exists():
                official(served, entry["version"], signed.read_bytes())
                unofficial_builds(served, entry["version"], builds(entry))
                self._learn(signed.read_text(), OFFICIAL, entry["version"])
                if builds(entry):
                    own = served / UNOFFICIAL / entry["version"] / "SHASUMS256.txt"
                    self._learn(own.read_text(), UNOFFICIAL, entry["version"])

    def due(self, moment: datetime, require: Collection[Platform]) -> Mapping[Key, Collection[Platform]]:
        """Each supported line's newest release, but for those that are known to be bad."""
        schedule, day = json.loads(self._schedule(moment).read_text()), moment.date().isoformat()
        newest: dict[str, dict[str, Any]] = {}
        for entry in self._listed(moment):
            version = Version(entry["version"].removeprefix("v"))
            window = schedule.get(f"v{version.major}", {"start": "9999", "end": ""})
            if not window["start"] <= day <= window["end"] or version.text in self.bad:
                continue
            known = newest.setdefault(str(version.major), entry)
            if version > Version(known["version"].removeprefix("v")):
                newest[str(version.major)] = entry
        return {(line, e["version"].removeprefix("v")): self._platforms(e) for line, e in newest.items()}

    def _listed(self, moment: datetime) -> list[dict[str, Any]]:
        return [e for e in self._entries if e["date"] <= moment.date().isoformat()]

    def _schedule(self, moment: datetime) -> Path:
        return self._schedules[max(d for d in self._schedules if d <= moment.date())]

    def _learn(self, text: str, folder: str, version: str) -> None:
        for found, name in _LINE.findall(text):
            self.digests[f"https://{folder}/{version}/{name}"] = found

    def _platforms(self, entry: Mapping[str, Any]) -> Collection[Platform]:
        """What the lists of a release have."""
        version = entry["version"]
        return [p for name, p in _PLATFORMS.items() if any(
            f"https://{folder}/{version}/node-{version}-{name}.tar.xz" in self.digests for folder in (OFFICIAL, UNOFFICIAL)
        )]  # fmt: skip
