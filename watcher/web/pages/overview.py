"""``/``: is it alive, what is newest, what is open, what is being built, what waits, what went wrong."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from starlette.requests import Request
from starlette.responses import Response

from state.store import Entry, PullRecord, Store
from state.store.board import UNDERWAY, Job, PlanSummary
from state.store.lag import Lag
from state.store.status import FailingStatus, HeldStatus, SourceStatus, Status
from watcher.web.pages.builds import Bar, bar
from watcher.web.site import Site
from watcher.web.view import show, span

_PLANS, _RUNNING, _FAILING = 4, 8, 10
"""Of what is built so much is shown: plans, images that are being built, images that failed."""


@dataclass(frozen=True, slots=True)
class Newest:
    """A supported line's newest version, how long after its publication it was seen, and where its change stands."""

    line: str
    version: str
    seen_after: str
    standing: str


@dataclass(frozen=True, slots=True)
class Row:
    """One source; ``health`` is ``ok``, ``failing``, ``paused`` (for the reason ``paused``) or ``never`` (polled)."""

    name: str
    health: str
    lines: Sequence[Newest]
    held: int
    state: SourceStatus | None
    paused: str | None = None


@dataclass(frozen=True, slots=True)
class Building:
    """What is being built: the newest plans that are underway, and of images that are built or failed their plans.

    ``underway`` and ``failed`` count images of all plans; ``failing`` are the newest of those that failed.
    """

    plans: Sequence[tuple[PlanSummary, Bar]]
    running: Sequence[tuple[int, Job]]
    failing: Sequence[tuple[int, FailingStatus]]
    underway: int
    failed: int


@dataclass(frozen=True, slots=True)
class Overview:
    """All of the page."""

    rows: Sequence[Row]
    pulls: Sequence[PullRecord]
    held: Sequence[HeldStatus]
    status: Status
    building: Building
    failed: Sequence[Entry]
    recent: Sequence[Entry]

    @property
    def well(self) -> bool:
        """Whether nobody has to look at anything."""
        wrong = self.failed or self.status["changed"] or self.building.failed
        return not wrong and all(row.health != "failing" for row in self.rows)


def read(store: Store, names: Sequence[str], now: datetime) -> Overview:
    """Ask the memory for the page."""
    status, paused = store.status(now.date()), store.desk.paused()
    reasons = {name: pause.reason for name, pause in paused.items()}
    return Overview(
        rows=[row(name, status["sources"].get(name), status["held"], reasons.get(name)) for name in names],
        pulls=store.pulls("open"),
        held=status["held"],
        status=status,
        building=building(store, status),
        failed=store.pages.failed(20),
        recent=store.pages.events(12),
    )


def row(name: str, state: SourceStatus | None, held: Sequence[HeldStatus], paused: str | None = None) -> Row:
    """Sum a source up. One that a person paused is that, however its last poll ended."""
    waiting = sum(1 for each in held if each["source"] == name)
    if state is None or (state["last_success"] is None and state["failing_since"] is None):
        return Row(name, "never" if paused is None else "paused", (), waiting, state, paused)
    lines = [_newest(line, version, state["lag"].get(line)) for line, version in state["newest"].items()]
    health = "paused" if paused is not None else "failing" if state["failing_since"] else "ok"
    return Row(name, health, lines[::-1], waiting, state, paused)


def building(store: Store, status: Status) -> Building:
    """Sum the builds up."""
    board, states = store.pages.board, status["builds"]["states"]
    failing = status["builds"]["failing"][:_FAILING]
    plans = board.plans_of([each["id"] for each in failing])
    return Building(
        plans=[(plan, bar(plan.states)) for plan in board.underway(_PLANS)],
        running=board.running(_RUNNING),
        failing=[(plans[each["id"]], each) for each in failing if each["id"] in plans],
        underway=_sum(states, UNDERWAY),
        failed=_sum(states, ("failed",)),
    )


def _sum(states: Mapping[str, int], wanted: Sequence[str]) -> int:
    return sum(states.get(state, 0) for state in wanted)


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
