"""Fedora: seven recorded states of the feed from 2021 to 2025, from a beta to the end of its release."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

from sources import fedora
from state.model import Platform
from tests.replay.history import Key, Steady, image, put

_CYCLE = re.compile(r'releaseCycle: "(\d+)".*?eol: ([0-9-]+)', re.DOTALL)


class Fedora(Steady):
    """The feed as recorded; what Bodhi said by the days that others recorded."""

    name = "fedora"
    told = "real: seven states of the feed, the last days of support; put together: Bodhi's answer of each day"
    hosts = ("fedoraproject.org", "bodhi.fedoraproject.org", "dl.fedoraproject.org")
    bad: Mapping[str, str] = {}
    digests: Mapping[str, str] = {}

    def __init__(self, recordings: Path) -> None:
        folder = recordings / "fedora"
        files = {
            date.fromisoformat(f.stem.removeprefix("releases-")): f for f in folder.glob("history/releases-*.json")
        }
        files[date(2025, 4, 23)] = folder / "releases.json"
        self._feeds = {datetime.combine(day, time(12), UTC): file for day, file in sorted(files.items())}
        cycles = (recordings / "endoflife" / "products" / "fedora.md").read_text()
        self._ends = {number: date.fromisoformat(end) for number, end in _CYCLE.findall(cycles)}

    def moments(self) -> Sequence[datetime]:
        """The days of the recordings."""
        return list(self._feeds)

    def serve(self, moment: datetime, served: Path, keys: Path) -> None:
        """Serve both documents; Bodhi names what has not ended."""
        put(served, fedora.DOCUMENTS["releases"], self._feeds[moment].read_bytes())
        releases = [
            {"name": f"F{number}", "version": number, "id_prefix": "FEDORA", "state": "current", "eol": str(end)}
            for number, end in self._ends.items()
            if moment.date() <= end
        ]
        bodhi = {"page": 1, "pages": 1, "rows_per_page": 100, "total": len(releases), "releases": releases}
        put(served, fedora.DOCUMENTS["bodhi"], json.dumps(bodhi))

    def images(self, moment: datetime) -> Mapping[str, str]:
        """One for each number, for all architectures."""
        return dict(image(f"fedora:{number}", number) for number in self._ends)

    def due(self, moment: datetime, require: Collection[Platform]) -> Mapping[Key, Collection[Platform]]:
        """What the feed has, betas apart, as long as it is supported."""
        rows: list[Mapping[str, Any]] = json.loads(self._feeds[moment].read_bytes())
        numbers = {row["version"] for row in rows if row["version"].isdecimal()}
        return {(n, n): () for n in sorted(numbers) if moment.date() <= self._ends[n]}
