"""A handful of the runs of ``make test-resilience``, killed at boundaries and at an instant, and one on a full disk."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.resilience.scene import Origin, prepared, scene
from tests.resilience.story import STAGES, chapter, play, recorded
from tests.resilience.truth import facts, listed_and_not_reached, unlike_the_story, wrong
from tests.resilience.victim import Kill

pytestmark = pytest.mark.slow

SYNC, BUILD = (next(n for n, stage in enumerate(STAGES) if stage.name == name) for name in ("sync", "build"))
ROOMS = (2_000, 100_000, 300_000)
"""Bytes: no database at all; one without all its tables; one that is full in the middle of the walk."""


@pytest.fixture(scope="module")
def origin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Origin]:
    """What every run copies."""
    with prepared(tmp_path_factory.mktemp("origin") / "it") as made:
        yield made


def test_killed_again_and_again_it_ends_as_if_nobody_had(origin: Origin, tmp_path: Path) -> None:
    """From a feed to names in a registry; processes die between an answer and its note, in a build, and just anywhere."""
    with scene(tmp_path / "undisturbed", origin, github=False) as played:
        passages = recorded(played, facts, tmp_path / "kept")
        assert unlike_the_story(passages[-1].facts) == []
        assert wrong(played, passages[-1].facts) == []
    kills = {
        SYNC: (Kill("after CloneRepository.push"), Kill("before Store.save_pull"), Kill(instant=0.3), Kill("after Store.finish")),
        BUILD: (Kill("after Forge.build", 2), Kill("before Registry has a tag", 30), Kill("before Ledger.moved", 2), Kill(instant=0.5)),
    }  # fmt: skip
    for stage, some in kills.items():
        with scene(tmp_path / f"killed-{stage}", origin, github=False, since=passages[stage].before) as played:
            play(played, some, stage, chapter(stage))
            assert played.killed >= 3
            assert wrong(played, passages[chapter(stage)].facts) == []


def test_a_boundary_that_no_run_comes_by_is_told() -> None:
    """A list of boundaries that is not true of the program tries less than it says."""
    passed = [{"before Store.record": 2, "after Store.record": 2}, {"before Builds.add": 1}]
    assert listed_and_not_reached(["Store.record", "Builds.add"], passed) == ["after Builds.add"]


def test_without_room_on_the_disk_it_says_so_and_goes_on_when_there_is_some(origin: Origin, tmp_path: Path) -> None:
    """No file grows beyond a size: each sync ends with an error, not a traceback, and the next one with room loses nothing."""
    with scene(tmp_path / "undisturbed", origin, github=False) as played:
        played.run("sync", "node")
        expected = facts(played)
    with scene(tmp_path / "full", origin, github=False) as played:
        for room in ROOMS:
            assert played.run("sync", "node", room=room) > 0, played.tried[-1]
            assert "Traceback" not in played.tried[-1]
        assert played.passed, f"the last of ROOMS is too small to begin the walk: {played.tried[-1]}"
        assert played.run("sync", "node") == 0, played.tried[-1]
        assert wrong(played, expected) == []
