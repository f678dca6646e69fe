"""What end-to-end tests stand on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from tests.upstream import Upstream
from tests.world import NEWER, World

# The gate plays the same examples each time: a failure is of the change, not of the dice.
settings.register_profile("gate", derandomize=True, deadline=None)
settings.load_profile("gate")


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A workspace, and an upstream that serves October 2024."""
    served = tmp_path / "served"
    served.mkdir()
    with Upstream(served) as upstream:
        yield World.make(tmp_path, upstream)


@pytest.fixture
def imported(world: World) -> World:
    """A world whose import of line 22 alone was merged."""
    world.only("22.11.0")
    world.sync()
    world.decide("merge", 1)
    return world


@pytest.fixture
def proposed(world: World) -> World:
    """A world in which 22.11.0 is recorded, 22.23.1 was released, and 22.23.2 is proposed as #2."""
    world.only("22.11.0")
    world.sync()
    world.decide("merge", 1)
    world.publish(NEWER)
    world.only("22.23.2", "22.11.0")
    world.release("22.23.1", like="22.23.2")
    assert [p["new"] for p in world.sync()["pulls"]] == ["22.23.2"]
    return world
