"""The images repository as a folder on this machine."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from builder.bare import BareRepository
from builder.fastimport import Identity
from builder.ports import Commit
from state.errors import GitError, StaleLease
from tests.builder.conftest import Place

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


async def test_it_makes_the_commit_that_a_clone_makes(place: Place, bump: Bump) -> None:
    """The same change is the same commit, whichever way it is made."""
    clone = place.clone()
    await clone.fetch()
    assert await bare(place).commit(bump(place.main)) == await clone.commit(bump(place.main))


async def test_a_branch_is_deleted_only_where_it_is_expected(place: Place, bump: Bump) -> None:
    """Deleting what is gone is fine; deleting what moved is refused."""
    repository = bare(place)
    commit = await repository.commit(bump(place.main))
    await repository.push("watcher/node/22", commit, None)
    with pytest.raises(GitError):
        await repository.delete("watcher/node/22", place.main)
    await repository.delete("watcher/node/22", commit)
    await repository.delete("watcher/node/22", commit)
    assert await repository.head("watcher/node/22") is None


async def test_a_folder_that_is_no_repository_is_named(place: Place) -> None:
    """The message says what to do."""
    repository = BareRepository(place.bare.parent / "nowhere", identity=Identity(), environment=place.environment)
    with pytest.raises(GitError, match="watcher init"):
        await repository.fetch()
