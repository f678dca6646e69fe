"""A stamp of the last render of a checkout: what it was made from, and what came of it.

Rendering is a function of the catalogue and of this program, so a tree that is as the last render left it, from the same
catalogue and by the same program, needs no other. Every file is still read: an edit never hides. The stamp is in
the checkout's ``.git`` folder, where it is neither committed nor cloned; ``watcher render --check`` does not look at it.
"""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path

from generator.plan import GENERATED

_NAME = "watcher-render"
_CATALOGUE = ("catalogue/",)
_PART = 1 << 18
"""Bytes asked for at once: more than any file here has, so one read is all; a regular file gives less only at its end."""


def holds(folder: Path) -> int | None:
    """Return how many generated files *folder* has, if all are as the last render left them; else None."""
    stamp = _file(folder)
    if stamp is None or not stamp.is_file():
        return None
    paths = sorted(walk(folder, GENERATED))
    now = _digest(_inputs(folder), ((path, content(folder, path)) for path in paths))
    return len(paths) if stamp.read_text().strip() == now else None


def keep(folder: Path, made: Mapping[str, str]) -> None:
    """Note that *folder* now holds *made*, from its catalogue as it is; a folder without ``.git`` keeps no stamp."""
    stamp = _file(folder)
    if stamp is not None:
        rows = ((path, made[path].encode()) for path in sorted(made))
        stamp.write_text(f"{_digest(_inputs(folder), rows)}\n")


def walk(folder: Path, prefixes: Iterable[str]) -> Iterator[str]:
    """Yield the path of every file below *prefixes* (which end in a slash) of *folder*, as git writes paths."""
    for prefix in prefixes:
        left = [prefix]
        while left:
            above = left.pop()
            try:
                entries = os.scandir(f"{folder}/{above}")
            except FileNotFoundError:
                continue
            with entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        left.append(f"{above}{entry.name}/")
                    else:
                        yield above + entry.name


def content(folder: Path, path: str) -> bytes:
    """Return the bytes of a file of *folder*."""
    file = os.open(f"{folder}/{path}", os.O_RDONLY)  # thousands: a Path, or a file object, costs as much again
    try:
        data = part = os.read(file, _PART)
        while len(part) == _PART:
            part = os.read(file, _PART)
            data += part
        return data
    finally:
        os.close(file)


def _file(folder: Path) -> Path | None:
    git = folder / ".git"
    return git / _NAME if git.is_dir() else None


def _inputs(folder: Path) -> str:
    """A digest of the catalogue as it is, and of the program."""
    return _digest(_program(), ((path, content(folder, path)) for path in sorted(walk(folder, _CATALOGUE))))


@cache
def _program() -> str:
    """A digest of everything that renders: this package's code and templates, the template engine and the language."""
    found = []
    for package in ("generator", "state"):
        top = Path(str(files(package)))
        found += [(f"{package}/{path}", content(top, path)) for path in walk(top, [""]) if "__pycache__" not in path]
    return _digest(f"{sys.version} jinja2 {version('jinja2')}", sorted(found))


def _digest(start: str, rows: Iterable[tuple[str, bytes]]) -> str:
    """One digest over paths and contents; lengths stand between, so that nothing can be read in two ways."""
    made = hashlib.sha256(start.encode())
    for path, data in rows:
        made.update(b"\0%d %d %s\0" % (len(path), len(data), path.encode(errors="surrogateescape")))
        made.update(data)
    return made.hexdigest()
