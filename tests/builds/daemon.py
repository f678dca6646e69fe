"""A BuildKit for the run: dockerd of a newer Debian in a folder of its own, with a socket of its own.

Debian 12's dockerd exports no OCI layouts. The one of forky does, once its images are containerd's
(https://docs.docker.com/engine/storage/containerd/).
"""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.builds.machine import run
from tests.images.larder import Larder, archive_url

_PACKAGES = "docker.io,docker-buildx,ca-certificates,iptables"
_START = """
set -e
mount --bind "$1" "$1"
mount -t proc proc "$1/proc"
mount --rbind /sys "$1/sys"
mount --rbind /dev "$1/dev"
mount -t tmpfs tmpfs "$1/run"
exec chroot "$1" dockerd
"""


@contextmanager
def running(larder: Larder, folder: Path, mirror: str) -> Iterator[Mapping[str, str]]:
    """Start it, its base images from the registry *mirror*; yield the environment in which buildx finds it."""
    run("tar", "-xf", _system(larder), "-C", _made(folder))
    socket = folder / "var" / "lib" / "docker.sock"
    settings = {
        "features": {"containerd-snapshotter": True},
        "hosts": ["unix:///var/lib/docker.sock"],
        "registry-mirrors": [f"http://{mirror}"],
        "insecure-registries": [mirror],
        "iptables": False,
        "ip6tables": False,
        "bridge": "none",
    }
    _made(folder / "etc" / "docker").joinpath("daemon.json").write_text(json.dumps(settings))
    with folder.with_suffix(".log").open("wb") as log:
        command = ["unshare", "--mount", "--propagation=private", "sh", "-c", _START, "start", str(folder)]
        process = subprocess.Popen(command, stdout=log, stderr=log)
        try:
            _wait(socket, process)
            yield {"DOCKER_HOST": f"unix://{socket}", "PATH": str(folder / "usr/libexec/docker/cli-plugins")}
        finally:
            process.terminate()
            process.wait()


def _system(larder: Larder) -> Path:
    """Return the archive of that Debian."""
    archive = larder.folder / "forky-docker.tar"
    if not archive.exists():
        making = archive.with_suffix(".part.tar")
        source = f"deb {archive_url()} forky main"
        options = (f"--include={_PACKAGES}", '--aptopt=Acquire::Check-Valid-Until "false"')
        run("mmdebstrap", "--variant=minbase", "--quiet", *options, "forky", making, source)
        making.rename(archive)
    return archive


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _wait(socket: Path, process: subprocess.Popen[bytes]) -> None:
    """Wait until it listens."""
    for _ in range(600):
        if socket.exists():
            return
        if process.poll() is not None:
            break
        time.sleep(0.1)
    raise SystemExit(f"dockerd does not listen at {socket}")
