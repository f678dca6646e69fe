"""The generated files of a checkout of the images repository: generated = f(catalogue, templates).

Nothing of a workspace is needed here, and so nothing of it is imported: a render that finds nothing to change is over in
the time that it takes to read the files. :mod:`watcher.refresh` does the same to the workspace's own images repository.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from generator.catalogue import load
from generator.plan import GENERATED, rendered
from watcher import stamp, two_cores


def read_checkout(folder: Path) -> dict[str, str]:
    """Path → text of the catalogue and of all generated files in a checkout; ends of lines are as they are there."""
    found = stamp.walk(folder, ("catalogue/", *GENERATED))
    return {path: stamp.content(folder, path).decode(errors="surrogateescape") for path in found}


def bring_up(folder: Path) -> tuple[int, int]:
    """Bring a checkout up to its catalogue; return how many files are generated, and how many that changed.

    :raises CatalogueError: the catalogue says something impossible
    """
    if (same := stamp.holds(folder)) is not None:
        return same, 0
    found = read_checkout(folder)
    made = generated(found)
    changed = write(folder, found, made)
    stamp.keep(folder, made)
    return len(made), changed


def generated(found: Mapping[str, str]) -> dict[str, str]:
    """What the catalogue in *found* says; CatalogueError where it is wrong."""
    catalogue = {p: t.encode(errors="surrogateescape") for p, t in found.items() if p.startswith("catalogue/")}
    return rendered(load(catalogue), two_cores.beside)


def differences(found: Mapping[str, str], made: Mapping[str, str]) -> list[tuple[str, str]]:
    """Path and what is wrong with it, for every generated file that is not as it should be."""
    wrong = [(p, "differs" if p in found else "is missing") for p, text in made.items() if found.get(p) != text]
    wrong += [(p, "nothing generates it") for p in found if p.startswith(GENERATED) and p not in made]
    return sorted(wrong)


def write(folder: Path, found: Mapping[str, str], made: Mapping[str, str]) -> int:
    """Bring *folder* to what was made; return how many files that changed. Equal files keep their times."""
    wrong = differences(found, made)
    there: set[str] = set()
    for path, _ in wrong:
        if path in made:
            _put(f"{folder}/{path}", made[path].encode(), there)
        else:
            (folder / path).unlink()
    return len(wrong)


def _put(target: str, data: bytes, there: set[str]) -> None:
    """Write a file; *there* are the folders that are known to be. Thousands are written: a Path or a file object costs as much again."""
    above = target.rpartition("/")[0]
    if above not in there:
        os.makedirs(above, exist_ok=True)  # noqa: PTH103
        there.add(above)
    file = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o666)
    try:
        while data:
            data = data[os.write(file, data) :]
    finally:
        os.close(file)
