"""A handful of the runs of ``make test-resilience``: killed at boundaries and at an instant, it ends like any other."""

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
