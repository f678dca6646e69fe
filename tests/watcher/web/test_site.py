"""What pages stand on is worked out once, and kept from what would look through it at each page."""

from __future__ import annotations

import gc

import pytest

from tests.world import World
from watcher.app import App
from watcher.held_indexes import HeldIndex
from watcher.web import site
from watcher.web.site import Site


def test_the_names_of_a_family_are_set_aside_from_the_collector(imported: World) -> None:
    """A full collection need not walk them; nothing is set aside before they are made."""

    async def job(app: App) -> int:
        gc.unfreeze()
        await Site(app, lambda: None).resolver()
        return gc.get_freeze_count()

    try:
        assert imported.run(job) > 0
    finally:
        gc.unfreeze()


def test_indexes_are_looked_at_once_for_many_answers(imported: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Until what was found is no longer fresh."""
    looked: list[App] = []

    async def held(app: App) -> list[HeldIndex]:
        looked.append(app)
        return []

    monkeypatch.setattr(site, "held_indexes", held)

    async def job(app: App) -> None:
        kept = Site(app, lambda: None)
        assert [await kept.indexes() for _ in range(3)] == [[], [], []]
        assert len(looked) == 1
        monkeypatch.setattr(site, "_FRESH", -1.0)
        await kept.indexes()
        assert len(looked) == 2

    imported.run(job)
