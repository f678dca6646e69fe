"""``/``: is it alive, what is newest, what is open, what waits, what went wrong."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from starlette.requests import Request
from starlette.responses import Response

from state.store import Entry, PullRecord, Store
from state.store.lag import Lag
from state.store.status import HeldStatus, SourceStatus, Status
from watcher.web.site import Site
from watcher.web.view import show, span


@dataclass(frozen=True, slots=True)
class Newest:
    """A supported line's newest version, how long after its publication it was seen, and where its change stands."""

    line: str
    version: str
    seen_after: str
    standing: str


@dataclass(frozen=True, slots=True)
class Row:
    """One source; ``health`` is ``ok``, ``failing`` or ``never`` (polled)."""

    name: str
    health: str
    lines: Sequence[Newest]
    held: int
    state: SourceStatus | None


@dataclass(frozen=True, slots=True)
class Overview:
    """All of the page."""

    rows: Sequence[Row]
    pulls: Sequence[PullRecord]
    held: Sequence[HeldStatus]
    status: Status
    failed: Sequence[Entry]
    recent: Sequence[Entry]

    @property
    def well(self) -> bool:
        """Whether nobody has to look at anything."""
        return not self.failed and not self.status["changed"] and all(row.health != "failing" for row in self.rows)


def read(store: Store, names: Sequence[str], now: datetime) -> Overview:
    """Ask the memory for the page."""
    status = store.status(now.date())
    return Overview(
        rows=[row(name, status["sources"].get(name), status["held"]) for name in names],
        pulls=store.pulls("open"),
        held=status["held"],
        status=status,
        failed=store.pages.failed(20),
        recent=store.pages.events(12),
    )


def row(name: str, state: SourceStatus | None, held: Sequence[HeldStatus]) -> Row:
    """Sum a source up."""
    waiting = sum(1 for each in held if each["source"] == name)
    if state is None or (state["last_success"] is None and state["failing_since"] is None):
        return Row(name, "never", (), waiting, state)
    lines = [_newest(line, version, state["lag"].get(line)) for line, version in state["newest"].items()]
    return Row(name, "failing" if state["failing_since"] else "ok", lines[::-1], waiting, state)


def _newest(line: str, version: str, lag: Lag | None) -> Newest:
    if lag is None:
        return Newest(line, version, "", "")
    standing = "merged" if lag["merged"] else "proposed" if lag["pull"] else ""
    return Newest(line, version, seen_after(lag), standing)


def seen_after(lag: Lag) -> str:
    """How long after the day of its publication a version was seen; upstream names a day, or nothing."""
    if lag["published"] is None:
        return ""
    published = datetime.fromisoformat(lag["published"]).replace(tzinfo=UTC)
    return span(max(0.0, (datetime.fromisoformat(lag["seen"]) - published).total_seconds()))


async def page(site: Site, request: Request) -> Response:
    """Show it."""
    app = site.app
    found = await asyncio.to_thread(read, app.store, list(app.sources), app.now())
    return await show(request, site, "overview.html", found=found)
