"""One pull request's life on npm's emulate, a stateful GitHub API that none of us wrote: ``make test-emulate``.

What it merged is compared with what the embedded forge makes of the same branches.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from builder.fastimport import Identity, init_bare
from builder.git import CloneRepository
from builder.github import GitHubForge
from builder.local_forge import LocalForge
from builder.ports import Commit, Draft
from state.errors import ForgeError
from tests.emulate.conftest import TOKEN, git, mirror

WHEN = datetime(2026, 8, 1, 12, tzinfo=UTC)
FILES = {
    "catalogue/releases/node/22.json": "22.11.0\n",
    "images/amd64/Dockerfile": "FROM debian\n",
    "README.md": "images\n",
}
BRANCH = "watcher/node/22"
ENVIRONMENT = {"PATH": os.defpath + ":/usr/local/bin"}


async def test_a_pull_request_lives_and_is_merged(api: httpx.Client, tmp_path: Path) -> None:
    """Open, again, update, list, merge, read back; the merged tree is the one that the embedded forge makes."""
    bare = tmp_path / "images.git"
    main = await init_bare(bare, FILES, "images: begin\n", WHEN, Identity(), ENVIRONMENT)
    clone = CloneRepository(tmp_path / "clone", str(bare), identity=Identity(), environment=ENVIRONMENT)
    await clone.fetch()
    files = {
        "catalogue/releases/node/22.json": "22.11.1\n",
        "images/amd64/Dockerfile": "FROM debian\nENV NODE=22.11.1\n",
    }
    message = "node: 22.11.0 -> 22.11.1\n\nWatcher-Key: node/22\n"
    head = await clone.commit(Commit(BRANCH, main, message, files, WHEN))
    await clone.push(BRANCH, head, None)
    for branch in ("main", BRANCH):
        mirror(api, bare, branch)

    forge = GitHubForge("owner/images", TOKEN, base_url=str(api.base_url), pause=0)
    draft = Draft(BRANCH, "main", "node: 22.11.0 -> 22.11.1", "| old | new |\n", ("watcher", "partial-release"))
    opened = await forge.open(draft)
    assert (opened.standing, opened.branch, opened.body) == ("open", BRANCH, "| old | new |\n")
    # GitHub refuses a second one of the same branch, which emulate does not: that is left to tests/builder.
    assert await forge.find(BRANCH) == opened
    newer = Draft(BRANCH, "main", "node: 22.11.0 -> 22.11.2", "newer\n", ("watcher", "security"), ("partial-release",))
    updated = await forge.update(opened.number, newer, "now 22.11.2")
    assert (updated.number, updated.title, updated.body) == (opened.number, newer.title, newer.body)
    assert set(updated.labels) == {"watcher", "security"}
    assert [(p.number, p.standing) for p in await forge.pulls()] == [(opened.number, "open")]
    said = api.get(f"/repos/owner/images/issues/{opened.number}/comments").json()
    assert [comment["body"] for comment in said] == ["now 22.11.2"]

    merged = await forge.merge(opened.number)
    assert merged.standing == "merged"
    assert await forge.merge(opened.number) == await forge.pull(opened.number) == merged
    assert await forge.find(BRANCH) is None
    assert api.get(f"/repos/owner/images/git/ref/heads/{BRANCH}").status_code == 404
    commit = api.get(f"/repos/owner/images/git/commits/{merged.merge_commit}").json()
    assert [parent["sha"] for parent in commit["parents"]] == [main, head]

    local = LocalForge(bare, identity=Identity(), now=lambda: WHEN, environment=ENVIRONMENT)
    ours = await local.merge((await local.open(newer)).number)
    assert commit["tree"]["sha"] == git(bare, "rev-parse", f"{ours.merge_commit}^{{tree}}")
    assert commit["message"].splitlines()[0].split(": ", 1)[1] == newer.title
    print(f"pull request {merged.number}: {merged.url} merged as {merged.merge_commit}")


async def test_a_closed_one_is_not_found(api: httpx.Client) -> None:
    """Closed is not merged and not open; a repository that is not there is told in words.

    emulate opens pull requests for branches that are not there, takes any token and merges conflicts, so
    those refusals are left to tests/builder.
    """
    forge = GitHubForge("owner/images", TOKEN, base_url=str(api.base_url), pause=0)
    main = api.get("/repos/owner/images/git/ref/heads/main").json()["object"]["sha"]
    api.post("/repos/owner/images/git/refs", json={"ref": "refs/heads/watcher/x", "sha": main}).raise_for_status()
    opened = await forge.open(Draft("watcher/x", "main", "x", "x"))
    assert (await forge.close(opened.number, "not this one")).standing == "closed"
    assert (await forge.pull(opened.number)).standing == "closed"
    assert await forge.find("watcher/x") is None
    with pytest.raises(ForgeError, match="not found") as caught:
        await GitHubForge("owner/nothing", TOKEN, base_url=str(api.base_url), pause=0).pulls()
    assert TOKEN not in str(caught.value)
