"""What is known, as commands print it and the API answers it: the status, releases by platform, a build, a repository."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from builder.smoke import size_note
from generator.describe import Description, Tag, describe
from state.model import Held, Release
from state.store import Status
from state.store.status import SourceStatus
from watcher import family
from watcher.app import App
from watcher.platforms import Spot, of_newest, waiting

_NEVER: SourceStatus = {
    "last_success": None,
    "newest": {},
    "failing_since": None,
    "error": None,
    "outages": {},
    "lag": {},
    "next_check": None,
    "cadence": None,
    "paused": None,
}


def status(app: App) -> Status:
    """Return the whole picture; a source that was never polled is in it too."""
    found, paused = app.store.status(app.now().date()), app.store.desk.paused()
    sources = {name: found["sources"].get(name, _NEVER) for name in app.sources}
    for name in paused.keys() & sources.keys():
        sources[name] = {**sources[name], "paused": paused[name].reason}
    return {**found, "sources": sources}


def build(app: App, number: int) -> dict[str, Any] | None:
    """Return all that is known of one build, as JSON, None if there is none; ``size_note`` tells of an odd size."""
    found = app.store.builds.find(number)
    if found is None:
        return None
    note = size_note(found.size, app.store.builds.size_before(found)) if found.size else ""
    return {**found.document(), "size_note": note}


async def repository(app: App, name: str) -> Description | None:
    """Return the description of a repository of the family by the tags that were pushed, None if none is known to be.

    :raises LookupError: it is none of the family's repositories
    """
    catalogue = await family.main(app)
    rows = app.store.ledger.of(f"{catalogue.family.namespace}/{name.rpartition('/')[2]}")
    found = describe(catalogue, name, [Tag(row.tag, row.digest, row.pushed_at.date(), row.dated) for row in rows])
    return found if rows else None


@dataclass(frozen=True, slots=True)
class Releases:
    """The releases of one source, newest first; ``spots`` are the platforms of those that are the newest of their line.

    ``ended`` counts those that are left out since upstream does not support their line.
    """

    found: Sequence[Release]
    held: Sequence[Held]
    spots: Mapping[tuple[str, str], list[Spot]]
    now: datetime
    ended: int = 0

    def document(self) -> list[dict[str, Any]]:
        """Return what programs may rely on, as JSON."""
        return [_release(each, self.of(each)) for each in self.found]

    def of(self, release: Release) -> list[Spot] | None:
        """Return its platforms; None unless it is the newest of a supported line."""
        return self.spots.get((release.line, str(release.version)))

    def waits(self, release: Release) -> list[Held]:
        """Return what waits of it."""
        return waiting(release, self.held)


async def releases(app: App, source: str, *, every: bool) -> Releases:
    """Return what is known of *source*: of the lines that upstream supports, or of *every* one."""
    now, held = app.now(), app.store.holds(source)
    catalogue = await app.images.catalogue(await app.images.head())
    listed = app.store.releases(source)
    chosen = [r for r in listed if every or r.supported(now.date())]
    found = sorted(chosen, key=lambda r: r.version, reverse=True)
    spots = of_newest(found, held, catalogue, source, now)
    return Releases(found, held, spots, now, len(listed) - len(found))


def _release(release: Release, there: list[Spot] | None) -> dict[str, Any]:
    """One release; ``platforms`` of the newest of a supported line only, else null."""
    return {
        "version": str(release.version),
        "line": release.line,
        "published": release.published.isoformat() if release.published else None,
        "lts": release.lts or None,
        "security": release.security,
        "supported_until": release.supported_until.isoformat() if release.supported_until else None,
        "artifacts": [
            {
                "arch": a.arch,
                "libc": a.libc,
                "url": a.url,
                "algorithm": a.checksum.algorithm,
                "digest": a.checksum.digest,
                "verified": a.verified,
                "version": str(a.version),
            }
            for a in release.artifacts
        ],
        "platforms": None if there is None else [_platform(spot) for spot in there],
    }


def _platform(spot: Spot) -> dict[str, Any]:
    """One platform: ready, missing since, dropped, packaged, absent or unknown."""
    return {
        "arch": spot.platform.arch,
        "libc": spot.platform.libc,
        "state": spot.state,
        "version": str(spot.file.version) if spot.file else None,
        "since": spot.held.since.isoformat() if spot.held else None,
        "due": spot.held.due.isoformat() if spot.held and spot.held.due else None,
        "reason": spot.reason or None,
    }
