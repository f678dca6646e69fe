"""A dry run: what it would do is written down, and nothing is touched."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from builder.dry import Call, DryForge, DryRepository
from builder.ports import Commit, Forge, Repository
from state.errors import ForgeError
from tests.builder.conftest import WHEN, Place, draft

Bump = Callable[..., Commit]


async def test_a_dry_run_touches_nothing(place: Place, bump: Bump) -> None:
    """The calls of a proposal are written down, in order; the repository is as it was."""
    calls: list[Call] = []
    repository: Repository = DryRepository(place.clone(), calls)
    forge: Forge = DryForge(place.forge(), calls)
    refs = place.git("for-each-ref")
    await repository.fetch()
    main = await repository.head("main")
    assert main == place.main
    name = await repository.commit(bump(main))
    await repository.push("watcher/node/22", name, None)
    pull = await forge.open(draft())
    assert (pull.number, pull.url, pull.standing, pull.labels) == (1, "", "open", ("watcher", "stack/node"))
    assert [str(call) for call in calls] == [
        f"git.commit(branch='watcher/node/22', parent='{main}', message='node: 22.11.0 -> 22.11.1', files=2)",
        f"git.push(branch='watcher/node/22', commit='{name}', expected=None)",
        (
            "forge.open(branch='watcher/node/22', base='main', title='node: 22.11.0 -> 22.11.1', "
            "body='9 characters', labels=('watcher', 'stack/node'))"
        ),
    ]
    assert place.git("for-each-ref") == refs
    assert await repository.commit(bump(main)) == name


async def test_a_made_up_commit_reads_like_the_real_one(place: Place, bump: Bump) -> None:
    """Tree, contents and diff of the dry commit are those that the real one would have."""
    clone = place.clone()
    await clone.fetch()
    dry = DryRepository(clone, [])
    commit = bump(place.main)
    files = {**commit.files, "README.md": None, "catalogue/new.toml": "no line feed"}
    commit = Commit(commit.branch, commit.parent, commit.message, files, WHEN)
    real, made = await clone.commit(commit), await dry.commit(commit)
    assert real != made
    assert dict(await dry.tree(made)) == await clone.tree(real)
    assert dict(await dry.tree(made, "catalogue/")) == await clone.tree(real, "catalogue/")
    paths = [*files, "images/aarch64/Dockerfile", "missing"]
    assert dict(await dry.read(made, paths)) == await clone.read(real, paths)

    def lines(text: str) -> list[str]:
        return [line for line in text.splitlines() if not line.startswith(("index ", "deleted file", "new file"))]

    for chosen in ((), ("catalogue",), ("README.md",)):
        shown, truth = await dry.diff(place.main, made, chosen), await clone.diff(place.main, real, chosen)
        assert [line.split(" @@")[0] for line in lines(shown)] == [line.split(" @@")[0] for line in lines(truth)]
    assert await dry.diff(place.main, real) == await clone.diff(place.main, real)
    assert not await dry.contains(made, "main")
    assert await dry.contains(place.main, "main")
    assert await dry.trailers(place.main) == await dry.trailers(made) == {}


async def test_what_is_there_already_needs_no_call(place: Place, bump: Bump) -> None:
    """An open pull request is returned as it is; only what would change is written down."""
    clone, forge = place.clone(), place.forge()
    await clone.fetch()
    await clone.push("watcher/node/22", await clone.commit(bump(place.main)), None)
    real = await forge.open(draft())
    calls: list[Call] = []
    dry = DryForge(forge, calls)
    assert await dry.open(draft(title="another")) == real
    assert await dry.update(1, draft()) == real
    assert calls == []
    changed = await dry.update(1, draft(title="newer"), "now newer")
    assert changed.title == "newer"
    assert (await dry.close(1, "no")).standing == "closed"
    assert (await dry.merge(1)).standing == "open"
    assert [call.name for call in calls] == ["forge.update", "forge.close", "forge.merge"]
    assert await forge.pull(1) == await dry.pull(1) == await dry.find("watcher/node/22") == real
    assert [pull.number for pull in await dry.pulls()] == [1]
    assert await dry.reopen(1) == real
    assert await dry.pulls(place.now + timedelta(days=1)) == []
    assert len(calls) == 3
    await forge.close(1)
    assert (await dry.reopen(1)).standing == "open"
    assert str(calls.pop()) == "forge.reopen(number=1)"
    assert (await dry.close(1)).standing == (await dry.merge(1)).standing == "closed"
    assert len(calls) == 3
    await forge.reopen(1)
    await forge.merge(1)
    with pytest.raises(ForgeError, match="is merged"):
        await dry.reopen(1)


async def test_whether_branches_merge_is_asked_for_real(place: Place, bump: Bump) -> None:
    """Nothing is written down of a question."""
    clone = place.clone()
    await clone.fetch()
    name = await clone.commit(bump(place.main))
    await clone.push("watcher/node/22", name, None)
    calls: list[Call] = []
    assert await DryRepository(clone, calls).merges_cleanly("watcher/node/22", "main")
    assert calls == []
