"""The embedded forge: what GitHub would do, on a bare repository alone."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from datetime import datetime, timedelta, timezone

import pytest

from builder.ports import Commit, Forge
from state.errors import ForgeError, MergeConflict
from tests.builder.conftest import WHEN, Place, draft, leave

Bump = Callable[..., Commit]
BRANCH = "watcher/node/22"


async def pushed(place: Place, commit: Commit) -> str:
    """Push *commit* as the watcher does; return its name."""
    clone = place.clone()
    await clone.fetch()
    name = await clone.commit(commit)
    await clone.push(commit.branch, name, await clone.head(commit.branch))
    return name


async def test_a_pull_request_is_opened_once(place: Place, bump: Bump) -> None:
    """Opening again returns the open one; it says what the draft said, with the branch's tip as its head."""
    forge: Forge = place.forge()
    head = await pushed(place, bump(place.main))
    one = await forge.open(draft())
    assert (one.number, one.standing, one.head, one.merge_commit) == (1, "open", head, None)
    assert (one.body, one.labels) == ("the body\n", ("watcher", "stack/node"))
    assert one.url == f"{place.bare.as_uri()}#1"
    assert await forge.open(draft(title="another")) == one
    assert await forge.pull(1) == one
    assert await forge.find(BRANCH) == one
    assert await forge.find("watcher/node/24") is None
    with pytest.raises(ForgeError, match="no pull request 2"):
        await forge.pull(2)


async def test_the_head_follows_the_branch(place: Place, bump: Bump) -> None:
    """A later push is the open pull request's head at once; of several, the last touched comes first."""
    forge = place.forge()
    await pushed(place, bump(place.main))
    await pushed(place, bump(place.main, "24.1.0", "watcher/node/24"))
    await forge.open(draft())
    await forge.open(draft("watcher/node/24", "node 24"))
    two = await pushed(place, bump(place.main, "22.11.2"))
    assert [(p.number, p.head == two) for p in await forge.pulls()] == [(2, False), (1, True)]
    await forge.update(1, draft(title="node: 22.11.0 -> 22.11.2"))
    assert [p.number for p in await forge.pulls()] == [1, 2]


async def test_an_update_says_what_changed(place: Place, bump: Bump) -> None:
    """Title, body and labels follow the draft, people's labels stay, and the history keeps what was."""
    forge = place.forge()
    await pushed(place, bump(place.main))
    await forge.open(draft(labels=("watcher", "partial-release")))
    await forge.update(1, draft(labels=("watcher:hold",)))
    newer = draft(title="newer", body="new body", labels=("watcher", "security"), without=("partial-release",))
    after = await forge.update(1, newer, "now 22.11.2")
    assert (after.title, after.body) == ("newer", "new body")
    assert after.labels == ("watcher", "watcher:hold", "security")
    assert "now 22.11.2" in place.git("show", "refs/watcher/pulls/1:pull.json")
    before = place.git("rev-parse", "refs/watcher/pulls/1")
    assert await forge.update(1, newer) == after
    assert place.git("rev-parse", "refs/watcher/pulls/1") == before, "nothing to write, nothing written"
    assert place.git("show", "refs/watcher/pulls/1~2:body.md") == "the body"


async def test_many_at_once_open_one(place: Place, bump: Bump) -> None:
    """Two watchers that open for the same branches at once make one pull request each, numbers without a gap."""
    forges = [place.forge(), place.forge()]
    branches = [f"watcher/node/{line}" for line in (20, 22, 24)]
    for branch in branches:
        await pushed(place, bump(place.main, branch[-2:] + ".1.0", branch))
    opened = await asyncio.gather(*(forge.open(draft(branch)) for branch in branches for forge in forges * 2))
    assert {pull.number for pull in opened} == {1, 2, 3}
    assert sorted((p.number, p.branch) for p in await forges[0].pulls()) == sorted(
        {(p.number, p.branch) for p in opened}
    )
    said = await asyncio.gather(*(forges[n % 2].update(1, draft(branches[0]), f"comment {n}") for n in range(6)))
    assert len(said) == 6
    record = place.git("show", "refs/watcher/pulls/1:pull.json")
    assert all(f"comment {n}" in record for n in range(6)), "no update is lost"


