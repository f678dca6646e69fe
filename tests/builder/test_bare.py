"""The images repository as a folder on this machine."""

from __future__ import annotations

import shutil
from collections.abc import Callable

import pytest

from builder.bare import BareRepository
from builder.fastimport import Identity
from builder.ports import Commit
from state.errors import GitError, StaleLease
from tests.builder.conftest import Place, leave

Bump = Callable[..., Commit]


def bare(place: Place) -> BareRepository:
    """The adapter on the place's repository."""
    return BareRepository(place.bare, identity=Identity(), environment=place.environment)


async def test_a_push_moves_the_branch_from_where_it_is_expected(place: Place, bump: Bump) -> None:
    """It is seen at once; again is no error; from elsewhere it is refused and nothing moves."""
    repository = bare(place)
    await repository.fetch()
    commit = await repository.commit(bump(place.main))
    assert await repository.head("watcher/node/22") is None
    await repository.push("watcher/node/22", commit, None)
    await repository.push("watcher/node/22", commit, None)
    assert await repository.head("watcher/node/22") == commit
    other = await repository.commit(bump(commit))
    with pytest.raises(StaleLease):
        await repository.push("watcher/node/22", other, place.main)
    with pytest.raises(StaleLease):
        await repository.push("watcher/node/22", other, None)
    assert await repository.head("watcher/node/22") == commit


async def test_the_head_is_the_same_however_git_keeps_it(place: Place, bump: Bump) -> None:
    """A reference of its own, one among packed ones, one that names another, and a newer one beside the packed."""
    repository = bare(place)
    one = await repository.commit(bump(place.main))
    await repository.push("x", one, None)
    place.git("symbolic-ref", "refs/heads/also", "refs/heads/x")
    assert [await repository.head("x"), await repository.head("also")] == [one, one]
    place.git("pack-refs", "--all")
    assert not (place.bare / "refs/heads/x").exists()
    assert await repository.head("x") == one
    two = await repository.commit(bump(one, "22.11.2"))
    await repository.push("x", two, one)
    assert [await repository.head("x"), await repository.head("also")] == [two, two]


async def test_it_makes_the_commit_that_a_clone_makes(place: Place, bump: Bump) -> None:
    """The same change is the same commit, whichever way it is made."""
    clone = place.clone()
    await clone.fetch()
    assert await bare(place).commit(bump(place.main)) == await clone.commit(bump(place.main))


async def test_a_folder_that_is_no_repository_is_named(place: Place) -> None:
    """The message says what to do."""
    repository = BareRepository(place.bare.parent / "nowhere", identity=Identity(), environment=place.environment)
    with pytest.raises(GitError, match="watcher init"):
        await repository.fetch()


async def test_only_another_commit_is_a_stale_lease(place: Place, bump: Bump) -> None:
    """A branch in the way, a branch that is gone, a folder that is none: git's reason, and the event stays open."""
    repository = bare(place)
    commit = await repository.commit(bump(place.main))
    place.git("branch", "watcher/node", "main")
    with pytest.raises(GitError, match=r"'refs/heads/watcher/node' exists") as caught:
        await repository.push("watcher/node/22", commit, None)
    assert type(caught.value) is GitError
    place.git("branch", "-D", "watcher/node")
    with pytest.raises(GitError, match="unable to resolve reference") as caught:
        await repository.push("watcher/node/22", commit, place.main)
    assert type(caught.value) is GitError
    shutil.rmtree(place.bare / "refs/heads/watcher")
    (place.bare / "refs/heads/watcher").touch()
    with pytest.raises(GitError, match="non-directory in the way") as caught:
        await repository.push("watcher/node/22", commit, None)
    assert type(caught.value) is GitError
    (place.bare / "refs/heads/watcher").unlink()
    await repository.push("watcher/node/22", commit, None)


async def test_a_push_gets_past_what_a_killed_git_left(place: Place, bump: Bump) -> None:
    """Left locks, of this branch and of what all branches share, go before a push."""
    repository = bare(place)
    commit = await repository.commit(bump(place.main))
    leave(place, "refs/heads/watcher/node/22.lock")
    await repository.push("watcher/node/22", commit, None)
    place.git("pack-refs", "--all")
    leave(place, "packed-refs.lock", "packed-refs.new", "HEAD.lock", "refs/heads/main.lock")
    await repository.push("main", commit, place.main)
    assert [path.name for path in place.bare.rglob("*.lock")] == ["watcher.lock"], "the lock of ours stays"


async def test_what_cannot_be_removed_is_named(place: Place) -> None:
    """A lock that is no file is an error of ours, with its name."""
    (place.bare / "HEAD.lock").mkdir()
    with pytest.raises(GitError, match=r"HEAD\.lock"):
        await bare(place).fetch()


async def test_a_commit_that_is_not_there_is_named(place: Place) -> None:
    """There is nowhere to fetch it from."""
    repository = bare(place)
    for ask in (repository.tree, repository.trailers):
        with pytest.raises(GitError, match=f"images.git has no commit {'1' * 40}"):
            await ask("1" * 40)
    with pytest.raises(GitError, match=f"has no commit {'1' * 40}"):
        await repository.diff(place.main, "1" * 40)
