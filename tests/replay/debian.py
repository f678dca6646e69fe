"""Debian: every point release since 12.6 and 11.10, and trixie from its first day on."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

from state.model import Platform, Version
from tests.replay.history import Key, Steady, image, put, signer
from tests.upstream.signer import Signer

_SERIES = "https://debian.pages.debian.net/distro-info-data/debian.csv"
_ARCHIVE = "https://ftp.debian.org"
_LINES = {"11": "bullseye", "12": "bookworm", "13": "trixie"}
_BEGIN, _END = date(2024, 7, 1), date(2026, 11, 22)
_FIELDS = ("Origin", "Label", "Suite", "Version", "Codename", "Date", "Architectures", "Components")


_LIST = f"SHA256:\n {'0' * 64} 0 main/binary-amd64/Packages.xz\n"
"""What a security suite names; no list of packages was recorded, so none is there."""


class Debian(Steady):
    """The series as they stood, each InRelease at its point release: the recorded one where it is that."""

    name = "debian"
    told = (
        "real: the days of the point releases, the series' windows, the signed InRelease of 12.8, 11.11 and of "
        "2026-11-22; put together: those of other days (the recorded head with another version and day, signed by "
        "the replay's own key)"
    )
    hosts = ("debian.pages.debian.net", "ftp.debian.org")
    bad: Mapping[str, str] = {}
    digests: Mapping[str, str] = {}

    def __init__(self, recordings: Path) -> None:
        self._folder = recordings / "debian"
        versions = json.loads((recordings / "endoflife/release-data/debian.json").read_text())["versions"]
        points = {(name if "." in name else f"{name}.0"): date.fromisoformat(v["date"]) for name, v in versions.items()}
        points["13.7"] = date(2026, 9, 12)  # the Date of the recorded InRelease: the list of point releases is older
        self._points = {name: day for name, day in points.items() if name.partition(".")[0] in _LINES}
        self._rows = list(csv.DictReader(io.StringIO((self._folder / "distro-info-debian.csv").read_text())))
        self._signer: Signer | None = None

    def moments(self) -> Sequence[datetime]:
        """Noon of every day of a point release or of the end of a line, the first day and the day of the recording."""
        days = {_BEGIN, _END, *self._points.values()}
        days |= {self._window(number)[1] + timedelta(days=1) for number in _LINES}
        return [datetime.combine(d, time(12), UTC) for d in sorted(days) if _BEGIN <= d <= _END]

    def serve(self, moment: datetime, served: Path, keys: Path) -> None:
        """Serve the series, and what it leads to."""
        self._signer = self._signer or signer(keys)
        put(served, _SERIES, self._table(moment.date()))
        for number, line in _LINES.items():
            if version := self._version(number, moment.date()):
                for suite in (line, f"{line}-security"):
                    folder = "debian-security" if suite != line else "debian"
                    put(served, f"{_ARCHIVE}/{folder}/dists/{suite}/InRelease", self._suite(suite, version, moment))

    def images(self, moment: datetime) -> Mapping[str, str]:
        """Those of the official images, new with each point release."""
        found = {line: self._version(number, moment.date()) for number, line in _LINES.items()}
        places = ("library", "arm64v8", "arm32v7", "arm32v5", "i386")
        there = [(f"{place}/debian:{line}-slim", v) for line, v in found.items() if v for place in places]
        return dict(image(*each) for each in [*there, *((f"{place}/debian:sid-slim", "sid") for place in places)])

    def due(self, moment: datetime, require: Collection[Platform]) -> Mapping[Key, Collection[Platform]]:
        """Each supported series at its point release."""
        day = moment.date()
        windows = {number: self._window(number) for number in _LINES}
        supported = [n for n, (start, end) in windows.items() if start <= day <= end and self._version(n, day)]
        return {(_LINES[number], self._version(number, day)): () for number in supported}

    def _window(self, number: str) -> tuple[date, date]:
        (row,) = (row for row in self._rows if row["version"] == number)
        return date.fromisoformat(row["release"]), date.fromisoformat(row["eol-lts"])

    def _version(self, number: str, day: date) -> str:
        """The point release of that day, "" before the first."""
        there = [v for v, at in self._points.items() if v.partition(".")[0] == number and at <= day]
        return max(there, key=Version, default="")

    def _table(self, day: date) -> str:
        """The series of that day: one that was not released yet has no day of release, and none of an end."""
        lines = (self._folder / "distro-info-debian.csv").read_text().splitlines()
        found = [lines[0]]
        for line in lines[1:]:
            fields = line.split(",")
            if len(fields) > 3 and fields[3] <= day.isoformat():
                found.append(",".join(fields if len(fields) < 5 or fields[4] <= day.isoformat() else fields[:4]))
        return "\n".join(found) + "\n"

    def _suite(self, suite: str, version: str, moment: datetime) -> bytes:
        """The recorded InRelease, if it is the one of that moment; else its head, with that version and day."""
        security = suite.endswith("-security")
        recorded = self._recorded(suite)
        real = recorded.read_bytes()
        head = dict(line.split(": ", 1) for line in real.decode().splitlines() if line.startswith(_FIELDS))
        older = self._folder / "debuerreotype" / "dist-amd64" / f"{suite}.InRelease.2024-12"
        if not security and older.is_file() and f"\nVersion: {version}\n" in older.read_text():
            return older.read_bytes()
        if moment.date() == _END or (not security and head["Version"] == version):
            return real
        assert self._signer
        if not security:
            head["Version"] = version
        head["Date"] = moment.strftime("%a, %d %b %Y %H:%M:%S UTC")
        text = "".join(f"{field}: {head[field]}\n" for field in _FIELDS)
        return self._signer.sign(text + (_LIST if security else ""), moment)

    def _recorded(self, suite: str) -> Path:
        folder = "debian-security" if suite.endswith("-security") else "debian"
        return self._folder / "InRelease" / f"{folder}.{suite}.InRelease"
