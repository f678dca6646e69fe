"""Upstreams' base images, made of Debian's packages: what docker.io has is asked of the registry on loopback instead."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tests.builds.machine import run
from tests.images.larder import Larder, archive_url

SUITE = "bookworm"


@dataclass(frozen=True, slots=True)
class Machine:
    """An architecture in everybody's words; ``repository`` is where docker.io has its Debian.

    ``node`` is empty where Node.js has no file of its own any more.
    """

    name: str
    debian: str
    architecture: str
    variant: str
    repository: str
    node: str


MACHINES = (
    Machine("amd64", "amd64", "amd64", "", "library/debian", "x64"),
    Machine("aarch64", "arm64", "arm64", "", "arm64v8/debian", "arm64"),
    Machine("armv7hf", "armhf", "arm", "v7", "arm32v7/debian", "armv7l"),
    Machine("i386", "i386", "386", "", "i386/debian", ""),
)


def push_all(machines: Sequence[Machine], larder: Larder, host: str, work: Path) -> None:
    """Make the root file systems (two at once: packages are configured under emulation) and push their images."""
    work.mkdir(parents=True)
    with ThreadPoolExecutor(2) as pool:
        archives = list(pool.map(lambda machine: larder.rootfs(SUITE, machine.debian), machines))
    for machine, archive in zip(machines, archives, strict=True):
        push(machine, archive, host, work)


def push(machine: Machine, archive: Path, host: str, work: Path) -> None:
    """Push the base, and for ARM also the one in which the parts for cross-building are fetched.

    That one needs packages for amd64 of the default suite and no others, which is all that its sources name.
    """
    command = ("buildah", f"--root={work}/root", f"--runroot={work}/run")
    container = run(*command, "from", "scratch").strip()
    run(*command, "add", "--quiet", container, archive, "/")
    variant = [f"--variant={machine.variant}"] if machine.variant else []
    run(*command, "config", "--os=linux", f"--arch={machine.architecture}", *variant, "--cmd=/bin/sh", container)
    _commit(command, container, f"{host}/{machine.repository}:{SUITE}-slim")
    if machine.architecture.startswith("arm"):
        sources = work / "sources.list"
        sources.write_text(f"deb [arch=amd64] {archive_url()} trixie main\n")
        run(*command, "add", "--quiet", container, sources, "/etc/apt/sources.list")
        _commit(command, container, f"{host}/{machine.repository}:trixie-slim")
    run(*command, "rm", container)


def _commit(command: tuple[str, ...], container: str, name: str) -> None:
    run(
        *command,
        "commit",
        "--quiet",
        "--format=oci",
        "--timestamp=0",
        "--tls-verify=false",
        container,
        f"docker://{name}",
    )
