"""What is merged is queued, where the watcher is to build by itself."""

from __future__ import annotations

from collections import Counter

from state.model import Build
from tests.world import NEWER, World
from watcher.app import App


async def _open(app: App) -> list[Build]:
    return app.store.builds.open()


def test_a_merge_queues_what_it_touches_and_what_stands_on_it(world: World) -> None:
    """Each image is there once, after its base, with the reason; the day is that of the plan."""
    world.settings('[publish]\nmode = "publish"')
    world.only("22.11.0")
    world.sync()
    world.decide("merge", 1)
    found = world.run(_open)
    assert Counter(each.kind for each in found) == {"build": 120, "relabel": 42}
    names = [each.name for each in found]
    assert len(set(names)) == len(names)
    for each in found:
        assert each.base not in names or names.index(each.base) < names.index(each.name)
    assert {each.reason for each in found} == {"node 22.11.0"}
    assert {each.day.isoformat() for each in found} == {"2024-11-01"}


def test_proposing_queues_nothing(imported: World) -> None:
    """By default people build by hand."""
    assert imported.run(_open) == []


def test_a_newer_version_supersedes_the_one_that_was_not_built_yet(world: World) -> None:
    """No image is made twice for one place."""
    world.settings('[publish]\nmode = "publish"')
    world.only("22.11.0")
    world.sync()
    world.decide("merge", 1)
    before = world.run(_open)
    world.publish(NEWER)
    world.only("22.23.2")
    number = next(p["number"] for p in world.sync()["pulls"] if p["new"] == "22.23.2")
    world.decide("merge", number)
    after = world.run(_open)
    assert {each.place for each in after} == {each.place for each in before}
    assert {each.pull for each in after} == {number}
