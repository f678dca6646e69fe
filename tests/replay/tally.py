"""What came of playing one history."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

from tests.replay.history import Key

K = TypeVar("K", Key, "File")
File = tuple[str, str, str]
"""Line, version, platform."""


@dataclass
class Tally:
    """``due`` maps a release to the poll at which it was first its line's newest, ``files`` each file of such a one.

    ``proposed``, ``recorded`` and ``merged`` map to the poll at which that came true. ``held`` are the releases, and
    the files, that waited for a time; ``others`` counts pull requests of other kinds (base images, packages, default,
    end of life); ``failed`` is what a document or a file was refused for, and at which polls. ``polls`` are those that
    met a new state of upstream's: when that was there, and when the poll came; ``vain`` counts the polls between them,
    ``passed`` the states that no poll met. ``respun`` maps a file that was made again to the poll at which that was new,
    ``quarantined`` to the one that noticed; ``approved`` are those that were recorded anew once a person had agreed.
    """

    source: str
    polls: list[tuple[datetime, datetime]] = field(default_factory=list)
    vain: int = 0
    passed: int = 0
    proposes: bool = True
    due: dict[Key, int] = field(default_factory=dict)
    recorded: dict[Key, int] = field(default_factory=dict)
    proposed: dict[Key, int] = field(default_factory=dict)
    files: dict[File, int] = field(default_factory=dict)
    merged: dict[File, int] = field(default_factory=dict)
    false: list[str] = field(default_factory=list)
    downgrades: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    failed: dict[str, list[int]] = field(default_factory=dict)
    ended: set[str] = field(default_factory=set)
    others: dict[str, int] = field(default_factory=dict)
    held: set[tuple[str, str]] = field(default_factory=set)
    refused: set[str] = field(default_factory=set)
    bad: Mapping[str, str] = field(default_factory=dict)
    respun: dict[str, int] = field(default_factory=dict)
    quarantined: dict[str, int] = field(default_factory=dict)
    approved: set[str] = field(default_factory=set)

    def polled(self, moment: datetime, at: datetime) -> int:
        """Note a poll *at* that time of what was there since *moment*; return its number."""
        self.polls.append((moment, at))
        return len(self.polls) - 1

    @property
    def missed(self) -> list[str]:
        """What should have been proposed (without a stack or distro: recorded) and never was."""
        return _never("release", self.due, self.proposed if self.proposes else self.recorded)

    @property
    def troubles(self) -> list[str]:
        """Everything that should not be."""
        files = _never("file", self.files, self.merged) if self.proposes else []
        again = [f"not in quarantine: {url}" for url in sorted(self.respun.keys() - self.quarantined.keys())]
        again += [f"approved, and not recorded: {url}" for url in sorted(self.quarantined.keys() - self.approved)]
        again += [f"in quarantine, and not made again: {url}" for url in sorted(self.quarantined.keys() - self.respun)]
        return [*self.missed, *files, *again, *self.false, *self.downgrades, *self.wrong, *self.broken]

    @property
    def good(self) -> bool:
        """Whether all came as it should, each in one poll."""
        lags = _lags(self.due, self.proposed if self.proposes else self.recorded)
        return not self.troubles and self.refused == set(self.bad) and max(lags, default=0) == 0

    def print(self) -> None:
        """Print the table, and every trouble."""
        for name, value in self._rows().items():
            print(f"{self.source:9} {name:<45} {value}")
        for trouble in self.troubles:
            print(f"          ! {trouble}")
        for failure, polls in self.failed.items():
            print(f"          told at {len(polls)} polls from {polls[0]} on: {failure[:160]}")
        for version, reason in self.bad.items():
            print(f"          {'refused' if version in self.refused else '! NOT refused'}: {version}, {reason}")

    def _rows(self) -> dict[str, object]:
        done = self.proposed if self.proposes else self.recorded
        lags, hours = _lags(self.due, done), self._hours(done)
        late = _lags(self.files, self.merged)
        return {
            "polls that met a new state": len(self.polls),
            "polls in vain between them; states that none met": f"{self.vain}; {self.passed}",
            "releases of supported lines": len(self.due),
            "recorded": len(self.due.keys() & self.recorded.keys()),
            "proposed": len(self.due.keys() & self.proposed.keys())
            if self.proposes
            else "no stack or distro is made of it",
            "missed": len(self.missed),
            "false": len(self.false),
            "downgrades": len(self.downgrades),
            "checksums that differ from upstream's": len(self.wrong),
            "lines removed at their end": f"{len(self.ended)} {' '.join(sorted(self.ended))}",
            "other pull requests": ", ".join(f"{count} {kind}" for kind, count in self.others.items()) or "0",
            "held for a time: releases, files": f"{_count(self.held, '')}, {len(self.held) - _count(self.held, '')}",
            "rightly refused, held for good, or not judged": f"{len(self.refused)} of {len(self.bad)}",
            "made again: files, in quarantine, then approved": f"{len(self.respun)}, {len(self.quarantined)}, "
            f"{len(self.approved)}{self._noticed()}",
            "median and worst lag in polls": f"{statistics.median(lags)}, {max(lags)}" if lags else "-",
            "median and worst lag in hours, by its cadence": f"{statistics.median(hours):.1f}, {max(hours):.1f}"
            if hours
            else "-",
            "files; worst lag in polls": f"{len(self.merged)}; {max(late)}" if late else "-",
        }

    def _noticed(self) -> str:
        """After how many hours the last file that was made again was noticed."""
        found = [self.polls[poll][1] - self.polls[self.respun[url]][0] for url, poll in self.quarantined.items()]
        return f"; within {max(found).total_seconds() / 3600:.1f} hours" if found else ""

    def _hours(self, done: Mapping[Key, int]) -> list[float]:
        """Hours from when a release was there until the poll that brought it."""
        found = [(self.polls[self.due[key]][0], self.polls[poll][1]) for key, poll in done.items() if key in self.due]
        return [(at - there).total_seconds() / 3600 for there, at in found]


def _count(pairs: Iterable[tuple[str, str]], second: str) -> int:
    return sum(pair[1] == second for pair in pairs)


def _never(what: str, due: Mapping[K, int], done: Mapping[K, int]) -> list[str]:
    return [f"missed: {what} {' '.join(key)}, due at poll {due[key]}" for key in sorted(due.keys() - done.keys())]


def _lags(due: Mapping[K, int], done: Mapping[K, int]) -> list[int]:
    return [done[key] - poll for key, poll in due.items() if key in done]
