"""``/builds``: each plan of builds with its stages, and each image with its log."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

from state.model import Build, BuildState
from state.store.board import Job, PlanSummary
from watcher.web.site import Site
from watcher.web.stage_plot import GROUPS, URGENT, Graph, graph
from watcher.web.view import problem, show

_PLANS = 8
_SHOWN = 60
_TAIL = 65_536
_UNMADE: tuple[BuildState, ...] = ("waiting", "running", "failed", "blocked")
_BIGGEST = 2**63 - 1
LOGS = "builds"
"""The folder below that of the memory in which the logs are."""


@dataclass(frozen=True, slots=True)
class Bar:
    """Progress as shares of a whole: group → (count, start, width), the last two in percent."""

    total: int
    parts: Mapping[str, tuple[int, float, float]]


@dataclass(frozen=True, slots=True)
class Stage:
    """Images that stand on those of the stages before: ``jobs`` are those that one wants to see first."""

    number: int
    bar: Bar
    jobs: Sequence[Job]
    more: int
    bases: Sequence[str]
    waits: Mapping[int, str]


def waits_for(job: Job | Build, base: BuildState | None) -> str:
    """Why an image waits, by the state of what it stands on in its plan; "" where it does not, or its error says why."""
    if job.state != "waiting" or job.error:
        return ""
    return f"waits for {job.base} ({base})" if base in _UNMADE else "waits for its turn: what it stands on is there"


def bar(states: Mapping[str, int]) -> Bar:
    """Lay counts of states out as a bar."""
    total, start = sum(states.values()), 0.0
    parts: dict[str, tuple[int, float, float]] = {}
    for group, members in GROUPS.items():
        count = sum(states.get(state, 0) for state in members)
        if count:
            width = 100 * count / total
            parts[group] = (count, round(start, 3), round(width, 3))
            start += width
    return Bar(total, parts)


def stages(jobs: Sequence[Job]) -> list[Stage]:
    """Sort the images of a plan by what they stand on: those on nothing of the plan first."""
    depth: dict[str, int] = {}
    found: dict[int, list[Job]] = {}
    states = {job.name: job.state for job in jobs}
    for job in jobs:  # in build order: a base comes before what stands on it
        depth[job.name] = depth.get(job.base, -1) + 1
        found.setdefault(depth[job.name], []).append(job)
    return [_stage(number, found[number], states) for number in sorted(found)]


def _stage(number: int, jobs: Sequence[Job], states: Mapping[str, BuildState]) -> Stage:
    ordered = sorted(jobs, key=lambda job: (URGENT.index(job.state), job.id))
    bases = [base for base, _ in Counter(job.base for job in jobs).most_common(4)]
    shown = ordered[:_SHOWN]
    waits = {job.id: waits_for(job, states.get(job.base)) for job in shown}
    return Stage(number, bar(Counter(job.state for job in jobs)), shown, len(jobs) - _SHOWN, bases, waits)


async def listing(site: Site, request: Request) -> Response:
    """Show the newest plans."""
    found = await asyncio.to_thread(site.app.store.pages.board.plans, _PLANS)
    return await show(request, site, "builds.html", plans=[(plan, bar(plan.states)) for plan in found])


async def page(site: Site, request: Request) -> Response:
    """Show one plan by its stages."""
    number = request.path_params["plan"]
    found = await asyncio.to_thread(_plan, site, number) if number <= _BIGGEST else None
    if found is None:
        return await problem(request, site, 404, "No such plan", f"No builds were planned by event {number}.")
    plan, there, drawn = found
    running = any(plan.states.get(state) for state in ("waiting", "running", "pushed"))
    return await show(
        request, site, "plan.html", plan=plan, bar=bar(plan.states), stages=there, graph=drawn, running=running
    )


def _plan(site: Site, number: int) -> tuple[PlanSummary, list[Stage], Graph] | None:
    board = site.app.store.pages.board
    found, jobs = board.plans(1, number), board.jobs(number)
    return (found[0], stages(jobs), graph(jobs)) if found else None


async def image(site: Site, request: Request) -> Response:
    """Show one image of a plan: what became of it, and the end of its log."""
    plan, number = request.path_params["plan"], request.path_params["number"]
    build = await asyncio.to_thread(site.app.store.builds.find, number) if number <= _BIGGEST else None
    if build is None or build.plan != plan:
        return await problem(request, site, 404, "No such build", f"Plan {plan} has no build {number}.")
    log = await asyncio.to_thread(tail, site.app.config.var / LOGS, build)
    base = await asyncio.to_thread(site.app.store.pages.board.job, plan, build.base)
    waits = waits_for(build, base.state if base else None)
    return await show(request, site, "build.html", build=build, log=log, waits=waits)


def tail(folder: Path, build: Build) -> str | None:
    """The end of a build's log, None where there is none (any more). It may be written at this moment."""
    path = (folder / build.log).resolve()
    if not build.log or not path.is_relative_to(folder.resolve()):
        return None
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - _TAIL))
            return file.read(_TAIL).decode("utf-8", "replace")
    except OSError:
        return None