async def test_a_merge_is_a_real_one(place: Place, bump: Bump) -> None:
    """Two branches that touch different files both merge; trailers are kept, branches go, heads stay."""
    forge = place.forge()
    heads = [
        await pushed(place, bump(place.main)),
        await pushed(place, Commit("watcher/x", place.main, "x\n", {"README.md": "x\n"}, WHEN)),
    ]
    await forge.open(draft())
    await forge.open(draft("watcher/x", "x"))
    one, two = await forge.merge(1), await forge.merge(2)
    assert (one.standing, one.head, two.head) == ("merged", *heads)
    assert await forge.merge(1) == await forge.pull(1) == one
    assert place.git("show", "main:README.md") == "x"
    assert "22.11.1" in place.git("show", "main:images/amd64/Dockerfile")
    assert place.git("rev-parse", "main") == two.merge_commit
    assert place.git("rev-parse", "main^", "main^2", "main^^2").split() == [one.merge_commit, heads[1], heads[0]]
    assert place.git("log", "-1", "--format=%B", str(one.merge_commit)) == (
        "Merge pull request #1: node: 22.11.0 -> 22.11.1\n\nWatcher-Key: node/22\nWatcher-Release: 22.11.1"
    )
    assert place.git("for-each-ref", "refs/heads/watcher") == ""
    assert place.git("rev-parse", "refs/pull/1/head") == heads[0]
    place.git("fsck", "--strict", "--no-dangling")


async def test_a_conflict_is_told_and_changes_nothing(place: Place, bump: Bump) -> None:
    """A pull request that does not merge stays open; the message names the file."""
    forge = place.forge()
    await pushed(place, bump(place.main))
    await forge.open(draft())
    main = place.by_hand("main", "catalogue/releases/node/22.json", '{"version": "99"}\n')
    with pytest.raises(MergeConflict, match=r"catalogue/releases/node/22\.json$"):
        await forge.merge(1)
    assert place.git("rev-parse", "main") == main
    assert (await forge.pull(1)).standing == "open"


