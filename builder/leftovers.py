"""What a killed git leaves in a bare repository, and when it may be taken away.

git locks a reference by making a file beside it, and does not ask whether its maker lives: one that was left refuses
every later write. All of this is called under :meth:`builder.process.GitProcess.alone`: no git of ours is writing.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

from builder.process import GitProcess
from state.errors import GitError

_IN_A_CLONE = (
    "*.lock",
    "packed-refs.new",
    "refs/**/*.lock",
    "objects/info/**/*.lock",
    "objects/pack/tmp_*",
    "fast_import_crash_*",
)
# a living git holds a reference for milliseconds, and itself waits for packed-refs a second at the most
_PATIENCE = 2.0
# `git gc` of a person writes packs for minutes, and keeps touching them
_FORSAKEN = 3600.0


def clear_clone(git: GitProcess) -> None:
    """Remove all of it from a clone that only we write to."""
    for pattern in _IN_A_CLONE:
        for path in git.directory.glob(pattern):
            path.unlink(missing_ok=True)


def clear_shared(git: GitProcess) -> None:
    """Remove it from the images repository itself, where people may be pushing at this moment.

    Of the branches, the watcher's and the default one are looked at. A lock that others could hold goes once it
    was seen to stay for two seconds. :raises GitError: it may not be removed
    """
    try:
        for path in _own(git.directory):
            path.unlink(missing_ok=True)
        _wait_and_remove({path: made for path in _others(git.directory) if (made := _made(path))})
    except OSError as error:
        raise GitError(f"what a killed git left cannot be removed: {error}") from None


def _own(place: Path) -> Iterator[Path]:
    """What nobody but us makes, or has touched for long."""
    for folder in ("refs/watcher", "refs/pull"):
        yield from _locks(place / folder)
    yield from place.glob("fast_import_crash_*")
    for pack in place.glob("objects/pack/tmp_*"):
        made = _made(pack)
        if made and time.time() - made[1] / 1e9 > _FORSAKEN:
            yield pack


def _others(place: Path) -> Iterator[Path]:
    """Locks that a person's git takes too. Who moves the branch of HEAD locks HEAD with it."""
    yield from _locks(place / "refs/heads/watcher")
    head = (place / "HEAD").read_text(errors="replace").removeprefix("ref: ").strip()
    default = (f"{head}.lock",) if head.startswith("refs/heads/") else ()
    yield from (place / name for name in (*default, "HEAD.lock", "packed-refs.lock", "packed-refs.new"))


def _locks(folder: Path) -> Iterator[Path]:
    for place, _, names in os.walk(folder):  # a glob trips over a folder that git removes meanwhile
        yield from (Path(place, name) for name in names if name.endswith(".lock"))


def _wait_and_remove(seen: dict[Path, tuple[int, int]]) -> None:
    until = time.monotonic() + _PATIENCE
    for path, made in seen.items():
        while _made(path) == made and time.monotonic() < until:
            time.sleep(0.02)
        if _made(path) == made:
            path.unlink(missing_ok=True)


def _made(path: Path) -> tuple[int, int] | None:
    """What tells a file from a later one of its name: inode and time (ns); None if it is gone."""
    try:
        stat = path.stat()
    except FileNotFoundError:
        return None
    return stat.st_ino, stat.st_mtime_ns
