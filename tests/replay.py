"""Play Node's recorded history through the watcher, day by day: ``make replay RECORDINGS=DIR``.

Every day on which something was released, or a support window opened or closed, the upstream serves what was there
that day, the main job runs once at noon, and a maintainer merges what it proposed. Then it is told what should have
been proposed and was not, what should not have been, and how many polls it took.
"""

from __future__ import annotations

import argparse
import json
import re
import statistics
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from state.model import Version
from tests.upstream import Upstream
from tests.upstream.layout import OFFICIAL, SCHEDULE, UNOFFICIAL, builds, official, unofficial_builds, write
from tests.world import World
from watcher import workspace

FIRST = date(2024, 10, 31)
KNOWN_BAD = {"26.3.0": "bad signature", "26.5.1": "signed after our copy of its key expired"}
"""Releases that must not be proposed, and why."""


@dataclass
class Tally:
    """What came of it. ``due`` maps (line, version) to the poll at which it was first listed as its line's newest."""

    due: dict[tuple[str, str], int] = field(default_factory=dict)
    proposed: dict[tuple[str, str], int] = field(default_factory=dict)
    false: list[str] = field(default_factory=list)
    downgrades: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    ended: set[str] = field(default_factory=set)
    refused: set[str] = field(default_factory=set)

    @property
    def missed(self) -> list[str]:
        """What should have been proposed and never was."""
        return sorted(f"{line}: {version}" for line, version in self.due.keys() - self.proposed.keys())

    def print(self) -> bool:
        """Print the table; return whether it is as it should be."""
        lags = [self.proposed[key] - poll for key, poll in self.due.items() if key in self.proposed]
        rows = {
            "releases of supported lines": len(self.due),
            "proposed": len(self.due.keys() & self.proposed.keys()),
            "missed": len(self.missed),
            "false": len(self.false),
            "downgrades": len(self.downgrades),
            "checksums that differ from the signed list": len(self.wrong),
            "lines removed at their end": len(self.ended),
            "rightly refused or held": f"{len(self.refused)} of {len(KNOWN_BAD)}",
            "median lag in polls": statistics.median(lags) if lags else "-",
            "worst lag in polls": max(lags, default=0),
        }
        for name, value in rows.items():
            print(f"node  {name:<45} {value}")
        for trouble in (*self.missed, *self.false, *self.downgrades, *self.wrong):
            print(f"      {trouble}")
        return self.refused == KNOWN_BAD.keys() and not (self.missed or self.false or self.downgrades or self.wrong)


