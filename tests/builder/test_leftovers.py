"""What a killed git left: removed at once where only we write, and only once it was seen to stay where others do."""

from __future__ import annotations

import os
import threading
import time

import pytest

from builder import leftovers
from builder.process import GitProcess
from tests.builder.conftest import Place, leave

BRANCH_LOCK = "refs/heads/watcher/node/22.lock"


@pytest.fixture
def git(place: Place) -> GitProcess:
    """Git on the place's repository."""
    return GitProcess(place.bare, place.bare / "watcher.lock", place.environment)


def test_a_lock_that_somebody_holds_is_waited_for(
    place: Place, git: GitProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that goes by itself is waited for, and one that another took in its place is not touched."""
    monkeypatch.setattr(leftovers, "_PATIENCE", 5.0)
    leave(place, BRANCH_LOCK, "refs/heads/main.lock")
    began = time.monotonic()

    def work() -> None:
        time.sleep(0.2)
        (place.bare / BRANCH_LOCK).unlink()
        (place.bare / "refs/heads/main.lock.new").write_text("another's")
        (place.bare / "refs/heads/main.lock.new").rename(place.bare / "refs/heads/main.lock")

    person = threading.Thread(target=work)
    person.start()
    leftovers.clear_shared(git)
    person.join()
    assert 0.2 <= time.monotonic() - began < 3
    assert (place.bare / "refs/heads/main.lock").read_text() == "another's"


def test_a_repository_without_locks_is_not_waited_for(
    place: Place, git: GitProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor are locks on what only we move."""
    monkeypatch.setattr(leftovers, "_PATIENCE", 5.0)
    leave(place, "refs/watcher/scratch.lock", "refs/pull/1/head.lock")
    began = time.monotonic()
    leftovers.clear_shared(git)
    assert time.monotonic() - began < 1
    assert not list(place.bare.glob("refs/**/*.lock"))


def test_what_is_others_stays(place: Place, git: GitProcess) -> None:
    """Locks of people's branches, packs that somebody is writing and settings are not ours to clear."""
    theirs = (
        "refs/heads/feature.lock",
        "refs/tags/v1.lock",
        "config.lock",
        "watcher.lock",
        "objects/pack/tmp_pack_new",
    )
    ours = ("fast_import_crash_1", "objects/pack/tmp_pack_old", "refs/heads/main.lock", BRANCH_LOCK)
    leave(place, *theirs, *ours)
    os.utime(place.bare / "objects/pack/tmp_pack_old", (time.time() - 4000,) * 2)
    leftovers.clear_shared(git)
    assert [name for name in theirs if not (place.bare / name).exists()] == []
    assert [name for name in ours if (place.bare / name).exists()] == []


def test_the_default_branch_is_that_of_head(place: Place, git: GitProcess) -> None:
    """It may have another name than main."""
    place.git("symbolic-ref", "HEAD", "refs/heads/trunk")
    leave(place, "refs/heads/trunk.lock")
    leftovers.clear_shared(git)
    assert not (place.bare / "refs/heads/trunk.lock").exists()
