"""What a clean Debian lacks: programs, and the kernel's knowledge of ARM programs."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

NEEDED = {
    "arch-test": "arch-test",  # mmdebstrap asks it whether a foreign program runs
    "buildah": "buildah",
    "docker-registry": "docker-registry",
    "gpgv": "gpgv",
    "ip": "iproute2",
    "mmdebstrap": "mmdebstrap",
    "npm": "npm",
    "qemu-arm-static": "qemu-user-static",
}
"""Program → package of Debian that brings it."""

_BINFMT = Path("/proc/sys/fs/binfmt_misc")
_RULES = Path("/usr/lib/binfmt.d")


def run(*command: str | Path, folder: Path | None = None) -> str:
    """Run a command and return what it printed; one that fails ends the program with what it said."""
    done = subprocess.run(list(map(str, command)), cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command))}: exit code {done.returncode}\n{(done.stdout + done.stderr)[-4000:]}")
    return done.stdout


def prepare() -> None:
    """Install what is missing and let the kernel run ARM programs; without root this ends the program."""
    if os.geteuid() != 0:
        sys.exit("make test-builds: builds need root, package managers change owners")
    packages = [package for program, package in NEEDED.items() if shutil.which(program) is None]
    if packages:
        print(f"installing {', '.join(packages)}", flush=True)
        run("apt-get", "update", "-qq")
        run("apt-get", "install", "-qq", "-y", "--no-install-recommends", *packages)
    if not (_BINFMT / "register").exists():
        run("mount", "-t", "binfmt_misc", "binfmt_misc", _BINFMT)
    for emulator in ("qemu-arm", "qemu-aarch64"):
        if not (_BINFMT / emulator).exists():
            (_BINFMT / "register").write_text((_RULES / f"{emulator}.conf").read_text())
