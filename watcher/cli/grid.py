"""A release's files as people read them: architectures by C libraries, and below it what the words mean."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from string import ascii_lowercase
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from datetime import datetime

    from state.model import Artifact, Held
    from watcher.platforms import Spot, State

_WORDS = {
    "ready": "",
    "missing": "awaited",
    "dropped": "dropped",
    "packaged": "package",
    "base": "base",
    "absent": "absent",
    "unknown": "?",
}

_TOLD: tuple[State, ...] = ("packaged", "base", "absent", "dropped")
"""Whose reasons are told below the grid."""


def grid(spots: Sequence[Spot], whole: Sequence[Held], now: datetime) -> Iterator[str]:
    """Yield the lines: per platform the letter of where its file is from (with its version, if that is an older one).

    *whole* are the holds of the release as a whole; a release of which nothing is known by platform has no grid.
    """
    origins = list(dict.fromkeys(_origin(spot.file) for spot in spots if spot.file))
    libcs = sorted({spot.platform.libc for spot in spots})
    if libcs:
        yield "".join(f"{word:<12}" for word in ("", *libcs)).rstrip()
    for arch in sorted({spot.platform.arch for spot in spots}):
        cells = {spot.platform.libc: _cell(spot, origins) for spot in spots if spot.platform.arch == arch}
        yield "".join(f"{word:<12}" for word in (arch, *(cells.get(libc, "-") for libc in libcs))).rstrip()
    for letter, origin in zip(ascii_lowercase, origins, strict=False):
        yield f"{letter}  {origin}"
    yield from _explained(spots, whole, now)


def _explained(spots: Sequence[Spot], whole: Sequence[Held], now: datetime) -> Iterator[str]:
    """Yield what waits and since when, and why other platforms have nothing."""
    from watcher.platforms import reasons

    for held in whole:
        yield f"awaited {held.times(now)}  the release: {held.reason}"
    for spot in spots:
        if spot.held:
            yield f"awaited {spot.held.times(now)}  {spot.platform}: {spot.reason}"
    for state in _TOLD:
        for platforms, reason in reasons(spots, state):
            yield f"{_WORDS[state]}  {platforms}: {reason}"
    if any(spot.state == "unknown" for spot in spots):
        yield "?  was not looked at"


def _cell(spot: Spot, origins: Sequence[str]) -> str:
    if spot.file is None:
        return _WORDS[spot.state]
    letter = ascii_lowercase[origins.index(_origin(spot.file))]
    return f"{letter} {spot.file.version}" if spot.held else letter


def _origin(file: Artifact) -> str:
    """Where a file is from, and how its digest was verified."""
    return f"{urlsplit(file.url).hostname}: {file.verified}"
