"""``/sources/NAME``: what is newest of each line, for which platforms, and how long releases took."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from starlette.requests import Request
from starlette.responses import Response

from generator.rows import Catalogue
from state.model import Held, Platform, Release
from state.store import PullRecord, Store
from state.store.desk import Pause
from state.store.feeds import SourceState
from watcher.platforms import Spot, of_newest, waiting
from watcher.web.lag_plot import COLUMNS, Plot, plot
from watcher.web.site import Site
from watcher.web.view import problem, show

_PULLS = 200
WORDS: Mapping[str, str] = {
    "ready": "ready",
    "missing": "awaited",
    "dropped": "dropped",
    "packaged": "package",
    "base": "base",
    "absent": "absent",
    "unknown": "not looked at",
}
"""What is said of a platform in each state."""


@dataclass(frozen=True, slots=True)
class Line:
    """The newest release of a supported line; ``grid`` is architecture → C library → what there is."""

    release: Release
    libcs: Sequence[str]
    grid: Mapping[str, Mapping[str, Spot]]
    held: Sequence[Held]
    pull: PullRecord | None


@dataclass(frozen=True, slots=True)
class SourcePage:
    """All of the page; ``pause`` is a person's wish that the source be left alone."""

    name: str
    pause: Pause | None
    state: SourceState
    lines: Sequence[Line]
    older: Sequence[Release]
    ignored: Mapping[tuple[str, str], str]
    plot: Plot | None


def read(store: Store, catalogue: Catalogue, name: str, now: datetime) -> SourcePage:
    """Ask the memory for the page."""
    today = now.date()
    found = sorted(
        (r for r in store.releases(name, list(store.newest(name, today))) if r.supported(today)),
        key=lambda r: r.version,
        reverse=True,
    )
    held = store.holds(name)
    spots = of_newest(found, held, catalogue, name, now)
    pulls = store.pages.pulls(_PULLS, source=name)
    newest = [r for r in found if (r.line, str(r.version)) in spots]
    return SourcePage(
        name=name,
        pause=store.desk.paused().get(name),
        state=store.source_state(name),
        lines=[line(r, spots[r.line, str(r.version)], waiting(r, held), pulls) for r in newest],
        older=[r for r in found if (r.line, str(r.version)) not in spots][:50],
        ignored=store.ignored(name),
        plot=plot(store.pages.passages(name, COLUMNS)),
    )


def line(release: Release, spots: Sequence[Spot], held: Sequence[Held], pulls: Sequence[PullRecord]) -> Line:
    """Lay a release's platforms out as a grid."""
    by_platform: dict[Platform, Spot] = {spot.platform: spot for spot in spots}
    libcs = sorted({platform.libc for platform in by_platform})
    arches = sorted({platform.arch for platform in by_platform})
    grid: dict[str, dict[str, Spot]] = {
        arch.value: {p.libc: spot for p, spot in by_platform.items() if p.arch == arch} for arch in arches
    }
    version = str(release.version)
    pull = next((p for p in pulls if p.source == release.source and p.lines.get(release.line) == version), None)
    return Line(release, libcs, grid, held, pull)


async def page(site: Site, request: Request) -> Response:
    """Show it."""
    app, name = site.app, request.path_params["name"]
    if name not in app.sources:
        told = f"There is no source {name!r}; there are {', '.join(app.sources)}."
        return await problem(request, site, 404, "No such source", told)
    catalogue = await app.images.catalogue(await app.images.head())
    found = await asyncio.to_thread(read, app.store, catalogue, name, app.now())
    return await show(request, site, "source.html", found=found, words=WORDS)
