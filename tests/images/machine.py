"""What a clean Debian lacks for the builds: programs, and the kernel's knowledge of ARM programs."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from tests.images.engine import NoEngineError, output

NEEDED = {
    "arch-test": "arch-test",  # mmdebstrap asks it whether a foreign architecture runs here
    "buildah": "buildah",
    "gpgv": "gpgv",
    "mcs": "mono-mcs",
    "mmdebstrap": "mmdebstrap",
    "npm": "npm",
    "openssl": "openssl",
    "qemu-arm-static": "qemu-user-static",
    "unshare": "util-linux",
}
"""Program → package of Debian that brings it."""

_BINFMT = Path("/proc/sys/fs/binfmt_misc")
_RULES = Path("/usr/lib/binfmt.d")


def prepare() -> None:
    """Install what is missing, and let the kernel run ARM programs; raise what cannot be had."""
    install(NEEDED, "make test-images")
    if not (_BINFMT / "register").exists():
        output("mount", "-t", "binfmt_misc", "binfmt_misc", _BINFMT)
    for emulator in ("qemu-arm", "qemu-aarch64"):
        if not (_BINFMT / emulator).exists():
            (_BINFMT / "register").write_text((_RULES / f"{emulator}.conf").read_text())


def install(needed: Mapping[str, str], what: str) -> None:
    """Have Debian's packages installed (program → package) for *what*; raise what cannot be had."""
    if os.geteuid() != 0:
        raise NoEngineError(f"{what}: builds need root, package managers change owners")
    missing = sorted({package for program, package in needed.items() if shutil.which(program) is None})
    if missing and shutil.which("apt-get") is None:
        raise NoEngineError(f"{what}: install {', '.join(missing)}, as Debian calls them")
    if missing:
        output("apt-get", "update", "-qq")
        output("apt-get", "install", "-qq", "-y", "--no-install-recommends", *missing)
