"""An engine or a farm that cannot be reached: nothing is held against the images, and they are made once it is back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

import pytest

from builder.workshop import Made, Maker, Order
from state.errors import BuildError, Unavailable
from tests.foundry import Foundry
from tests.registry import LoopbackRegistry
from tests.world import World
from watcher.app import App
from watcher.build_report import Report
from watcher.building import work
from watcher.conductor import Conductor
from watcher.works import Works

pytestmark = pytest.mark.slow

GONE = "the farm's scheduler does not answer: not connected"


@pytest.fixture
def foundry(world: World) -> Iterator[Foundry]:
    """A small family in which Node 22.11.0 is merged, and its registry."""
    with LoopbackRegistry() as server:
        yield Foundry.merged(world, server)


@dataclass
class Gone:
    """Cannot be reached for the first so many orders."""

    maker: Maker
    times: int
    asked: int = 0

    async def make(self, order: Order) -> Made:
        """Fail, or let it be made."""
        self.asked += 1
        if self.asked <= self.times:
            raise Unavailable(GONE)
        return await self.maker.make(order)


def _with(app: App, times: int, seen: list[Gone]) -> App:
    @asynccontextmanager
    async def works(namespace: str) -> AsyncIterator[Works]:
        async with app.works(namespace) as found:
            seen.append(Gone(found.maker, times))
            yield replace(found, maker=seen[-1])

    return replace(app, works=works)


@dataclass
class Line:
    """Lets an order wait for a second before it is made, as a farm does whose workers are busy."""

    maker: Maker

    async def make(self, order: Order) -> Made:
        """Wait, and let it be made; note how long that took."""
        await asyncio.sleep(1)
        return await self.maker.make(order)


def test_to_wait_in_line_is_no_time_of_a_build(foundry: Foundry) -> None:
    """What a build took is what the worker says and what came after it; the limit is the worker's to keep."""

    async def job(app: App) -> Report:
        @asynccontextmanager
        async def works(namespace: str) -> AsyncIterator[Works]:
            async with app.works(namespace) as found:
                yield replace(found, maker=Line(found.maker), minutes=0.9 / 60)

        return await work(replace(app, works=works))

    report: Report = foundry.run(job)
    assert report.broken == []
    assert report.built
    assert all(0 < build.seconds < 1 for build in report.built)


def test_what_is_down_ends_the_run_without_a_strike(foundry: Foundry) -> None:
    """Three tries in a row, whatever of; the images wait as they were, and the next run makes them all, at once."""
    seen: list[Gone] = []

    async def job(app: App) -> Report:
        return await work(_with(app, 10**6, seen))

    report: Report = foundry.run(job)
    assert report.stopped == GONE
    assert report.exit_code == 1
    assert (report.broken, report.blocked, report.built) == ([], [], [])
    assert seen[0].asked == 3
    left = foundry.open()
    assert {(each.state, each.attempts, each.failures, each.next_try) for each in left} == {("waiting", 0, 0, None)}
    assert GONE in {each.error for each in left}
    assert GONE in foundry.cli("builds", "--state", "waiting")
    assert foundry.events("BuildFailed") == []
    assert foundry.work().built
    assert foundry.open() == []


def test_a_short_absence_is_passed_over(foundry: Foundry) -> None:
    """Twice in a row is not three times: the same run makes everything."""

    async def job(app: App) -> Report:
        return await work(_with(app, 2, []))

    report: Report = foundry.run(job)
    assert (report.stopped, report.broken) == ("", [])
    assert foundry.open() == []


def test_the_daemon_is_told_and_comes_back_at_its_own_pace(foundry: Foundry) -> None:
    """As an error of the whole, which makes it wait for longer."""

    async def job(app: App) -> None:
        with pytest.raises(BuildError, match="does not answer"):
            await Conductor(_with(app, 10**6, [])).build()

    foundry.run(job)
