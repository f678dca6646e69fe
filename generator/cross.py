"""What an ARM image carries so that it can be built further on an x86 machine that knows nothing of ARM.

The parts are Debian's packages for amd64, unpacked (https://wiki.debian.org/QemuUserEmulation): a stage of the Dockerfile
fetches them on a Debian of the architecture that is built, so no other machine is needed.

They come from Debian whatever distro the image is of, so a refresh of Debian would change the Dockerfiles of all ARM images
if its digest stood there. It is given to the build instead: two arguments, by the plan of the same commit, which are part
of what the build is known by. An image so is made with the Debian that its commit records, and takes a newer one when it
is made anew for a reason of its own.
"""

from __future__ import annotations

from dataclasses import dataclass

from generator.rows import MADE, Catalogue, DistroLine
from state.model import Arch

_RUNS_ALSO = {Arch.ARMV6: Arch.ARMV5E}
"""Whose Debian stands in for an architecture that Debian is not built for."""


_STRONGER = {Arch.ARMV6: (Arch.ARMV7HF,)}
"""What a machine that builds for an architecture is in truth, or QEMU shows: nobody builds on the first Raspberry Pi."""


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
    """Return the image in which the parts are fetched, as it is where no plan says which; "" if there is none.

    It is the default version of the default distro, or the newest before it that has the architecture.
    """
    line = _line(catalogue, arch)
    return line.bases[_needed(arch)] if line else ""


def arguments(catalogue: Catalogue, arch: Arch) -> dict[str, str]:
    """Return the build arguments that pin where the parts are from, as far as that is recorded.

    ``CROSS_BASE`` is the stage's image by digest, ``CROSS_PACKAGES`` the state of Debian's packages that they are to be
    no older than.
    """
    line = _line(catalogue, arch)
    if line is None:
        return {}
    base, digest = line.bases[_needed(arch)], line.digests.get(_needed(arch))
    pinned = {"CROSS_BASE": f"{base}@{digest}"} if digest else {}
    return {**pinned, "CROSS_PACKAGES": line.snapshot} if line.snapshot else pinned


def _line(catalogue: Catalogue, arch: Arch) -> DistroLine | None:
    distro = catalogue.distros[catalogue.family.default_distro]
    codenames = [line.codename for line in distro.lines]
    until_default = distro.lines[: codenames.index(distro.default) + 1]
    if arch not in EMULATED:
        return None
    return next((line for line in reversed(until_default) if _needed(arch) in line.bases), None)


def _needed(arch: Arch) -> Arch:
    return _RUNS_ALSO.get(arch, arch)


def maker_base(catalogue: Catalogue, arch: Arch) -> str:
    """Return the image in which a root file system for *arch* is made; "" if there is none.

    It is the one in which parts are fetched where that is there, else any Debian whose programs run where those of
    *arch* do: nothing of it is in the image.
    """
    distro = catalogue.distros[catalogue.family.default_distro]
    others = (
        base
        for needed in (arch, _RUNS_ALSO.get(arch, arch), *_STRONGER.get(arch, ()))
        for line in reversed(distro.lines)
        if not line.rolling and (base := line.bases.get(needed, MADE)) != MADE
    )
    return stage_base(catalogue, arch) or next(others, "")
