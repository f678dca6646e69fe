"""What the daemon does, job by job: acting goes on after a bug, failures are tried again less and less often."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, TypeVar

import pytest

from state.errors import ForgeError, SettingsError
from state.events import ProposalObsolete, RenderAsked
from state.store import Wanted
from tests.world import World
from watcher import pipeline
from watcher.app import App
from watcher.conductor import Conductor
from watcher.daemon import publish, pulse
from watcher.wiring import wired

T = TypeVar("T")


def conduct(world: World, job: Callable[[Conductor], Coroutine[Any, Any, T]], *, after: timedelta = timedelta()) -> T:
    """Run *job* with a conductor, *after* some time."""

    async def whole(app: App) -> T:
        now: datetime = app.now() + after
        return await job(Conductor(replace(app, now=lambda: now)))

    return world.run(whole)


def test_a_bug_in_one_step_stops_no_other_and_is_tried_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is in the journal as what it is; after a minute, two, four … it has its next turn."""
    tried = list[str]()

    async def withdraw(obsolete: ProposalObsolete, app: App) -> list[Any]:
        tried.append(obsolete.reason)
        if obsolete.reason == "bug":
            raise ZeroDivisionError("of nothing")
        if obsolete.reason == "refused":
            raise ForgeError("not now")
        return []

    monkeypatch.setattr(pipeline, "withdraw", withdraw)
    events = [ProposalObsolete("node", 1, reason) for reason in ("bug", "refused", "fine")]

    async def begin(conductor: Conductor) -> None:
        conductor.app.store.record(events, conductor.app.now())
        await conductor.resume()

    conduct(world, begin)
    errors = {e.data["reason"]: e.error for e in world.run(entries) if e.done_at is None}
    assert tried == ["bug", "refused", "fine"]
    assert errors == {"bug": "a bug of the watcher: ZeroDivisionError('of nothing')", "refused": "not now"}
    minutes = [0.5, 1.5, 2.5, 4, 4.5, 60, 400]
    for minute in minutes:
        tried.append(f"{minute}")
        conduct(world, Conductor.retry, after=timedelta(minutes=minute))
    assert tried[3:] == ["0.5", "1.5", "bug", "refused", "2.5", "4", "bug", "refused", "4.5",
                         "60", "bug", "refused", "400", "bug", "refused"]  # fmt: skip


async def entries(app: App) -> Any:
    """The journal."""
    return app.store.events(100)


def test_what_was_recorded_and_never_tried_is_not_forgotten(world: World) -> None:
    """An event that its process left before its step ran has a turn after two minutes; one that waits is let be."""

    async def leave(conductor: Conductor) -> None:
        conductor.app.store.record([RenderAsked()], conductor.app.now())

    conduct(world, leave)
    for minutes, left in ((1, 1), (3, 0)):
        conduct(world, Conductor.retry, after=timedelta(minutes=minutes))
        assert len(world.run(unfinished)) == left


async def unfinished(app: App) -> Any:
    """What is to be done."""
    return app.store.unfinished()


def test_a_persons_wish_is_carried_out_and_answered(world: World) -> None:
    """Merged as wished; of what cannot be, the reason is kept; a poll is handed back to the schedule."""
    world.sync()

    async def job(conductor: Conductor) -> tuple[set[str], list[str]]:
        app, inbox = conductor.app, conductor.app.store.desk.inbox
        wanted = [("merge", "1"), ("merge", "7"), ("close", "x"), ("poll", "node"), ("look", ""), ("close", "1")]
        numbers = [inbox.wish(Wanted(kind, argument, "ada"), app.now()) for kind, argument in wanted]  # type: ignore[arg-type]
        named = await conductor.carry_out(inbox.open())
        assert inbox.open() == []
        return named, [wish.error for number in numbers if (wish := inbox.find(number))]

    named, errors = conduct(world, job)
    assert named == {"node"}
    assert errors[:5] == ["", "no pull request #7 of ours", "nobody knows how to close 'x'", "", ""]
    assert [pull.state for pull in world.pulls()] == ["merged"]


def test_nothing_begins_once_it_closes(world: World) -> None:
    """What was not begun stays in the journal."""

    async def job(conductor: Conductor) -> None:
        conductor.app.store.record([RenderAsked()], conductor.app.now())
        await conductor.close()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(conductor.resume(), 0.1)
        assert len(conductor.app.store.unfinished()) == 1

    conduct(world, job)


def test_builds_are_made_where_there_is_something_to_make(world: World) -> None:
    """Nothing is asked for while nothing is due; what a merge planned needs a registry, and says so."""
    world.settings("[publish]\nmode = 'publish'")
    conduct(world, Conductor.build)
    world.sync()
    world.decide("merge", 1)
    with pytest.raises(SettingsError, match=r"\[registry\] url"):
        conduct(world, Conductor.build)


def test_what_another_process_plans_is_built_at_once(world: World) -> None:
    """The role publish alone looks at its queue when something was recorded, however rarely it looks unasked."""
    world.settings("[daemon]\nbuilds_every_seconds = 86400\ninbox_every_seconds = 0.01")

    class Looking(Conductor):
        looked: asyncio.Queue[None] = asyncio.Queue()

        async def build(self) -> None:
            self.looked.put_nowait(None)

    async def job(app: App) -> None:
        conductor = Looking(app)
        tasks = [asyncio.create_task(publish(conductor)), asyncio.create_task(pulse(conductor, asyncio.Event()))]
        await conductor.looked.get()
        async with wired(app.config) as other:
            other.store.record([RenderAsked()], other.now())
        await asyncio.wait_for(conductor.looked.get(), 30)
        for task in tasks:
            task.cancel()

    world.run(job)
