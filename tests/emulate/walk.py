"""One pull request's life on npm's emulate, a stateful GitHub API that none of us wrote: ``make test-emulate``.

It has no git transport, so what was pushed to a real repository is mirrored through its git data API, and what
it merged is compared with what the embedded forge makes of the same branches. Needs npm and its registry; the
two packages go to a folder of the user's cache.
"""

from __future__ import annotations

import base64
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from builder.fastimport import Identity, init_bare
from builder.git import CloneRepository
from builder.github import GitHubForge
from builder.local_forge import LocalForge
from builder.ports import Commit, Draft
from state.errors import ForgeError

PACKAGES = ("emulate@0.12.2", "node@24")
TOKEN = "ghp_walk"
WHEN = datetime(2026, 8, 1, 12, tzinfo=UTC)
FILES = {
    "catalogue/releases/node/22.json": "22.11.0\n",
    "images/amd64/Dockerfile": "FROM debian\n",
    "README.md": "images\n",
}
BRANCH = "watcher/node/22"
ENVIRONMENT = {"PATH": os.defpath + ":/usr/local/bin"}


@pytest.fixture(scope="session")
def api() -> Iterator[httpx.Client]:
    """Emulate's GitHub with an empty repository ``owner/images``, and a client of its API."""
    folder = Path("~/.cache/base-image-watcher/emulate").expanduser()
    installed = folder / "node_modules/emulate/package.json"
    if not installed.exists() or json.loads(installed.read_text())["version"] != "0.12.2":
        folder.mkdir(parents=True, exist_ok=True)
        npm = shutil.which("npm")
        assert npm, "npm is not installed"
        subprocess.run([npm, "install", "--no-audit", "--no-fund", "--no-save", *PACKAGES], cwd=folder, check=True)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    seed = folder / f"seed-{os.getpid()}.json"
    seed.write_text(
        json.dumps(
            {
                "tokens": {TOKEN: {"login": "owner", "scopes": ["repo"]}},
                "github": {
                    "users": [{"login": "owner", "name": "Owner", "email": "owner@example.org"}],
                    "repos": [{"owner": "owner", "name": "images", "auto_init": True}],
                },
            }
        )
    )
    program = [folder / "node_modules/.bin/node", folder / "node_modules/emulate/dist/index.js"]
    arguments = ["start", "--service", "github", "--port", str(port), "--seed", str(seed)]
    process = subprocess.Popen([*map(str, program), *arguments], stdout=subprocess.DEVNULL, stderr=sys.stderr)
    client = httpx.Client(base_url=f"http://localhost:{port}", headers={"Authorization": f"token {TOKEN}"})
    try:
        _wait(client)
        yield client
    finally:
        client.close()
        process.terminate()
        process.wait()
        seed.unlink()


def _wait(client: httpx.Client) -> None:
    for _ in range(100):
        try:
            if client.get("/repos/owner/images").status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    pytest.fail("emulate did not start")


def _git(bare: Path, *arguments: str) -> str:
    return subprocess.run(
        ["git", f"--git-dir={bare}", *arguments], capture_output=True, text=True, check=True
    ).stdout.strip()


def mirror(api: httpx.Client, bare: Path, branch: str) -> None:
    """Bring what *branch* holds, with its history, into emulate; every object has the name that git gave it."""

    def post(kind: str, document: Mapping[str, Any]) -> str:
        answer = api.post(f"/repos/owner/images/git/{kind}", json=document)
        assert answer.status_code == 201, answer.text
        return str(answer.json().get("sha", ""))

    for commit in _git(bare, "rev-list", "--reverse", branch).splitlines():
        if api.get(f"/repos/owner/images/git/commits/{commit}").status_code == 200:
            continue
        entries = []
        for line in _git(bare, "ls-tree", "-r", commit).splitlines():
            mode, kind, rest = line.split(" ", 2)
            sha, path = rest.split("\t")
            body = subprocess.run(
                ["git", f"--git-dir={bare}", "cat-file", "blob", sha], capture_output=True, check=True
            )
            assert post("blobs", {"content": base64.b64encode(body.stdout).decode(), "encoding": "base64"}) == sha
            entries.append({"path": path, "mode": mode, "type": kind, "sha": sha})
        tree = post("trees", {"tree": entries})
        assert tree == _git(bare, "rev-parse", f"{commit}^{{tree}}")
        name, email, at = _git(bare, "log", "-1", "--format=%an%n%ae%n%aI", commit).splitlines()
        who = {"name": name, "email": email, "date": at}
        parents = _git(bare, "log", "-1", "--format=%P", commit).split()
        message = _git(bare, "log", "-1", "--format=%B", commit)
        document = {"message": message, "tree": tree, "parents": parents, "author": who, "committer": who}
        post("commits", document)
    head = _git(bare, "rev-parse", branch)
    there = api.patch(f"/repos/owner/images/git/refs/heads/{branch}", json={"sha": head, "force": True})
    if there.status_code != 200:
        post("refs", {"ref": f"refs/heads/{branch}", "sha": head})


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
    assert commit["tree"]["sha"] == _git(bare, "rev-parse", f"{ours.merge_commit}^{{tree}}")
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
