"""When to poll a source again, and why: often where a release is expected or under way, rarely otherwise.

Pure: what is known of a source goes in, a time and a sentence come out. Defaults are here, ``[sources.<name>]`` wins.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from statistics import median
from typing import NamedTuple

from state.model import Held

_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_WINDOW = re.compile(
    rf"(?:([1-5])(?:st|nd|rd|th) )?({'|'.join(_DAYS)}|daily) ([0-2][0-9]:[0-5][0-9])-([0-2][0-9]:[0-5][0-9])"
)
_AFTER_SIGHT = timedelta(hours=6)
_ENOUGH = 6
"""Release days from which on there is a habit to speak of."""
_HABIT = 0.6
_EACH = 2
"""Requests that a poll makes at most for a release that waits: its signature, and its file where that is there."""


class Check(NamedTuple):
    """When a source is polled next, and why then."""

    at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Window:
    """Hours of UTC in which releases are expected: every *day* (None: daily), or only the *nth* of a month."""

    text: str
    nth: int | None
    day: int | None
    start: time
    end: time

    @classmethod
    def parse(cls, text: str) -> Window:
        """Read ``tuesday 16:00-22:00``, ``2nd tuesday 16:00-22:00`` or ``daily 05:00-06:00``; ValueError otherwise."""
        match = _WINDOW.fullmatch(text)
        if match is None:
            raise ValueError('write a window as "tuesday 16:00-22:00", "2nd tuesday …" or "daily …" (UTC)')
        day = None if match[2] == "daily" else _DAYS.index(match[2])
        start, end = (time.fromisoformat(match[n]) for n in (3, 4))
        if start >= end or (match[1] and day is None):
            raise ValueError("a window begins before it ends, on one day; daily ones have no number")
        return cls(text, int(match[1]) if match[1] else None, day, start, end)

    def on(self, day: date) -> bool:
        """Whether it is open on *day*."""
        nth = (day.day - 1) // 7 + 1
        return self.day in (None, day.weekday()) and self.nth in (None, nth)


@dataclass(frozen=True, slots=True)
class Rhythm:
    """How often a source is polled: usually every ``interval``, never more often than ``fastest`` or than ``slowest``.

    ``reason`` says why it is like that. ``budget`` bounds the requests of a day for releases that wait, 0: nothing does.
    """

    interval: timedelta = timedelta(hours=1)
    fastest: timedelta = timedelta(minutes=10)
    slowest: timedelta = timedelta(hours=4)
    often: tuple[Window, ...] = ()
    reason: str = ""
    budget: int = 0


DEFAULTS: Mapping[str, Rhythm] = {
    "dotnet": Rhythm(
        often=(Window.parse("2nd tuesday 16:00-22:00"),), reason="Microsoft releases on the second Tuesday of a month"
    ),
    "openjdk": Rhythm(
        interval=timedelta(hours=2), reason="the binaries of one release arrive over days, architecture by architecture"
    ),
    # What is polled are static documents of the PEPs' site, but a release that waits is looked for at www.python.org.
    # Its API allows 100 requests a day, and is not asked; its files are not asked more often either.
    "python": Rhythm(
        fastest=timedelta(minutes=30), reason="a release that waits is looked for at python.org, sparingly", budget=100
    ),
}


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a source: ``days`` on which it released, newest first; ``sighted``, what was new last and when.

    ``held`` is what waits, ``failing_since`` when polls began to fail, ``outages`` when something besides did, by part.
    """

    now: datetime
    days: Sequence[date] = ()
    sighted: tuple[str, datetime] | None = None
    held: Sequence[Held] = ()
    failing_since: datetime | None = None
    outages: Mapping[str, datetime] = field(default_factory=dict)


def next_check(rhythm: Rhythm, facts: Facts) -> Check:
    """Say when to poll next: the earliest that anything asks for, within the bounds of *rhythm*."""
    if facts.failing_since is not None:
        pause = _within(rhythm.fastest, (facts.now - facts.failing_since) / 2, rhythm.interval)
        return Check(facts.now + pause, f"failing since {facts.failing_since:%Y-%m-%d %H:%M}")
    wishes = [*_expected(rhythm, facts), *_under_way(rhythm, facts), *_waiting(rhythm, facts), *_out(rhythm, facts)]
    at, reason = min([*wishes, _usual(rhythm, facts)], key=lambda wish: wish.at)
    least = max(rhythm.fastest, _affordable(rhythm, facts))
    return Check(facts.now + _within(least, at - facts.now, max(least, rhythm.slowest)), reason)


def _within(least: timedelta, wanted: timedelta, most: timedelta) -> timedelta:
    return max(least, min(wanted, most))


def _expected(rhythm: Rhythm, facts: Facts) -> Iterator[Check]:
    """Within a window, or at its beginning."""
    for window in rhythm.often:
        for ahead in range(32):
            day = facts.now.date() + timedelta(days=ahead)
            start, end = (datetime.combine(day, t, facts.now.tzinfo) for t in (window.start, window.end))
            if window.on(day) and facts.now < end:
                inside = start <= facts.now
                told = f"releases are expected: {window.text}"
                yield Check(facts.now + rhythm.fastest if inside else start, told)
                break


def _under_way(rhythm: Rhythm, facts: Facts) -> Iterator[Check]:
    """After a first sight: the files and the releases of other lines follow within hours."""
    if facts.sighted and facts.now - facts.sighted[1] < _AFTER_SIGHT:
        what, seen = facts.sighted
        yield Check(facts.now + rhythm.fastest, f"{what} was first seen at {seen:%H:%M}: more may follow")


def _waiting(rhythm: Rhythm, facts: Facts) -> Iterator[Check]:
    """What waits: when it is due, and else the less often the longer it has been waiting."""
    for held in facts.held:
        if held.due and held.due > facts.now:
            yield Check(held.due, f"{held.subject} is due then")
        pause = _within(rhythm.fastest, (facts.now - held.since) / 8, rhythm.interval)
        yield Check(facts.now + pause, f"{held.subject} waits since {held.since:%Y-%m-%d %H:%M}")


def _out(rhythm: Rhythm, facts: Facts) -> Iterator[Check]:
    """What besides the documents could not be had: the less often the longer that lasts."""
    for part, since in facts.outages.items():
        pause = _within(rhythm.fastest, (facts.now - since) / 2, rhythm.interval)
        yield Check(facts.now + pause, f"{part} failing since {since:%Y-%m-%d %H:%M}")


def _affordable(rhythm: Rhythm, facts: Facts) -> timedelta:
    """The least pause with which the releases that wait cost no more than the budget of a day."""
    if not rhythm.budget:
        return timedelta()
    return timedelta(days=1) * _EACH * len({(held.line, held.version) for held in facts.held}) / rhythm.budget


def _usual(rhythm: Rhythm, facts: Facts) -> Check:
    """By upstream's habit: on its usual weekday often, soon after a release rarely."""
    now, days = facts.now, facts.days
    if len(days) < _ENOUGH:
        return Check(now + rhythm.interval, rhythm.reason or "nothing is expected")
    weekday, count = Counter(day.weekday() for day in days).most_common(1)[0]
    if now.weekday() == weekday and count >= _HABIT * len(days):
        return Check(now + rhythm.fastest, f"{count} of the last {len(days)} release days were a {_DAYS[weekday]}")
    gap = median((newer - older).days for newer, older in pairwise(days))
    ago = (now.date() - days[0]).days
    told = f"a release about every {gap:g} days, the last one {ago} days ago"
    return Check(now + (rhythm.slowest if ago * 2 < gap else rhythm.interval), told)
