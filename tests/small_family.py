"""A small family of images: Debian trixie on few architectures, a device or two; enough of it to build."""

from __future__ import annotations

import subprocess
from collections.abc import Collection
from pathlib import Path
from typing import Any

import tomlkit

from generator.catalogue import load
from generator.plan import rendered
from tests.world import World

DEVICES = """
[classes.generic-amd64]
title = "Generic x86_64"
arch = "amd64"
layer = "generic"
generic = true

[classes.up-board]
title = "UP Board"
arch = "amd64"
layer = "generic"

[classes.up-board.distros]
debian = ["trixie"]

[classes.up-board.packages]
debian = ["i2c-tools"]

[devices]
intel-nuc = { title = "Intel NUC", arch = "amd64", class = "generic-amd64" }
up-board = { title = "UP Board", arch = "amd64", class = "up-board" }
"""


_SMALL = """
[classes.generic-amd64]
title = "Generic x86_64"
arch = "amd64"
layer = "generic"
generic = true

[devices]
intel-nuc = { title = "Intel NUC", arch = "amd64", class = "generic-amd64" }
"""


def shrink(world: World, also: Collection[str] = (), *, small: bool = False, devices: str = DEVICES) -> None:
    """Let the family be Debian trixie on amd64 and *also* named architectures, with two classes and one device: enough of it to build.

    :param small: without the second class, and without the names that begin with Debian's number
    """
    folder = world.folder / "edit"
    git("clone", "-q", str(world.folder / "ws" / "images.git"), str(folder))
    file = folder / "catalogue" / "distros.toml"
    document = tomlkit.parse(file.read_text())
    distros: Any = document["distros"]
    for name in [name for name in distros if name != "debian"]:
        del distros[name]
    lines = distros["debian"]["lines"]
    if small:
        del lines["trixie"]["number"]
    for name in [name for name in lines if name != "trixie"]:
        del lines[name]
    absent = lines["trixie"].setdefault("absent", {})
    for arch in {"aarch64", "armv7hf", "armv5e", "i386"}.difference(also):
        del lines["trixie"]["bases"][arch]
        absent[arch] = "not in this test"
    file.write_text(tomlkit.dumps(document))
    (folder / "catalogue" / "devices.toml").write_text(_SMALL if small else devices)
    for key in (folder / "catalogue" / "keys").glob("*"):
        key.unlink()
    stacks = folder / "catalogue" / "stacks.toml"
    stacks.write_text(stacks.read_text().partition("# CPython publishes")[0])
    files = {str(path.relative_to(folder)): path.read_bytes() for path in (folder / "catalogue").rglob("*.*")}
    for path, text in rendered(load(files)).items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    commit(folder, "A small family")


def commit(folder: Path, message: str) -> None:
    """Commit all that is in a clone, and push it."""
    me = ("-c", "user.name=me", "-c", "user.email=me@example.org")
    git("-C", str(folder), "add", "-A")
    git("-C", str(folder), *me, "commit", "-qm", message)
    git("-C", str(folder), "push", "-q")


def git(*arguments: str) -> None:
    """Run git."""
    subprocess.run(["git", *arguments], check=True, capture_output=True)
