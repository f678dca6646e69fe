"""Python: every day since October 2024 on which something was released, or a window of support opened or closed."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from sources import python, python_signers
from state.model import Arch, Platform, Version
from tests.replay.history import FIRST, Key, NoImages, put, signer
from tests.upstream.stand_in import body, digest

_CYCLE, _DATES = (python.DOCUMENTS[name] for name in ("cycle", "releases"))
_FINAL = re.compile(r"([0-9.]+)(?: final)?")
_LAST = date(2026, 8, 31)
_NO_SIGNER = "3.9"
"""The one line of that time of which we know no signer: its five last releases are judged by nobody."""
_UNJUDGED = ("3.9.21", "3.9.22", "3.9.23", "3.9.24", "3.9.25")


class Python(NoImages):
    """The two documents as they stood: what came later is still expected; the cycle in its recorded revisions."""

    name = "python"
    told = (
        "real: versions, days, the cycle in five revisions (the first stands for the months before it); put together: "
        "the list of releases of each day, the tarballs, and for every line of which we know who signs it, an OpenPGP "
        "signature of the replay's own in place of upstream's (bundles of 3.14 and newer were not recorded)"
    )
    hosts = ("peps.python.org", "www.python.org")

    def __init__(self, recordings: Path) -> None:
        folder = recordings / "python"
        self._dates: dict[str, Any] = json.loads((folder / "python-releases.json").read_text())
        history = sorted((folder / "release-cycle-history").glob("*.json"))
        self._cycles = {date.fromisoformat(file.name[:10]): json.loads(file.read_text()) for file in history}
        self._cycles[date(2026, 6, 1)] = json.loads((folder / "release-cycle.json").read_text())
        self.digests: dict[str, str] = {}
        self.bad = dict.fromkeys(_UNJUDGED, f"not judged: we know nobody who signs {_NO_SIGNER}")

    def moments(self) -> Sequence[datetime]:
        """Noon of each of those days."""
        days = {day for _, day in self._finals()} | set(self._cycles)
        for cycle in self._cycles.values():
            windows = [_window(window) for window in cycle.values()]
            days |= {start for start, _ in windows} | {end + timedelta(days=1) for _, end in windows}
        return [datetime.combine(d, time(12), UTC) for d in sorted(days) if FIRST.date() <= d <= _LAST]

    def serve(self, moment: datetime, served: Path, keys: Path) -> None:
        """Serve both documents, and the tarballs of all releases so far."""
        if not self.digests:
            self._signer = signer(keys)
            for line in python_signers._SIGSTORE:
                python_signers._OPENPGP[line] = self._signer.fingerprint
        put(served, _CYCLE, json.dumps(self._cycle(moment)))
        put(served, _DATES, json.dumps(self._listed(moment.date())))
        for version, day in self._finals():
            url = f"https://www.python.org/ftp/python/{version}/Python-{version}.tar.xz"
            if day <= moment.date() and url not in self.digests and Version(version) >= Version("3.9"):
                self.digests[url] = digest(version)
                put(served, url, body(version))
                put(served, f"{url}.asc", self._signer.detach(body(version), datetime.combine(day, time(9), UTC)))

    def due(self, moment: datetime, require: Collection[Platform]) -> Mapping[Key, Collection[Platform]]:
        """Each supported line's newest."""
        found: dict[Key, Collection[Platform]] = {}
        everywhere = [Platform(arch, libc) for arch in Arch for libc in ("glibc", "musl")]
        for line, window in self._cycle(moment).items():
            start, end = _window(window)
            there = [v for v, day in self._finals() if _line(v) == line and day <= moment.date()]
            if there and start <= moment.date() <= end and line != _NO_SIGNER:
                found[line, max(there, key=Version)] = everywhere
        return found

    def _finals(self) -> Iterator[tuple[str, date]]:
        """Yield what was released, with its day; recalled ones are none."""
        for line, entries in self._dates["releases"].items():
            for entry in entries:
                final = _FINAL.fullmatch(entry["stage"])
                if final and entry["state"] == "actual" and "recalled" not in entry["note"]:
                    assert final[1].startswith(line)
                    yield final[1], date.fromisoformat(entry["date"])

    def _cycle(self, moment: datetime) -> dict[str, dict[str, str]]:
        known = [day for day in self._cycles if day <= moment.date()]
        cycle: dict[str, dict[str, str]] = self._cycles[max(known, default=min(self._cycles))]
        return cycle

    def _listed(self, day: date) -> dict[str, Any]:
        """The list of releases as it was on *day*."""
        releases = {
            line: [e if e["date"] <= day.isoformat() else {**e, "state": "expected"} for e in entries]
            for line, entries in self._dates["releases"].items()
        }
        return {**self._dates, "releases": releases}


def _line(version: str) -> str:
    return version.rpartition(".")[0]


def _window(window: Mapping[str, str]) -> tuple[date, date]:
    """Return the first and the last day; "2028-10" lasts to the end of that month."""
    end = window["end_of_life"]
    first = date.fromisoformat(window["first_release"])
    if len(end) == len("2028-10"):
        year, month = map(int, end.split("-"))
        return first, date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)
    return first, date.fromisoformat(end)
