"""How an image is written: its namespace, repositories and canonical tag, before any moving name.

:mod:`generator.tags` says which other names lead to it.
"""

from __future__ import annotations

from generator.rows import Catalogue, Stack
from state.model import Arch, Image

_ARCHITECTURES = {arch.repo: (arch.value,) for arch in Arch if arch.value != arch.repo}


def canonical(catalogue: Catalogue, image: Image) -> str:
    """Return the whole name with every part but the date: ``balenalib/amd64-debian-node:22.11.1-bookworm-run``."""
    if image.kind == "os-root":
        return root_name(catalogue, image.hw, image.distro, image.distro_version)
    if image.stack is None:
        return os_name(catalogue, image.hw, image.distro, image.distro_version, image.variant)
    tag = f"{image.stack_version}-{image.distro_version}-{image.variant}"
    return f"{catalogue.family.namespace}/{image.hw}-{image.distro}-{image.stack}:{tag}"


def version_word(stack: Stack, line: str, version: str) -> str:
    """Return what stands first in the tags of a stack's image: ``22.11.1``, ``21.0.5_11-jdk`` (a tag takes no plus)."""
    return joined(version.replace("+", "_"), stack.flavour(line))


def os_name(catalogue: Catalogue, hw: str, distro: str, codename: str, variant: str) -> str:
    """Return the whole name of an OS image: ``balenalib/amd64-debian:bookworm-run``."""
    return f"{catalogue.family.namespace}/{hw}-{distro}:{codename}-{variant}"


def root_name(catalogue: Catalogue, hw: str, distro: str, codename: str) -> str:
    """Return the whole name of a root file system: ``balenalib/rpi-raspbian-rootfs:bookworm``; it has no other."""
    return f"{catalogue.family.namespace}/{hw}-{distro}-rootfs:{codename}"


def repositories(catalogue: Catalogue, hw: str, distro: str, stack: str | None) -> list[str]:
    """Return the repositories whose tags lead to the images of *hw* on *distro* with *stack*, their own first.

    The default distro may be left out. A distro that stands in for another (Raspbian, Debian's
    armv6) is in that one's repositories too. What else the hardware is called (raspberrypi2 for raspberry-pi2, armv6
    for rpi) begins repositories of the same images.
    """
    row = catalogue.distros[distro]
    words: list[str | None] = [row.name]
    if row.also:
        words.append(row.also)
    if catalogue.family.default_distro in words:
        words.append(None)
    called = (hw, *aliases(catalogue, hw))
    return [f"{catalogue.family.namespace}/{joined(name, word, stack)}" for name in called for word in words]


def aliases(catalogue: Catalogue, hw: str) -> tuple[str, ...]:
    """Return what else the names of images may begin with, in the place of *hw*."""
    device = catalogue.devices.get(hw)
    return device.aliases if device else _ARCHITECTURES.get(hw, ())


def index_repository(catalogue: Catalogue, distro: str, stack: str | None) -> str:
    """Return where the indexes of a distro and a stack are; the distro is always said."""
    return f"{catalogue.family.namespace}/{catalogue.family.index_prefix}{joined(distro, stack)}"


def joined(*parts: str | None) -> str:
    """Return the parts that there are, with dashes between them."""
    return "-".join(part for part in parts if part)
