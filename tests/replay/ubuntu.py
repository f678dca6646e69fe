"""Ubuntu: every point release since 24.04.1, the interim series' ends, and 26.10 as it entered the table."""

from __future__ import annotations

import csv
import json
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

from state.model import Platform, Version
from tests.replay.history import Key, Steady, image, put

_SERIES = "https://debian.pages.debian.net/distro-info-data/ubuntu.csv"
_META = "https://changelogs.ubuntu.com/meta-release"
_BEGIN, _END = date(2024, 9, 1), date(2026, 8, 31)


class Ubuntu(Steady):
    """Both revisions of the table; meta-release by the days of the point releases."""

    name = "ubuntu"
    told = (
        "real: the table in both revisions, the days of the point releases; put together: the series that each day's "
        "table had, and meta-release (no recording of it is newer than 2018)"
    )
    hosts = ("debian.pages.debian.net", "changelogs.ubuntu.com", "security.ubuntu.com", "archive.ubuntu.com")
    bad: Mapping[str, str] = {}
    digests: Mapping[str, str] = {}

    def __init__(self, recordings: Path) -> None:
        folder = recordings / "ubuntu"
        self._older, self._newer = (
            (folder / f"distro-info-ubuntu{which}.csv").read_text().splitlines() for which in (".deb12u6", "")
        )
        versions = json.loads((recordings / "endoflife/release-data/ubuntu.json").read_text())["versions"]
        self._points = {name: date.fromisoformat(v["date"]) for name, v in versions.items()}

    def moments(self) -> Sequence[datetime]:
        """Noon of every day of a release, of the day after an end, and of the table's revision."""
        days = {_BEGIN, _END, date(2026, 4, 24), *self._points.values()}
        for row in csv.DictReader(self._newer):
            days.add(_until(row) + timedelta(days=1))
        return [datetime.combine(d, time(12), UTC) for d in sorted(days) if _BEGIN <= d <= _END]

    def serve(self, moment: datetime, served: Path, keys: Path) -> None:
        """Serve the table and meta-release."""
        day = moment.date().isoformat()
        lines = self._lines(moment)
        put(served, _SERIES, "\n".join(lines) + "\n")
        stanzas = []
        for row in csv.DictReader(lines):
            if row["release"] and row["release"] <= day:
                version = self._version(row, moment.date())
                stanzas.append(_stanza(row, version, self._points.get(version, date.fromisoformat(row["release"]))))
        put(served, _META, "\n".join(stanzas))

    def images(self, moment: datetime) -> Mapping[str, str]:
        """Those of the official images, new with each point release."""
        places = ("library", "arm64v8", "arm32v7")
        rows = [row for row in csv.DictReader(self._lines(moment)) if row["release"] <= moment.date().isoformat()]
        found = [(row["series"], self._version(row, moment.date())) for row in rows]
        return dict(image(f"{place}/ubuntu:{line}", version) for line, version in found for place in places)

    def due(self, moment: datetime, require: Collection[Platform]) -> Mapping[Key, Collection[Platform]]:
        """Each supported series at its point release."""
        day = moment.date()
        return {
            (row["series"], self._version(row, day)): ()
            for row in csv.DictReader(self._lines(moment))
            if date.fromisoformat(row["release"]) <= day <= _until(row)
        }

    def _lines(self, moment: datetime) -> list[str]:
        """The table of that day: the series that had begun."""
        table = self._newer if moment.date() >= date(2026, 4, 24) else self._older
        return [table[0], *(line for line in table[1:] if line.split(",")[3] <= moment.date().isoformat())]

    def _version(self, row: Mapping[str, str], day: date) -> str:
        first = row["version"].removesuffix(" LTS")
        there = [v for v, at in self._points.items() if f"{v}.".startswith(f"{first}.") and at <= day]
        return max(there, key=Version, default=first)


def _until(row: Mapping[str, str]) -> date:
    return date.fromisoformat(max(row["eol"], row.get("eol-server") or ""))


def _stanza(row: Mapping[str, str], version: str, day: date) -> str:
    lts = " LTS" if row["version"].endswith("LTS") else ""
    moment = datetime.combine(day, time(12), UTC).strftime("%a, %d %b %Y %H:%M:%S UTC")
    name = f"Dist: {row['series']}\nName: {row['codename']}\nVersion: {version}{lts}\nDate: {moment}\nSupported: 1\n"
    return f"{name}Description: This is {version}\n"
