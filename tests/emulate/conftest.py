"""npm's emulate, started for the tests, and what a push to a real repository brings into it.

It has no git transport: what was pushed goes through its git data API, where every object has the name that git gave it.
Needs npm and its registry; the two packages go to a folder of the user's cache.
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
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

PACKAGES = ("emulate@0.12.2", "node@24")
TOKEN = "ghp_walk"
FAMILY = "owner/family"
"""The repository of the whole walk; ``owner/images`` is that of the adapter's."""


@pytest.fixture(scope="session")
def api() -> Iterator[httpx.Client]:
    """Emulate's GitHub with two empty repositories, and a client of its API."""
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
                    "repos": [{"owner": "owner", "name": name, "auto_init": True} for name in ("images", "family")],
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


def git(bare: Path, *arguments: str) -> str:
    """Ask a repository."""
    return subprocess.run(
        ["git", f"--git-dir={bare}", *arguments], capture_output=True, text=True, check=True
    ).stdout.strip()


def mirror(api: httpx.Client, bare: Path, branch: str, repository: str = "owner/images") -> None:
    """Bring what *branch* holds, with its history, into emulate."""
    there = {
        commit
        for commit in git(bare, "rev-list", branch).splitlines()
        if api.get(f"/repos/{repository}/git/commits/{commit}").status_code == 200
    }
    known: set[str] = set()
    for commit in git(bare, "rev-list", "--reverse", branch).splitlines():
        if commit in there:
            known |= {line.split()[2] for line in git(bare, "ls-tree", "-r", commit).splitlines()}
        else:
            _commit(api, bare, commit, repository, known)
    head = git(bare, "rev-parse", branch)
    moved = api.patch(f"/repos/{repository}/git/refs/heads/{branch}", json={"sha": head, "force": True})
    if moved.status_code != 200:
        post(api, repository, "refs", {"ref": f"refs/heads/{branch}", "sha": head})


def _commit(api: httpx.Client, bare: Path, commit: str, repository: str, known: set[str]) -> None:
    """Bring one commit, and of its files those that are not *known* there."""
    entries = []
    for line in git(bare, "ls-tree", "-r", commit).splitlines():
        mode, kind, rest = line.split(" ", 2)
        sha, path = rest.split("\t")
        if sha not in known:
            command = ["git", f"--git-dir={bare}", "cat-file", "blob", sha]
            body = subprocess.run(command, capture_output=True, check=True).stdout
            text = {"content": base64.b64encode(body).decode(), "encoding": "base64"}
            assert post(api, repository, "blobs", text) == sha
            known.add(sha)
        entries.append({"path": path, "mode": mode, "type": kind, "sha": sha})
    tree = post(api, repository, "trees", {"tree": entries})
    assert tree == git(bare, "rev-parse", f"{commit}^{{tree}}")
    name, email, at = git(bare, "log", "-1", "--format=%an%n%ae%n%aI", commit).splitlines()
    who = {"name": name, "email": email, "date": at}
    parents = git(bare, "log", "-1", "--format=%P", commit).split()
    message = git(bare, "log", "-1", "--format=%B", commit)
    document = {"message": message, "tree": tree, "parents": parents, "author": who, "committer": who}
    post(api, repository, "commits", document)


def post(api: httpx.Client, repository: str, kind: str, document: Mapping[str, Any]) -> str:
    """Make an object of git, and return its name."""
    answer = api.post(f"/repos/{repository}/git/{kind}", json=document)
    assert answer.status_code == 201, answer.text
    return str(answer.json().get("sha", ""))


def bring_back(api: httpx.Client, bare: Path, branch: str, repository: str) -> str:
    """Let *branch* be here what emulate made of it by merging: of a commit whose files are here already."""
    sha = str(api.get(f"/repos/{repository}/git/ref/heads/{branch}").json()["object"]["sha"])
    told = api.get(f"/repos/{repository}/git/commits/{sha}").json()
    lines = [f"tree {told['tree']['sha']}", *(f"parent {parent['sha']}" for parent in told["parents"])]
    for role in ("author", "committer"):
        who = told[role]
        lines.append(
            f"{role} {who['name']} <{who['email']}> {int(datetime.fromisoformat(who['date']).timestamp())} +0000"
        )
    commit = "\n".join([*lines, "", told["message"].rstrip("\n"), ""])
    command = ["git", f"--git-dir={bare}", "hash-object", "-t", "commit", "-w", "--stdin"]
    made = subprocess.run(command, input=commit, capture_output=True, text=True, check=True).stdout.strip()
    assert made == sha, "emulate names objects as git does"
    git(bare, "update-ref", f"refs/heads/{branch}", made)
    return made
