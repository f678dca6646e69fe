"""The clone: what it reads, commits and pushes, and how it gets over a crash."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from builder.fastimport import Identity
from builder.git import CloneRepository
from builder.ports import Commit, Repository
from state.errors import GitError, StaleLease
from tests.builder.conftest import FILES, WHEN, Place, leave

Bump = Callable[..., Commit]


async def test_a_clone_reads_what_the_remote_has(place: Place) -> None:
    """Tree and contents of a commit are those that were put in; a missing path is left out."""
    clone: Repository = place.clone()
    await clone.fetch()
    main = await clone.head("main")
    assert main == place.main
    assert set(await clone.tree(main)) == set(FILES)
    assert set(await clone.tree(main, "catalogue/")) == {p for p in FILES if p.startswith("catalogue/")}
    assert await clone.tree(main, "nowhere") == {}
    blob = (await clone.tree(main, "README.md/"[:-1])).get("README.md")
    assert blob is None, "a prefix is a folder"
    assert await clone.read(main, ["README.md", "missing", "catalogue", "images/amd64/Dockerfile"]) == {
        "README.md": b"images\n",
        "images/amd64/Dockerfile": FILES["images/amd64/Dockerfile"].encode(),
    }
    assert await clone.head("watcher/node/22") is None


async def test_a_commit_made_twice_is_the_same_commit(place: Place, bump: Bump) -> None:
    """Name, author and dates follow from the arguments alone, in any clone."""
    names = set()
    for name in ("one", "two"):
        clone = place.clone(name)
        await clone.fetch()
        names |= {await clone.commit(bump(place.main)), await clone.commit(bump(place.main))}
    assert len(names) == 1
    await clone.push("watcher/node/22", names.pop(), None)
    assert place.git("log", "-1", "--format=%an %ae %at %ct", "watcher/node/22") == (
        f"Base image watcher watcher@localhost {int(WHEN.timestamp())} {int(WHEN.timestamp())}"
    )


async def test_only_the_changed_files_change(place: Place, bump: Bump) -> None:
    """A commit keeps what it does not name, and removes what it maps to None."""
    clone = place.clone()
    await clone.fetch()
    one = await clone.commit(bump(place.main))
    two = await clone.commit(Commit("watcher/x", one, "drop\n", {"README.md": None, "näme \"q'": "é\n"}, WHEN))
    before, after = await clone.tree(place.main), await clone.tree(two)
    assert set(after) == (set(before) - {"README.md"}) | {"näme \"q'"}
    assert after["images/aarch64/Dockerfile"] == before["images/aarch64/Dockerfile"]
    assert (await clone.read(two, ["näme \"q'"])) == {"näme \"q'": "é\n".encode()}
    text = await clone.diff(place.main, one, ["catalogue"])
    assert '+{"version": "22.11.1"}' in text
    assert "Dockerfile" not in text


@pytest.mark.parametrize(
    "path",
    [
        "/etc/passwd",
        "../up",
        "a/../../b",
        ".git/config",
        "a/.GIT/hooks/x",
        "a//b",
        "",
        "a\nM 100644 b",
        "a\\b",
        "./a",
        "\udc80",
    ],
)
async def test_a_hostile_path_is_refused(place: Place, path: str) -> None:
    """No path leaves the tree, reaches git's own folder, or speaks to fast-import."""
    clone = place.clone()
    await clone.fetch()
    with pytest.raises(GitError, match="not a path"):
        await clone.commit(Commit("watcher/x", place.main, "x\n", {path: "x"}, WHEN))
    with pytest.raises(GitError):
        await clone.read(place.main, [path])


async def test_what_looks_like_an_option_is_refused(place: Place) -> None:
    """Commit names are whole object names before they become arguments."""
    clone = place.clone()
    await clone.fetch()
    for name in ("--output=/tmp/x", "HEAD", "", place.main[:12]):
        with pytest.raises(GitError, match="not a full object name"):
            await clone.diff(name, place.main)
        with pytest.raises(GitError, match="not a full object name"):
            await clone.push("watcher/x", name, None)


