"""Debian: every recorded InRelease on the day of its recording, and the documents of 2024 and of 2026 as a whole."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from sources import debian, suites
from sources.deb822 import read_stanzas
from state.errors import SourceError
from tests.recorded.outcome import Outcome
from tests.sources.pages import Pages

_NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
_THEN = datetime(2024, 12, 2, tzinfo=UTC)
_FETCH = Pages({}, source="debian")


def check(folder: Path) -> Outcome:
    """Verify and read each file; the copies of sid and testing had been stale for two weeks."""
    return asyncio.run(_check(folder))


async def _check(folder: Path) -> Outcome:
    outcome, seen = Outcome(), set[tuple[str, str]]()
    old = sorted(folder.glob("debuerreotype/*/*.InRelease.*"))
    for file in [*sorted((folder / "InRelease").iterdir()), *old]:
        outcome.files += 1
        try:
            await _one(file)
        except SourceError as error:
            outcome.refused.append((file.name, str(error)))
    recorded = {file.name.split(".")[1]: file.read_bytes() for file in (folder / "InRelease").iterdir()}
    for table in sorted(folder.glob("distro-info-*.csv")):
        outcome.files += 1
        given = {**recorded, "series": table.read_bytes()}
        seen |= await _releases(given, _NOW)
        # The security suites of 2024 were not kept; those of bullseye and bookworm name the same suites today.
        seen |= await _releases(given | {file.name.split(".")[0]: file.read_bytes() for file in old}, _THEN)
    outcome.releases = len(seen)
    return outcome


async def _one(file: Path) -> None:
    """Verify one InRelease, and read it if the source asks for such a suite."""
    text = await suites.believed(_FETCH, file.name, file.read_bytes(), _NOW)
    codename = next(read_stanzas("debian", file.name, text)).member("Codename").text()
    if not codename.endswith("-updates"):
        suites.read_suite("debian", file.name, text, "Debian", codename)


async def _releases(documents: Mapping[str, bytes], now: datetime) -> set[tuple[str, str]]:
    believed = await debian.verify(documents, _FETCH, now)
    return {(r.line, r.version.text) for r in debian.releases(believed)}
