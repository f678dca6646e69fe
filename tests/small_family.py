"""A small family of images: Debian trixie on few architectures, a device or two; enough of it to build."""

from __future__ import annotations

import subprocess
from collections.abc import Collection, Mapping
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


_LINES: Mapping[str, Collection[str]] = {"debian": ("trixie",)}
_ARCHITECTURES = frozenset({"aarch64", "armv7hf", "armv6", "armv5e", "i386"})
"""All but amd64."""


def shrink(
    world: World,
    also: Collection[str] = (),
    *,
    small: bool = False,
    devices: str = DEVICES,
    lines: Mapping[str, Collection[str]] = _LINES,
) -> None:
    """Let the family be Debian trixie on amd64 and *also* named architectures, with two classes and one device: enough of it to build.

    :param small: without the second class, and without the names that begin with Debian's number
    :param lines: distro → its lines, the default one among them, in place of Debian trixie
    """
    folder = world.folder / "edit"
    git("clone", "-q", str(world.folder / "ws" / "images.git"), str(folder))
    file = folder / "catalogue" / "distros.toml"
    document = tomlkit.parse(file.read_text())
    distros: Any = document["distros"]
    for name in [name for name in distros if name not in lines]:
        del distros[name]
    if small:
        del distros["debian"]["lines"]["trixie"]["number"]
    for distro, kept in lines.items():
        _cut(distros[distro], kept, also)
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


def _cut(distro: Any, kept: Collection[str], also: Collection[str]) -> None:
    for name in [name for name in distro["lines"] if name not in kept]:
        del distro["lines"][name]
    for line in distro["lines"].values():
        absent = line.setdefault("absent", {})
        for arch in _ARCHITECTURES.intersection(line["bases"]).difference(also):
            del line["bases"][arch]
            absent[arch] = "not in this test"


def commit(folder: Path, message: str) -> None:
    """Commit all that is in a clone, and push it."""
    me = ("-c", "user.name=me", "-c", "user.email=me@example.org")
    git("-C", str(folder), "add", "-A")
    git("-C", str(folder), *me, "commit", "-qm", message)
    git("-C", str(folder), "push", "-q")


def git(*arguments: str) -> None:
    """Run git."""
    subprocess.run(["git", *arguments], check=True, capture_output=True)