async def test_a_push_holds_the_lease(place: Place, bump: Bump) -> None:
    """A branch that somebody else moved is never overwritten; the same push again is no error."""
    clone = place.clone()
    await clone.fetch()
    one = await clone.commit(bump(place.main))
    await clone.push("watcher/node/22", one, None)
    await clone.push("watcher/node/22", one, None)
    assert await clone.head("watcher/node/22") == one
    theirs = place.by_hand("watcher/node/22", "README.md", "edited\n")
    two = await clone.commit(bump(place.main, "22.11.2"))
    for expected in (one, None):
        with pytest.raises(StaleLease, match="somebody else"):
            await clone.push("watcher/node/22", two, expected)
    assert place.git("rev-parse", "watcher/node/22") == theirs
    await clone.fetch()
    assert await clone.head("watcher/node/22") == theirs
    await clone.push("watcher/node/22", two, theirs)
    assert place.git("rev-parse", "watcher/node/22") == two


async def test_a_refusal_is_stale_only_if_the_branch_moved(place: Place, bump: Bump) -> None:
    """A lock left at the remote, or a branch in the way, is an error with the remote's reason."""
    clone, behind = place.clone(), place.clone("behind")
    await clone.fetch()
    await behind.fetch()
    one = await clone.commit(bump(place.main))
    leave(place, "refs/heads/watcher/node/22.lock")
    with pytest.raises(GitError, match=r"watcher/node/22: .*(File exists|already exists)") as caught:
        await clone.push("watcher/node/22", one, None)
    assert type(caught.value) is GitError
    (place.bare / "refs/heads/watcher/node/22.lock").unlink()
    place.git("branch", "watcher/node", "main")
    with pytest.raises(GitError, match="watcher/node/22: ") as caught:
        await clone.push("watcher/node/22", one, None)
    assert type(caught.value) is GitError
    place.git("branch", "-D", "watcher/node")
    await clone.push("watcher/node/22", one, None)
    place.git("update-ref", "-d", "refs/heads/watcher/node/22")
    two = await clone.commit(bump(place.main, "22.11.2"))
    with pytest.raises(GitError, match="stale info") as caught:
        await clone.push("watcher/node/22", two, one)
    assert type(caught.value) is GitError, "nobody's work is there to be kept"
    await clone.fetch()
    await clone.push("watcher/node/22", two, None)
    await behind.commit(bump(place.main, "22.11.2"))
    await behind.push("watcher/node/22", two, None)


async def test_a_closed_branch_can_still_be_compared(place: Place, bump: Bump) -> None:
    """A commit that no branch holds any more is fetched by its name."""
    clone, late = place.clone(), place.clone("late")
    await clone.fetch()
    one = await clone.commit(bump(place.main))
    await clone.push("watcher/node/22", one, None)
    place.git("update-ref", "-d", "refs/heads/watcher/node/22")
    await late.fetch()
    assert "22.11.1" in await late.diff(place.main, one)
    with pytest.raises(GitError):
        await late.tree("0" * 39 + "1")


async def test_trailers_and_reachability(place: Place, bump: Bump) -> None:
    """A commit's trailers are read in order; it is in a branch once that holds it."""
    clone = place.clone()
    await clone.fetch()
    commit = bump(place.main)
    one = await clone.commit(Commit(commit.branch, place.main, commit.message + "Watcher-Key: two\n", {}, WHEN))
    assert await clone.trailers(one) == {"Watcher-Key": ["node/22", "two"], "Watcher-Release": ["22.11.1"]}
    assert await clone.trailers(place.main) == {}
    assert not await clone.contains(one, "main")
    await clone.push("main", one, place.main)
    assert await clone.contains(one, "main")
    assert not await clone.contains("1" * 40, "main")
    assert not await clone.contains(one, "nowhere")


async def test_conflicts_are_foreseen(place: Place, bump: Bump) -> None:
    """A branch merges while the base moved elsewhere, and no longer when the base moved there."""
    clone = place.clone()
    await clone.fetch()
    await clone.push("watcher/node/22", await clone.commit(bump(place.main)), None)
    place.by_hand("main", "README.md", "moved\n")
    await clone.fetch()
    assert await clone.merges_cleanly("watcher/node/22", "main")
    place.by_hand("main", "catalogue/releases/node/22.json", '{"version": "99"}\n')
    await clone.fetch()
    assert not await clone.merges_cleanly("watcher/node/22", "main")


