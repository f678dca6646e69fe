"""Imports a tree of the original layout: reads its Dockerfiles, and writes what was carried over."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from generator.carried import Carried
from generator.carry import Import
from generator.catalogue import builtin, dump_release, load, release_path
from generator.matrix import ROOT
from generator.rows import Catalogue
from state.errors import SettingsError
from watcher import family, workspace
from watcher.progress import Count, Progress, unheard

_MOST = 256 * 1024
"""Bytes of a Dockerfile that are read: the original's largest has 9 KiB."""


def catalogue(out: Path | None) -> Catalogue:
    """Return what an import compares with: the catalogue of the checkout *out* if it is one, else the built-in one."""
    found = family.checkout(out) if out else None
    return found or load({path: text.encode() for path, text in builtin().items()})


def read(tree: Path, rows: Catalogue, progress: Progress = unheard) -> Carried:
    """Read every Dockerfile below *tree*, or below its folder ``balena-base-images``.

    :raises SettingsError: there is none
    """
    top = tree / ROOT if (tree / ROOT).is_dir() else tree
    job = Import(rows)
    files = list(_dockerfiles(top))
    counted = Count(progress, "Dockerfiles read", len(files))
    for file in files:
        path = file.relative_to(top).as_posix()
        if file.is_symlink():
            job.skip(path, "is a symbolic link, which is not followed")
        else:
            job.take(path, partial(_text, file))
        counted.add()
    carried = job.result()
    if not carried.read:
        raise SettingsError(
            f"{tree}: no Dockerfile of the original layout, <arch>/<distro>/<version>/<variant>, is there"
        )
    return carried


def is_new(out: Path) -> bool:
    """Whether *out* is to become an images repository: it is no checkout of one."""
    return not (out / "catalogue" / "family.toml").is_file()


def write(out: Path, carried: Carried) -> int:
    """Write what was carried over; return how many files that are.

    Into a checkout of an images repository only the releases; else a new images repository, everything generated.
    :raises SettingsError: *out* holds something else
    """
    files = {release_path(r.source, r.line): dump_release(r) for r in carried.releases}
    if is_new(out):
        if out.exists() and any(out.iterdir()):
            raise SettingsError(f"{out}: is neither empty nor a checkout of an images repository")
        files = workspace.contents(carried.devices, files)
    for path, text in files.items():
        (out / path).parent.mkdir(parents=True, exist_ok=True)
        (out / path).write_text(text)
    return len(files)


def _dockerfiles(top: Path) -> Iterator[Path]:
    """Yield the Dockerfiles below *top* by name; links to folders are not entered."""
    for folder, folders, names in os.walk(top):
        folders.sort()
        if "Dockerfile" in names:
            yield Path(folder, "Dockerfile")


def _text(file: Path) -> str:
    with file.open("rb") as opened:
        return opened.read(_MOST).decode(errors="replace")
