"""Commits without a work tree: the stream that ``git fast-import`` reads, and a repository made of one."""

from __future__ import annotations

import asyncio
import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from builder.process import GitProcess, object_name
from state.errors import GitError

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_FORBIDDEN = frozenset({"", ".", "..", ".git"})
# the watcher rewrites and drops its branches
_SERVED = {"receive.denyNonFastForwards": "false", "receive.denyDeletes": "false"}


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a commit is by."""

    name: str = "Base image watcher"
    email: str = "watcher@localhost"

    def __post_init__(self) -> None:
        """Refuse what would break a commit's header."""
        if any(_CONTROL.search(text) or set(text) & set("<>") or not text for text in (self.name, self.email)):
            raise ValueError(f"not a name and an address: {self.name!r} {self.email!r}")

    def stamp(self, when: datetime) -> str:
        """Return the identity and *when* (aware; whole seconds, told in UTC), as git writes them."""
        if when.tzinfo is None:
            raise ValueError("a commit's time needs a time zone")
        return f"{self.name} <{self.email}> {int(when.timestamp())} +0000"


def check_path(path: str) -> str:
    """Return *path* if a commit may hold it: relative, plain parts, no control characters; GitError otherwise."""
    parts = path.split("/")
    if _CONTROL.search(path) or "\\" in path or any(part.lower() in _FORBIDDEN for part in parts):
        raise GitError(f"not a path of the images repository: {path!r}")
    try:
        path.encode()
    except UnicodeEncodeError:
        raise GitError(f"not a path of the images repository: {path!r}") from None
    return path


def make_commit(
    git: GitProcess, ref: str, files: Mapping[str, str | None], message: str, stamp: str, parent: str | None
) -> str:
    """Write the commit and point *ref* at it, whatever that was; return its name.

    *files* maps path → text, None = removed, on top of *parent*'s (None: a first commit). A file that *parent* has
    as executable stays that.
    """
    executable = _executable(git, parent) if parent is not None else frozenset()
    chunks = list(_stream(ref, files, message, stamp, parent, executable))
    answer = git.feed("fast-import", "--quiet", "--force", "--done", data=b"".join(chunks))
    return object_name(answer.text)


def _executable(git: GitProcess, commit: str) -> frozenset[str]:
    """The paths of *commit* that may be run."""
    listed = git.feed("ls-tree", "-r", "-z", "--full-tree", object_name(commit)).out.decode(errors="replace")
    return frozenset(entry.partition("\t")[2] for entry in listed.split("\0") if entry.startswith("100755 "))


def _stream(
    ref: str,
    files: Mapping[str, str | None],
    message: str,
    stamp: str,
    parent: str | None,
    executable: frozenset[str],
) -> Iterator[bytes]:
    yield f"commit {ref}\nmark :1\nauthor {stamp}\ncommitter {stamp}\n".encode() + _data(message)
    if parent is not None:
        yield f"from {object_name(parent)}\n".encode()
    for path, text in sorted(files.items()):
        quoted = '"' + check_path(path).replace('"', '\\"') + '"'
        mode = "100755" if path in executable else "100644"
        yield f"D {quoted}\n".encode() if text is None else f"M {mode} inline {quoted}\n".encode() + _data(text)
    yield b"get-mark :1\ndone\n"


def _data(text: str) -> bytes:
    body = text.encode()
    return b"data %d\n%s\n" % (len(body), body)


async def init_bare(
    path: Path,
    files: Mapping[str, str],
    message: str,
    when: datetime,
    identity: Identity,
    environment: Mapping[str, str],
) -> str:
    """Make a bare repository at *path* whose ``main`` holds *files*; return the commit's name.

    It appears whole or not at all. :raises GitError: there is something at *path* already
    """
    return await asyncio.to_thread(_init_bare, path, files, message, identity.stamp(when), environment)


def _init_bare(path: Path, files: Mapping[str, str], message: str, stamp: str, environment: Mapping[str, str]) -> str:
    new = path.with_name(f".{path.name}.new")
    with GitProcess(new, new.with_name(f"{new.name}.lock"), environment).alone() as git:
        if path.exists():
            raise GitError(f"{path} exists already")
        empty_bare(git, _SERVED)
        name = make_commit(git, "refs/heads/main", files, message, stamp, None)
        new.rename(path)
        git.lock.unlink()
    return name


def empty_bare(git: GitProcess, settings: Mapping[str, str]) -> None:
    """Make an empty bare repository with *settings* in its configuration, in place of a half-made one."""
    shutil.rmtree(git.directory, ignore_errors=True)
    git.directory.parent.mkdir(parents=True, exist_ok=True)
    git.ask("init", "--bare", "--quiet", "--initial-branch=main", "--template=")
    # what a crash of the machine may not take back: packs, loose objects, refs
    for key, value in {"core.fsync": "committed", "core.fsyncMethod": "batch", **settings}.items():
        git.ask("config", key, value)
