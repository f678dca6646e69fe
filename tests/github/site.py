"""What the tests of this GitHub share: a hub over a small repository, a client of its API, and git as people use it."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tests.github.gitdir import ISOLATED
from tests.github.hub import Access, Hub
from tests.github.server import serving

ROOT = "/repos/owner/images"
TOKEN = "ghp_0123456789"
PROTECTED = {
    "required_status_checks": None,
    "enforce_admins": None,
    "required_pull_request_reviews": None,
    "restrictions": None,
}
"""What a rule of branch protection says at least."""


@dataclass
class Site:
    """A served hub; ``api`` asks it as the owner, below the repository where a path does not begin with ``//``."""

    hub: Hub
    api: httpx.Client
    folder: Path
    closing: ExitStack

    def ask(self, verb: str, path: str, said: Any = None, *, code: int = 200, **headers: str) -> Any:
        """Ask, hold the status against *code*, and return the document."""
        found = self.answer(verb, path, said, code=code, **headers)
        return found.json() if found.content else None

    def answer(self, verb: str, path: str, said: Any = None, *, code: int = 200, **headers: str) -> httpx.Response:
        """The same with status and headers. ``Header_Name`` stands for ``Header-Name``."""
        url = path.removeprefix("/") if path.startswith("//") else f"{ROOT}/{path}".rstrip("/")
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        found = self.api.request(verb, url, json=said, headers=named)
        assert found.status_code == code, found.text
        return found

    def status(self, verb: str, path: str, said: Any = None, **headers: str) -> int:
        """Only the status."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.api.request(verb, f"{ROOT}/{path}".rstrip("/"), json=said, headers=named).status_code

    def as_somebody(self, login: str, rights: Mapping[str, str] | None = None) -> Site:
        """The same, asked with a token of *login*'s that has these rights; None is all."""
        if not self.hub.tokens:
            self.hub.tokens[TOKEN] = Access("owner")
        self.hub.tokens[f"ghp_{login}"] = Access(login, rights)
        client = httpx.Client(base_url=self.hub.api, headers={"Authorization": f"token ghp_{login}"})
        return Site(self.hub, self.closing.enter_context(client), self.folder, self.closing)

    def git(self, *arguments: str, at: Path | None = None, ok: bool = True, token: str = TOKEN) -> str:
        """What git says, as a person who signs in with *token*."""
        settings = {"GIT_AUTHOR_NAME": "A Person", "GIT_AUTHOR_EMAIL": "person@example.org"}
        askpass = self.folder / "askpass"
        askpass.write_text(f"#!/bin/sh\ncase $1 in User*) echo x-access-token;; *) echo {token};; esac\n")
        askpass.chmod(0o700)
        done = subprocess.run(
            ["git", *arguments],
            cwd=at or self.folder,
            env={**ISOLATED, **settings, "GIT_ASKPASS": str(askpass), "HOME": str(self.folder)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert not ok or done.returncode == 0, done.stderr
        return (done.stdout + done.stderr).strip()

    @property
    def remote(self) -> str:
        """The address that git clones."""
        return f"{self.hub.api}/{self.hub.repo.full_name}.git"

    def branch(self, name: str, files: Mapping[str, str], onto: str = "main") -> str:
        """Commit *files* on top of *onto* as *name* through git itself, and return the commit."""
        work = self.folder / "work"
        shutil.rmtree(work, ignore_errors=True)
        self.git("clone", "--quiet", "--branch", onto, self.remote, str(work))
        if name != onto:
            self.git("checkout", "--quiet", "-b", name, at=work)
        for path, text in files.items():
            (work / path).parent.mkdir(parents=True, exist_ok=True)
            (work / path).write_text(text)
        self.git("add", ".", at=work)
        self.git("commit", "--quiet", "-m", f"{name}: change {', '.join(files)}", at=work)
        self.git("push", "--quiet", "origin", f"HEAD:{name}", at=work)
        return self.git("rev-parse", "HEAD", at=work)

    def commit(self, branch: str, text: str = "new\n", onto: str = "main", path: str = "a") -> str:
        """The same as :meth:`branch` for one file, straight in the repository; the hub sees it at its next call."""
        git = self.hub.git
        entry = f"100644 blob {git('hash-object', '-w', '--stdin', data=text.encode())}\t{path}\n"
        kept = [line for line in git("ls-tree", onto).splitlines() if not line.endswith(f"\t{path}")]
        tree = git("mktree", data="".join(f"{line}\n" for line in kept).encode() + entry.encode())
        made = git.commit_tree(tree, [git("rev-parse", onto)], f"{branch}: {path}\n", at="2026-08-01T13:00:00Z")
        git.move(f"refs/heads/{branch}", made)
        return made

    def pull(self, branch: str = "topic", path: str = "a", text: str = "topic\n") -> Any:
        """A branch with one commit, and its pull request."""
        self.branch(branch, {path: text})
        return self.ask("POST", "pulls", {"head": branch, "base": "main", "title": branch, "body": "why"}, code=201)


@contextmanager
def site(folder: Path, **settings: Any) -> Iterator[Site]:
    """Serve a repository that has one commit of the file ``a`` until the end of the block."""
    hub = Hub(folder / "images.git", **settings)
    tree = hub.git("mktree", data=f"100644 blob {hub.git('hash-object', '-w', '--stdin', data=b'one')}\ta\n".encode())
    hub.git.move("refs/heads/main", hub.git.commit_tree(tree, [], "begin\n", at="2026-08-01T12:00:00Z"))
    hub.refs = hub.git.refs()
    with serving(hub), ExitStack() as closing:
        client = httpx.Client(base_url=hub.api, headers={"Authorization": f"token {TOKEN}"})
        yield Site(hub, closing.enter_context(client), folder, closing)
