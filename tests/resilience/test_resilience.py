"""A handful of the runs of ``make test-resilience``, killed at boundaries and at an instant, and one on a full disk."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.resilience.scene import Kill, play, prepared, scene
from tests.resilience.truth import facts, wrong
from tests.world import World

pytestmark = pytest.mark.slow

BETWEEN = "before Store.save_pull"
"""The forge has the pull request, and the memory does not know it yet."""

ROOMS = (2_000, 100_000, 300_000)
"""Bytes: no database at all; one without all its tables; one that is full in the middle of the walk."""


@pytest.fixture(scope="module")
def origin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """What every run copies."""
    with prepared(tmp_path_factory.mktemp("origin") / "it") as world:
        yield world


def test_killed_again_and_again_it_ends_as_if_nobody_had(origin: World, tmp_path: Path) -> None:
    """Each process comes a little further; two die between the forge's answer and ours, one just anywhere."""
    with scene(tmp_path / "undisturbed", origin, github=False) as played:
        points = play(played)[0]
        expected = facts(played)
        assert wrong(played, expected) == []
    kills = (Kill(points.index(BETWEEN) + 1), Kill(instant=0.9), Kill(2), Kill(points.index("after Store.finish") + 1))
    with scene(tmp_path / "killed", origin, github=False) as played:
        play(played, kills)
        assert sum(told.startswith("exit -9 ") for told in played.tried) >= 3
        assert wrong(played, expected) == []


def test_without_room_on_the_disk_it_says_so_and_goes_on_when_there_is_some(origin: World, tmp_path: Path) -> None:
    """No file grows beyond a size: each sync ends with an error, not a traceback, and the next one with room loses nothing."""
    with scene(tmp_path / "undisturbed", origin, github=False) as played:
        play(played)
        expected = facts(played)
    with scene(tmp_path / "full", origin, github=False) as played:
        for room in ROOMS:
            begun = played.sync(room=room)
            assert not played.ended_well, played.tried[-1]
            assert "Traceback" not in played.tried[-1]
        assert begun, f"the last of ROOMS is too small to begin the walk: {played.tried[-1]}"
        play(played)
        assert wrong(played, expected) == []