class Replay:
    """The history, and the world that it is played in."""

    def __init__(self, recordings: Path, world: World) -> None:
        self._folder, self._world, self._tally = recordings / "node", world, Tally()
        index = self._folder / "reconstructed" / "dist-index.2026-08-05.json"
        self._entries: list[dict[str, Any]] = json.loads(index.read_text())
        history = sorted((self._folder / "schedule-history").glob("schedule-*.json"))
        self._schedules = {date.fromisoformat(p.stem.removeprefix("schedule-")): p for p in history}
        self._schedules[date(2026, 6, 1)] = self._folder / "schedule.json"

    def days(self) -> list[date]:
        """Every day on which something happened."""
        last = max(date.fromisoformat(e["date"]) for e in self._entries)
        found = {date.fromisoformat(e["date"]) for e in self._entries} | set(self._schedules)
        for window in json.loads(self._schedules[max(self._schedules)].read_text()).values():
            found |= {
                date.fromisoformat(window["start"]),
                date.fromordinal(date.fromisoformat(window["end"]).toordinal() + 1),
            }
        return sorted(day for day in found if FIRST <= day <= last)

    def play(self) -> Tally:
        """Play all days."""
        for poll, day in enumerate(self.days()):
            schedule = self._serve(day)
            self._expect(day, schedule, poll)
            self._sync(day, poll)
        self._compare()
        return self._tally

    def _serve(self, day: date) -> Mapping[str, Mapping[str, str]]:
        """Let upstream serve what was there on *day*; return the schedule of that day."""
        listed = [e for e in self._entries if e["date"] <= day.isoformat()]
        served = self._world.served
        write(served / OFFICIAL / "index.json", json.dumps(listed).encode())
        unofficial = [{**e, "files": builds(e)} for e in listed if builds(e)]
        write(served / UNOFFICIAL / "index.json", json.dumps(unofficial).encode())
        schedule = self._schedules[max(d for d in self._schedules if d <= day)].read_bytes()
        write(served / SCHEDULE, schedule)
        for entry in listed:
            signed = self._folder / "shasums256" / f"{entry['version']}.SHASUMS256.txt.asc"
            if signed.is_file() and not (served / OFFICIAL / entry["version"]).exists():
                official(served, entry["version"], signed.read_bytes())
                unofficial_builds(served, entry["version"], builds(entry))
        document: dict[str, dict[str, str]] = json.loads(schedule)
        return document

    def _expect(self, day: date, schedule: Mapping[str, Mapping[str, str]], poll: int) -> None:
        """Note each supported line's newest release that can be had."""
        newest: dict[str, Version] = {}
        for entry in self._entries:
            version = Version(entry["version"].removeprefix("v"))
            window = schedule.get(f"v{version.major}", {"start": "9999", "end": ""})
            if entry["date"] > day.isoformat() or not window["start"] <= day.isoformat() <= window["end"]:
                continue
            if version.text not in KNOWN_BAD:
                newest[str(version.major)] = max(version, newest.get(str(version.major), version))
        for line, version in newest.items():
            self._tally.due.setdefault((line, version.text), poll)

    def _sync(self, day: date, poll: int) -> None:
        """Run the main job, note what it proposed, and merge it."""
        self._world.day(datetime(day.year, day.month, day.day, 12, tzinfo=UTC))
        report = self._world.report()
        seen = {h.version for h in report.held} | {f.url.split("/")[-2].removeprefix("v") for f in report.failed}
        self._tally.refused |= seen & KNOWN_BAD.keys()
        for pull in report.pulls:
            for line, version in pull.lines.items():
                key = (line, version)
                if key not in self._tally.due:
                    self._tally.false.append(f"{day}: {pull.title}")
                if pull.old and Version(version) < Version(pull.old):
                    self._tally.downgrades.append(f"{day}: {pull.title}")
                self._tally.proposed.setdefault(key, poll)
            if pull.new is None and pull.line:
                self._tally.ended.add(pull.line)
            self._world.decide("merge", pull.number)

    def _compare(self) -> None:
        """Compare what is recorded on main at the end, and in each merged record, with the signed lists."""
        for commit in self._world.git("rev-list", "--first-parent", "main").split():
            for path in self._changed(commit):
                record = json.loads(self._world.text(path, commit))
                for artifact in record["artifacts"]:
                    if artifact["signed"] and not self._in_list(artifact):
                        self._tally.wrong.append(f"{commit[:8]} {path}: {artifact['url']}")

    def _changed(self, commit: str) -> Sequence[str]:
        """The records that a commit on main changed and that are there after it."""
        shown = self._world.git("show", "-m", "--first-parent", "--name-only", "--diff-filter=AM", "--format=", commit)
        return [path for path in shown.split() if re.fullmatch(r"catalogue/releases/node/.*\.json", path)]

    def _in_list(self, artifact: Mapping[str, str]) -> bool:
        """Whether the signed list of its version says the same."""
        text = (self._folder / "shasums256" / f"v{artifact['version']}.SHASUMS256.txt.asc").read_text()
        return f"{artifact['digest']}  {artifact['url'].rsplit('/', 1)[-1]}\n" in text


def main() -> int:
    """Play the history and print the tally."""
    parser = argparse.ArgumentParser(prog="python -m tests.replay", description=__doc__)
    parser.add_argument("recordings", type=Path, metavar="DIR", nargs="?")
    folder = parser.parse_args().recordings
    if folder is None or not folder.is_dir():
        print("skipped: no folder of recordings given; make replay RECORDINGS=DIR")
        return 0
    with tempfile.TemporaryDirectory(prefix="watcher-replay-") as name:
        (Path(name) / "served").mkdir()
        with Upstream(Path(name) / "served") as upstream:
            for host in ("nodejs.org", "unofficial-builds.nodejs.org", "raw.githubusercontent.com"):
                (Path(name) / "served" / host).mkdir()
            workspace.make(Path(name) / "ws", [], datetime(2024, 10, 31, tzinfo=UTC))
            replay = Replay(folder, World(Path(name), upstream))
            print(f"node  polls{'':<40} {len(replay.days())}")
            return 0 if replay.play().print() else 1


if __name__ == "__main__":
    raise SystemExit(main())