async def test_a_merge_waits_for_nobody_and_loses_nothing(
    place: Place, bump: Bump, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A push to main between reading and writing makes the merge start over on the new main."""
    forge = place.forge()
    await pushed(place, bump(place.main))
    await forge.open(draft())
    pushes = iter(["one\n", "two\n"])
    tick = place.tick

    def meanwhile() -> object:
        if text := next(pushes, None):
            place.by_hand("main", "README.md", text)
        return tick()

    monkeypatch.setattr(forge, "_now", meanwhile)
    merged = await forge.merge(1)
    assert place.git("show", f"{merged.merge_commit}:README.md") == "two"
    assert "22.11.1" in place.git("show", "main:images/amd64/Dockerfile")


async def test_closed_and_reopened(place: Place, bump: Bump) -> None:
    """A closed one stays closed, is not found, keeps its head without its branch, and can be opened again."""
    forge = place.forge()
    head = await pushed(place, bump(place.main))
    await forge.open(draft())
    closed = await forge.close(1, "not this version")
    assert closed.standing == "closed"
    assert await forge.close(1) == closed
    assert await forge.find(BRANCH) is None
    with pytest.raises(ForgeError, match="closed"):
        await forge.merge(1)
    place.git("update-ref", "-d", f"refs/heads/{BRANCH}")
    again = await forge.reopen(1)
    assert (again.standing, again.head) == ("open", head)
    assert place.git("rev-parse", BRANCH) == head
    await forge.close(1)
    assert (await forge.open(draft())).number == 2
    with pytest.raises(ForgeError, match="pull request 2 is open"):
        await forge.reopen(1)


async def test_what_people_do_with_plain_git_is_noticed(place: Place, bump: Bump) -> None:
    """A branch merged by hand is merged; one that was deleted, or put back to main, is closed."""
    forge = place.forge()
    branches = [f"watcher/node/{line}" for line in (20, 22, 24)]
    for branch in branches:
        commit = bump(place.main, "1.0", branch)
        await pushed(place, Commit(branch, place.main, commit.message, {f"{branch[-2:]}.txt": "x\n"}, WHEN))
        await forge.open(draft(branch))
    work = place.bare.parent / "work"
    place.git("clone", "--quiet", str(place.bare), str(work))
    place.git("merge", "--quiet", "--no-ff", "-m", "by hand", "origin/watcher/node/20", at=work)
    merge = place.git("rev-parse", "HEAD", at=work)
    place.git("commit", "--quiet", "--allow-empty", "-m", "later", at=work)
    place.git("push", "--quiet", "origin", "main", ":watcher/node/22", f"+{merge}:refs/heads/watcher/node/24", at=work)
    found = {p.branch: p for p in await forge.pulls()}
    assert (found[branches[0]].standing, found[branches[0]].merge_commit) == ("merged", merge)
    assert [found[branch].standing for branch in branches[1:]] == ["closed", "closed"]
    assert await forge.pulls() == list(await forge.pulls())


async def test_nothing_to_propose_is_an_error(place: Place) -> None:
    """A branch that is not there, or brings nothing, cannot be opened; neither can one on a base that is not there."""
    forge = place.forge()
    with pytest.raises(ForgeError, match="no branch watcher/node/22"):
        await forge.open(draft())
    place.git("branch", BRANCH, "main")
    with pytest.raises(ForgeError, match="brings nothing"):
        await forge.open(draft())
    with pytest.raises(ForgeError, match="no branch trunk"):
        await forge.open(draft(base="trunk"))
    assert await forge.pulls() == []


async def test_a_lock_that_a_crash_left_is_no_obstacle(place: Place, bump: Bump) -> None:
    """Git's own locks on the forge's refs go with the next call."""
    forge = place.forge()
    await pushed(place, bump(place.main))
    leave(place, "refs/watcher/pulls/1.lock", "refs/pull/1/head.lock")
    assert (await forge.open(draft())).number == 1
    place.git("pack-refs", "--all")
    leave(
        place, "refs/heads/main.lock", "HEAD.lock", f"refs/heads/{BRANCH}.lock", "packed-refs.lock", "packed-refs.new"
    )
    assert (await forge.merge(1)).standing == "merged"
    assert place.git("for-each-ref", "refs/heads/watcher") == ""


async def test_what_was_not_touched_since_is_left_out(place: Place, bump: Bump) -> None:
    """The moment itself counts; no moment means all."""
    forge = place.forge()
    for branch in (BRANCH, "watcher/node/24"):
        await pushed(place, bump(place.main, f"{branch[-2:]}.99", branch))
        await forge.open(draft(branch))
    record = json.loads(place.git("show", "refs/watcher/pulls/2:pull.json"))
    later = datetime.fromisoformat(record["updated_at"])
    assert [p.number for p in await forge.pulls(later)] == [2]
    assert [p.number for p in await forge.pulls(later.astimezone(timezone(timedelta(hours=9))))] == [2]
    await forge.close(1)
    assert [p.number for p in await forge.pulls(later)] == [1, 2]
    assert await forge.pulls(place.now + timedelta(days=1)) == []
    assert len(await forge.pulls()) == 2


async def test_a_merge_cut_short_is_finished(place: Place, bump: Bump) -> None:
    """Main moved, but a crash kept the record from saying so: the next look finds the merge, and cleans up."""
    forge = place.forge()
    await pushed(place, bump(place.main))
    await forge.open(draft())
    record, head = place.git("rev-parse", "refs/watcher/pulls/1", BRANCH).split()
    merged = await forge.merge(1)
    place.git("update-ref", "refs/watcher/pulls/1", record)
    place.git("update-ref", f"refs/heads/{BRANCH}", head)
    again = await forge.merge(1)
    assert (again.standing, again.merge_commit, again.head) == ("merged", merged.merge_commit, head)
    assert place.git("for-each-ref", "refs/heads/watcher") == ""


async def test_no_repository_is_said_plainly(place: Place) -> None:
    """A missing repository, or a record that somebody broke, is a ForgeError."""
    forge = place.forge()
    blob = place.git("hash-object", "-w", "--stdin", data="not json")
    tree = place.git("mktree", data=f"100644 blob {blob}\tpull.json\n")
    place.git("update-ref", "refs/watcher/pulls/1", place.git("commit-tree", tree, "-m", "x"))
    with pytest.raises(ForgeError, match="cannot be read"):
        await forge.pulls()
    place.bare.rename(place.bare.with_name("elsewhere"))
    with pytest.raises(ForgeError, match="watcher init"):
        await forge.pulls()