async def test_a_clone_that_a_crash_left_is_repaired(place: Place) -> None:
    """Stale locks, a half-made clone, a lost object, another remote: the next fetch sees to it."""
    clone = place.clone()
    await clone.fetch()
    folder = place.bare.parent / "clone"
    for lock in ("packed-refs.lock", "packed-refs.new", "config.lock", "refs/remotes/origin/main.lock"):
        (folder / lock).touch()
    moved = place.by_hand("main", "README.md", "moved\n")
    await clone.fetch()
    assert await clone.head("main") == moved
    half = place.bare.parent / "clone.new"
    half.mkdir()
    (half / "HEAD").write_text("half")
    for pack in (folder / "objects").glob("**/*"):
        if pack.is_file():
            pack.unlink()
    await clone.fetch()
    assert set(await clone.tree(moved)) == set(FILES)
    assert not half.exists()
    (folder / "config").write_text("")
    await clone.fetch()
    assert await clone.head("main") == moved


async def test_a_folder_of_somebody_else_is_left_alone(place: Place) -> None:
    """What the watcher did not make it does not replace."""
    (place.bare.parent / "clone").mkdir()
    (place.bare.parent / "clone/thesis.txt").write_text("precious")
    with pytest.raises(GitError, match="move it away"):
        await place.clone().fetch()
    assert (place.bare.parent / "clone/thesis.txt").read_text() == "precious"


async def test_a_killed_fast_import_leaves_a_healthy_clone(place: Place, bump: Bump, tmp_path: Path) -> None:
    """Killed in the middle of its input, git leaves nothing that the next try trips over."""
    clone = place.clone()
    await clone.fetch()
    shim = tmp_path / "bin/git"
    shim.parent.mkdir()
    real = place.environment["PATH"].split(":")[0] + "/git"
    shim.write_text(
        "#!/bin/sh\n"
        f'case "$*" in *fast-import*) ;; *) exec {real} "$@";; esac\n'
        f'head -c 300 > "$0.begun"; mkfifo "$0.pipe"; {real} "$@" < "$0.pipe" & exec 4> "$0.pipe"\n'
        'cat "$0.begun" >&4; sleep 0.2; kill -9 $!; wait $!\n'
    )
    shim.chmod(0o755)
    broken = CloneRepository(
        tmp_path / "clone",
        str(place.bare),
        identity=Identity(),
        environment={**place.environment, "PATH": f"{shim.parent}:{place.environment['PATH']}"},
    )
    with pytest.raises(GitError, match=r"Killed|exit code 137"):  # not every sh says that it was
        await broken.commit(bump(place.main))
    one = await clone.commit(bump(place.main))
    await clone.fetch()
    assert "22.11.1" in await clone.diff(place.main, one)
    place.git("fsck", "--strict", at=tmp_path / "clone")


async def test_one_clone_serves_many_at_once(place: Place) -> None:
    """Two watchers that share a clone take turns, and no commit is lost."""
    one, two = place.clone(), place.clone()
    await asyncio.gather(one.fetch(), two.fetch())
    commits = [Commit(f"watcher/n/{n}", place.main, f"{n}\n", {f"f{n}": "x"}, WHEN) for n in range(6)]
    names = await asyncio.gather(*((one, two)[n % 2].commit(c) for n, c in enumerate(commits)))
    await asyncio.gather(*((one, two)[n % 2].push(c.branch, names[n], None) for n, c in enumerate(commits)))
    heads = place.git("for-each-ref", "--format=%(objectname)", "refs/heads/watcher").split()
    assert sorted(heads) == sorted(names)


async def test_settings_of_the_machine_are_not_seen(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A person's aliases, hooks and signing keys do not reach the watcher's git."""
    (tmp_path / ".gitconfig").write_text('[diff]\n\tmnemonicPrefix = true\n[core]\n\thooksPath = "/nonexistent"\n')
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("GIT_DIR", "/nonexistent")
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", "diff.noprefix")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", "true")
    clone = place.clone()
    await clone.fetch()
    one = await clone.commit(Commit("watcher/x", place.main, "x\n", {"README.md": "y\n"}, WHEN))
    assert "--- a/README.md" in await clone.diff(place.main, one)
