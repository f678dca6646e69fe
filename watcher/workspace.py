"""A new workspace: settings, the images repository of the embedded forge, and a place for the memory."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping
from datetime import datetime
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path

from builder.fastimport import Identity, init_bare
from generator.catalogue import builtin, load
from generator.plan import rendered
from state.errors import SettingsError
from watcher.config import base_environment


def scaffold(name: str) -> str:
    """A file that a workspace starts with."""
    return files("watcher").joinpath("scaffold", name).read_text()


def examples() -> dict[str, str]:
    """What users of the images may begin with: init systems, and a build in two stages; path → text."""
    top = files("watcher") / "scaffold"
    found: dict[str, str] = {}
    folders = [("examples", top / "examples")]
    while folders:
        above, folder = folders.pop()
        for entry in folder.iterdir():
            path = f"{above}/{entry.name}"
            if entry.is_dir():
                folders.append((path, entry))
            else:
                found[path] = entry.read_text("utf-8")
    return found


def contents(devices: Collection[str] | None, recorded: Mapping[str, str] | None = None) -> dict[str, str]:
    """Everything in a new images repository: path → text.

    :param devices: the device types to have, None for all
    :param recorded: files of the catalogue beside its tables, path → text
    :raises CatalogueError: an unknown device type
    """
    catalogue = {**builtin(devices), **(recorded or {})}
    workflow = scaffold("render.yml").replace("@VERSION@", version("base-image-watcher"))
    return {
        **catalogue,
        **rendered(load({path: text.encode() for path, text in catalogue.items()})),
        "README.md": scaffold("README.md"),
        ".gitattributes": scaffold("gitattributes"),
        ".github/workflows/render.yml": workflow,
        **examples(),
    }


def make(folder: Path, devices: Collection[str] | None, now: datetime) -> int:
    """Make a workspace in *folder*; return how many files its images repository holds. Blocks.

    :raises SettingsError: there is a workspace in it already
    """
    for name in ("watcher.toml", "images.git"):
        if (folder / name).exists():
            raise SettingsError(f"{folder / name} is there already: a workspace is made once")
    made = contents(devices)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "var").mkdir(mode=0o700, exist_ok=True)
    message = "Start the images repository from the built-in catalogue\n"
    asyncio.run(init_bare(folder / "images.git", made, message, now, Identity(), base_environment()))
    # Last, so that a workspace that a crash left half made is not taken for one.
    (folder / "watcher.toml").write_text(scaffold("watcher.toml"))
    return len(made)
