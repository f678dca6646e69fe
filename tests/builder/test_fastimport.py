"""A new repository: whole or not there, the same for the same input."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import pytest

from builder.fastimport import Identity, init_bare
from builder.ports import Commit
from state.errors import GitError
from tests.builder.conftest import FILES, WHEN, Place


async def test_a_new_repository_holds_its_files(place: Place, environment: Mapping[str, str], tmp_path: Path) -> None:
    """Main has the files and nothing else; the same input makes the same commit; nothing is left beside it."""
    made = tmp_path / "new/deep.git"
    assert await init_bare(made, FILES, "images: begin\n", WHEN, Identity(), environment) == place.main
    assert place.git("ls-tree", "-r", "--name-only", "main", at=made).splitlines() == sorted(FILES)
    assert place.git("symbolic-ref", "HEAD", at=made) == "refs/heads/main"
    assert place.git("show", "main:README.md", at=made) == "images"
    assert [path.name for path in made.parent.iterdir()] == ["deep.git"]
    place.git("fsck", "--strict", at=made)


async def test_nothing_is_overwritten_and_a_half_is_made_anew(
    place: Place, environment: Mapping[str, str], tmp_path: Path
) -> None:
    """What is there stays; what a crash left beside it, or a file that cannot be, does not get in the way."""
    with pytest.raises(GitError, match="exists already"):
        await init_bare(place.bare, {"x": "y"}, "x\n", WHEN, Identity(), environment)
    assert place.git("rev-parse", "main") == place.main
    fresh = tmp_path / "fresh.git"
    with pytest.raises(GitError, match="not a path"):
        await init_bare(fresh, {"../x": "y"}, "x\n", WHEN, Identity(), environment)
    assert not fresh.exists()
    assert await init_bare(fresh, FILES, "images: begin\n", WHEN, Identity(), environment) == place.main


async def test_people_may_rewrite_branches(place: Place) -> None:
    """A forced push to the new repository is taken."""
    place.by_hand("topic", "README.md", "one\n")
    place.git("push", "--quiet", "--force", str(place.bare), f"{place.main}:refs/heads/topic")
    assert place.git("rev-parse", "topic") == place.main


def test_an_identity_cannot_break_a_commit() -> None:
    """Name and address have no brackets or line feeds; a time says where."""
    for name, email in (("a<b", "x"), ("a", "x>"), ("a\nb", "x"), ("", "x")):
        with pytest.raises(ValueError, match="not a name"):
            Identity(name, email)
    with pytest.raises(ValueError, match="time zone"):
        Identity().stamp(datetime(2026, 1, 1))  # noqa: DTZ001  (what is refused)
    assert Identity("A", "b@c").stamp(WHEN) == f"A <b@c> {int(WHEN.timestamp())} +0000"


async def test_an_executable_file_stays_one(place: Place) -> None:
    """A commit keeps the mode that a path has on its parent; a new path, and a link, becomes a plain file."""
    clone = place.clone()
    blob = place.git("rev-parse", "main:README.md")
    modes = {"run me.sh": "100755", "plain": "100644", "link": "120000"}
    tree = place.git("mktree", data="".join(f"{mode} blob {blob}\t{name}\n" for name, mode in modes.items()))
    root = place.git("commit-tree", tree, "-m", "modes", "-p", place.main)
    place.git("update-ref", "refs/heads/main", root)
    await clone.fetch()
    commit = Commit("watcher/x", root, "x\n", dict.fromkeys([*modes, "fresh"], "new\n"), WHEN)
    await clone.push("watcher/x", await clone.commit(commit), None)
    listed = place.git("ls-tree", "--format=%(objectmode) %(path)", "watcher/x").splitlines()
    assert listed == ["100644 fresh", "100644 link", "100644 plain", "100755 run me.sh"]
