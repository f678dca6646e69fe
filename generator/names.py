"""How an image is written: its namespace, repositories and canonical tag, before any moving name.

:mod:`generator.tags` says which other names lead to it.
"""

from __future__ import annotations

from generator.rows import Catalogue
from state.model import Image


def canonical(catalogue: Catalogue, image: Image) -> str:
    """Return the whole name with every part but the date: ``balenalib/amd64-debian-node:22.11.1-bookworm-run``."""
    if image.stack is None:
        return os_name(catalogue, image.hw, image.distro, image.distro_version, image.variant)
    tag = f"{image.stack_version}-{image.distro_version}-{image.variant}"
    return f"{catalogue.family.namespace}/{image.hw}-{image.distro}-{image.stack}:{tag}"


def os_name(catalogue: Catalogue, hw: str, distro: str, codename: str, variant: str) -> str:
    """Return the whole name of an OS image: ``balenalib/amd64-debian:bookworm-run``."""
    return f"{catalogue.family.namespace}/{hw}-{distro}:{codename}-{variant}"


def repositories(catalogue: Catalogue, image: Image) -> list[str]:
    """Return the repositories whose tags lead to *image*, its own first.

    The default distro may be left out. A distro that stands in for another (Raspbian, Debian's
    armv6) is in that one's repositories too.
    """
    distro = catalogue.distros[image.distro]
    words: list[str | None] = [distro.name]
    if distro.also:
        words.append(distro.also)
    if catalogue.family.default_distro in words:
        words.append(None)
    return [f"{catalogue.family.namespace}/{joined(image.hw, word, image.stack)}" for word in words]


def joined(*parts: str | None) -> str:
    """Return the parts that there are, with dashes between them."""
    return "-".join(part for part in parts if part)
