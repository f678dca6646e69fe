"""The family of the run, as a maintainer would edit it: one Debian, three architectures, Node.js, one device."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import tomlkit

from tests.builds.bases import MACHINES, SUITE, Machine

DEVICES = """
[classes.generic-amd64]
title = "Generic x86_64"
arch = "amd64"
layer = "generic"
generic = true

[devices]
intel-nuc = { title = "Intel NUC", arch = "amd64", class = "generic-amd64" }
genericx86-64-ext = { title = "Generic x86_64", arch = "amd64", class = "generic-amd64" }
"""


def edit(images: Path, work: Path, yarn_sha256: str, machines: Sequence[Machine] = MACHINES) -> None:
    """Commit the family to the images repository *images*: *yarn_sha256* is that of the archive that is served."""
    folder = work / "edit"
    _git("clone", "-q", str(images), str(folder))
    catalogue = folder / "catalogue"
    _distros(catalogue / "distros.toml", machines)
    (catalogue / "devices.toml").write_text(DEVICES)
    stacks = tomlkit.parse((catalogue / "stacks.toml").read_text())
    rows: Any = stacks["stacks"]
    for name in [name for name in rows if name != "node"]:
        del rows[name]
    rows["node"]["extra"]["yarn_sha256"] = yarn_sha256
    (catalogue / "stacks.toml").write_text(tomlkit.dumps(stacks))
    for key in (catalogue / "keys").glob("*"):
        key.unlink()
    commit(folder, "One Debian, three architectures, Node.js")


def commit(folder: Path, message: str) -> None:
    """Commit all that is in a checkout, and push it."""
    me = ("-c", "user.name=maintainer", "-c", "user.email=maintainer@example.org")
    _git("-C", str(folder), "add", "--all")
    _git("-C", str(folder), *me, "commit", "-qm", message)
    _git("-C", str(folder), "push", "-q")


def _distros(file: Path, machines: Sequence[Machine]) -> None:
    document = tomlkit.parse(file.read_text())
    distros: Any = document["distros"]
    for name in [name for name in distros if name != "debian"]:
        del distros[name]
    debian = distros["debian"]
    for codename in [name for name in debian["lines"] if name not in (SUITE, "trixie")]:
        del debian["lines"][codename]
    kept = {machine.name for machine in machines}
    for line in debian["lines"].values():
        absent = line.setdefault("absent", {})
        for arch in [name for name in line["bases"] if name not in kept]:
            del line["bases"][arch]
            absent[arch] = "not in this run"
    file.write_text(tomlkit.dumps(document))


def _git(*arguments: str) -> None:
    subprocess.run(["git", *arguments], check=True, capture_output=True)
