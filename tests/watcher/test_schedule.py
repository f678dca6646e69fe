"""When the daemon polls: at the time that was asked for, at once when wished, and never in a circle."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import Any

import pytest

from tests.world import World
from watcher.app import App
from watcher.conductor import Conductor
from watcher.config import clock
from watcher.poll import Polled
from watcher.schedule import Schedule


class Counting(Conductor):
    """Counts polls instead of making them; files are always being compared, as those are that do not hold."""

    polls = 0
    running = 0
    most = 0

    async def poll(self, name: str) -> Polled:
        """Take a moment."""
        self.polls += 1
        self.running += 1
        self.most = max(self.most, self.running)
        await asyncio.sleep(0.02)
        self.running -= 1
        return Polled(name)

    async def settle(self) -> set[str]:
        """Say that something was compared."""
        await asyncio.sleep(0.01)
        return {"node"}


def scheduled(world: World, job: Callable[[Counting, Schedule], Coroutine[Any, Any, None]]) -> Counting:
    """Run *job* while the schedule runs."""

    async def whole(app: App) -> Counting:
        conductor = Counting(replace(app, now=clock))
        schedule = Schedule(conductor, ["node"])
        schedule.start()
        await job(conductor, schedule)
        schedule.stop()
        return conductor

    return world.run(whole)


def test_what_was_compared_leads_to_one_poll_more(world: World) -> None:
    """A file that never holds must not have its source polled without end."""

    async def job(conductor: Counting, schedule: Schedule) -> None:
        await asyncio.sleep(0.6)

    assert scheduled(world, job).polls == 2


def test_two_polls_of_one_source_never_overlap_and_no_wish_is_lost(world: World) -> None:
    """Wished while it is being polled, it is polled again right after; ten wishes are one."""

    async def job(conductor: Counting, schedule: Schedule) -> None:
        await asyncio.sleep(0.6)
        before = conductor.polls
        schedule.now("node")
        while conductor.running == 0:
            await asyncio.sleep(0.001)
        for _ in range(10):
            schedule.now("node")
        await asyncio.sleep(0.6)
        assert conductor.polls - before in (2, 3, 4)  # the wished one, the one after, and what was compared meanwhile
        schedule.now("nothing")

    assert scheduled(world, job).most == 1


def test_a_stopped_schedule_polls_no_more(world: World) -> None:
    """Whatever is wished then."""

    async def job(conductor: Counting, schedule: Schedule) -> None:
        await asyncio.sleep(0.3)
        schedule.stop()
        conductor.polls = 0
        schedule.now("node")
        await asyncio.sleep(0.1)
        assert conductor.polls == 0

    scheduled(world, job)


def test_a_poll_that_a_stop_breaks_off_is_no_error(world: World, caplog: pytest.LogCaptureFixture) -> None:
    """Who stops the daemon reads no traceback about what was only looking, and the source has no next poll."""

    class Stuck(Counting):
        task: asyncio.Task[Any] | None = None

        async def poll(self, name: str) -> Polled:
            self.task = asyncio.current_task()
            await asyncio.Event().wait()
            return Polled(name)

    async def job(app: App) -> None:
        conductor = Stuck(replace(app, now=clock))
        schedule = Schedule(conductor, ["node"])
        schedule.start()
        while conductor.task is None:
            await asyncio.sleep(0.001)
        schedule.stop()
        await asyncio.wait([conductor.task])
        await asyncio.sleep(0)

    with caplog.at_level(logging.ERROR):
        world.run(job)
    assert caplog.text == ""
