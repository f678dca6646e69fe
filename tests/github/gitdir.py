"""The bare repository: git asked in a process, objects and refs moved by git itself."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

ISOLATED = {
    "PATH": os.defpath + ":/usr/local/bin",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_AUTHOR_NAME": "GitHub",
    "GIT_AUTHOR_EMAIL": "noreply@github.com",
    "GIT_COMMITTER_NAME": "GitHub",
    "GIT_COMMITTER_EMAIL": "noreply@github.com",
    "LC_ALL": "C",
    "TZ": "UTC",
}


class GitRefused(Exception):
    """git ended with an error; the text is what it said."""


@dataclass(frozen=True)
class GitDir:
    """A bare repository at ``path``; made where there is none."""

    path: Path

    def __post_init__(self) -> None:
        if not (self.path / "HEAD").exists():
            self.path.mkdir(parents=True, exist_ok=True)
            self("init", "--bare", "--quiet", "--initial-branch=main")

    def __call__(self, *arguments: str, data: bytes = b"", env: Mapping[str, str] | None = None) -> str:
        """What git prints, without the last line feed; GitRefused if it fails."""
        return self.raw(*arguments, data=data, env=env).decode(errors="replace").removesuffix("\n")

    def raw(self, *arguments: str, data: bytes = b"", env: Mapping[str, str] | None = None) -> bytes:
        """What git prints, as it is."""
        command = ["git", f"--git-dir={self.path}", *arguments]
        done = subprocess.run(command, input=data, capture_output=True, check=False, env={**ISOLATED, **(env or {})})
        if done.returncode:
            raise GitRefused(f"git {arguments[0]}: {done.stderr.decode(errors='replace').strip()}")
        return done.stdout

    def ok(self, *arguments: str) -> bool:
        """Whether git says yes."""
        try:
            self.raw(*arguments)
        except GitRefused:
            return False
        return True

    def refs(self) -> dict[str, str]:
        """Branches and tags by their full name."""
        shown = self("for-each-ref", "--format=%(refname) %(objectname)", "refs/heads/", "refs/tags/")
        return dict(line.split(" ") for line in shown.splitlines() if " " in line)

    def head_branch(self) -> str:
        """The branch that HEAD names."""
        return self("symbolic-ref", "--short", "HEAD")

    def commit(self, name: str) -> str | None:
        """The commit that *name* (a branch, a tag, a sha or its beginning) stands for."""
        if not name or name.startswith("-"):
            return None
        for candidate in (f"refs/heads/{name}", f"refs/tags/{name}", name):
            try:
                return self("rev-parse", "--quiet", "--verify", f"{candidate}^{{commit}}")
            except GitRefused:
                continue
        return None

    def is_ancestor(self, one: str, other: str) -> bool:
        """Whether *other* descends from *one*, or is it."""
        return self.ok("merge-base", "--is-ancestor", one, other)

    def merge_base(self, one: str, other: str) -> str | None:
        """The newest commit that both descend from."""
        try:
            return self("merge-base", one, other)
        except GitRefused:
            return None

    def move(self, ref: str, new: str | None, old: str | None = None) -> None:
        """Set a ref, or delete it; with *old* only if it is there."""
        if new is None:
            self("update-ref", "-d", ref, *([old] if old else []))
        else:
            self("update-ref", ref, new, *([old] if old is not None else []))

    def merged_tree(self, base: str, head: str) -> str | None:
        """The tree that merging the two makes, by ``git merge-tree``; None where they conflict."""
        return _merged_tree(self, base, head)

    def commit_tree(
        self, tree: str, parents: list[str], message: str, author: Mapping[str, str] | None = None, at: str = ""
    ) -> str:
        """Write a commit; *author* has name, email and date, the committer is GitHub at *at*."""
        env = {"GIT_COMMITTER_DATE": at} if at else {}
        for key in ("name", "email", "date"):
            if author and author.get(key):
                env[f"GIT_AUTHOR_{key.upper()}"] = author[key]
        if at and "GIT_AUTHOR_DATE" not in env:
            env["GIT_AUTHOR_DATE"] = at
        sides = [text for parent in parents for text in ("-p", parent)]
        return self("commit-tree", tree, *sides, "-F", "-", data=message.encode(), env=env)


@lru_cache(maxsize=1024)
def _merged_tree(git: GitDir, base: str, head: str) -> str | None:
    try:
        return git("merge-tree", "--write-tree", base, head).splitlines()[0]
    except GitRefused:
        return None
