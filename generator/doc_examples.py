"""Names of images that a reader may copy: each is worked out from the catalogue, and exists."""

from __future__ import annotations

from dataclasses import dataclass

from generator.cross import EMULATED
from generator.matrix import ROOT
from generator.names import joined
from generator.rows import Catalogue
from generator.tags import Names
from state.model import Arch

_FAVOURITES = ("raspberrypi3", "raspberry-pi", "raspberrypi4-64", "generic-aarch64", "intel-nuc")
"""Devices that examples are about, the first that the family has."""


@dataclass(frozen=True, slots=True)
class Examples:
    """What the examples say: hardware, its architecture, and the parts of names; "" where there is no such thing.

    ``language`` is a stack's name, ``line`` its default line on that hardware. ``arm`` is the hardware of an
    architecture that can be built on x86. ``folder`` is where that architecture's Dockerfiles are.
    """

    space: str
    hw: str
    title: str
    arch: Arch
    distro: str
    codename: str
    language: str
    language_title: str
    line: str
    arm: str
    folder: str

    @property
    def repository(self) -> str:
        """``balenalib/raspberrypi3``: where distro and language are left out."""
        return f"{self.space}/{self.hw}"

    @property
    def short(self) -> str:
        """The language's repository with the distro left out, ``balenalib/raspberrypi3-node``."""
        return f"{self.space}/{joined(self.hw, self.language)}"

    @property
    def whole(self) -> str:
        """The language's repository with every part, ``balenalib/raspberrypi3-debian-node``."""
        return f"{self.space}/{joined(self.hw, self.distro, self.language)}"

    def tag(self, variant: str) -> str:
        """Return the tag with every part but the date, ``22-trixie-run``."""
        return joined(self.line, self.codename, variant)


def examples(catalogue: Catalogue) -> Examples:
    """Choose them."""
    distro = catalogue.distros[catalogue.family.default_distro]
    device = next((d for slug in _FAVOURITES if (d := catalogue.devices.get(slug)) and not d.absent), None)
    names = Names(catalogue)
    hw, arch = (device.slug, device.arch) if device else (Arch.AMD64.repo, Arch.AMD64)
    place = names.where(hw, distro.name, None, "latest")
    if place is None:  # a device of an architecture that the default distro lacks
        device, hw, arch = None, Arch.AMD64.repo, Arch.AMD64
        place = names.where(hw, distro.name, None, "latest")
    found = [(s, p) for s in catalogue.stacks.values() if (p := names.where(hw, distro.name, s.name, "latest"))]
    stack, there = found[0] if found else (None, place)
    codename = there[1] if there else distro.default
    arms = (a.repo for a in (Arch.ARMV7HF, *EMULATED) if names.where(a.repo, distro.name, None, "latest"))
    return Examples(
        space=catalogue.family.namespace,
        hw=hw,
        title=device.title if device else f"the architecture {arch}",
        arch=arch,
        distro=distro.name,
        codename=codename,
        language=stack.name if stack else "",
        language_title=stack.title if stack else "",
        line=(there[0] or "") if there else "",
        arm=next(arms, ""),
        folder=f"{ROOT}/{arch.repo}/{distro.name}/{codename}",
    )
