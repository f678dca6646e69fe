"""What an ARM image carries so that it can be built further on an x86 machine that knows nothing of ARM.

The parts are Debian's packages for amd64, unpacked (https://wiki.debian.org/QemuUserEmulation): a stage of the Dockerfile
fetches them on a Debian of the architecture that is built, so no other machine is needed.
"""

from __future__ import annotations

from dataclasses import dataclass

from generator.rows import Catalogue
from state.model import Arch

_RUNS_ALSO = {Arch.ARMV6: Arch.ARMV5E}
"""Whose Debian stands in for an architecture that Debian is not built for."""


@dataclass(frozen=True, slots=True)
class Emulation:
    """``qemu`` is the program of QEMU; ``cpu`` the processor that it shows ("" for its own choice)."""

    qemu: str
    cpu: str = ""


EMULATED = {
    Arch.AARCH64: Emulation("qemu-aarch64"),
    Arch.ARMV7HF: Emulation("qemu-arm"),
    Arch.ARMV6: Emulation("qemu-arm", "arm1176"),
    Arch.ARMV5E: Emulation("qemu-arm", "arm926"),
}
"""The architectures whose images have cross-build-start. Without a processor QEMU would be an ARMv7 to ``uname``."""


def stage_base(catalogue: Catalogue, arch: Arch) -> str:
    """Return the image in which the parts are fetched; "" if there is none.

    It is the default version of the default distro, or the newest before it that has the architecture. Unpinned: it
    only fetches, nothing of it is in the image, and a new base of one version must not change the files of all others.
    """
    needed = _RUNS_ALSO.get(arch, arch)
    distro = catalogue.distros[catalogue.family.default_distro]
    codenames = [line.codename for line in distro.lines]
    until_default = distro.lines[: codenames.index(distro.default) + 1]
    if arch not in EMULATED:
        return ""
    return next((line.bases[needed] for line in reversed(until_default) if needed in line.bases), "")
