"""The family of the run, as a maintainer would edit it: one Debian, few architectures, some stacks, one device."""

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

_LINES = (SUITE, "trixie")
STACKS = ("node", "golang", "openjdk")
"""Those whose real files can be had here as files of few megabytes."""


def edit(
    images: Path, work: Path, yarn_sha256: str, machines: Sequence[Machine] = MACHINES, devices: str = DEVICES
) -> None:
    """Commit the family to the images repository *images*: *yarn_sha256* is that of the archive that is served."""
    folder = work / "edit"
    _git("clone", "-q", str(images), str(folder))
    catalogue = folder / "catalogue"
    _distros(catalogue / "distros.toml", machines)
    (catalogue / "devices.toml").write_text(devices)
    stacks = tomlkit.parse((catalogue / "stacks.toml").read_text())
    rows: Any = stacks["stacks"]
    for name in [name for name in rows if name not in STACKS]:
        del rows[name]
    rows["node"]["extra"]["yarn_sha256"] = yarn_sha256
    for served in [served for stack in rows.values() for served in stack["served"] if served.get("packages")]:
        for codename in [name for name in served["packages"] if name not in _LINES]:
            del served["packages"][codename]
        if not served["packages"]:  # of a distro that is not here
            del served["packages"]
            if "since" not in served:
                del served["reason"]
    (catalogue / "stacks.toml").write_text(tomlkit.dumps(stacks))
    for key in (catalogue / "keys").glob("*"):
        key.unlink()
    commit(folder, "One Debian, few architectures, Node.js, Go and Java")


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
    for codename in [name for name in debian["lines"] if name not in _LINES]:
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
