"""How an image is written: its namespace, repositories and canonical tag, before any moving name.

:mod:`generator.tags` says which other names lead to it.
"""

from __future__ import annotations

from generator.rows import Catalogue, Stack
from state.model import Image


def canonical(catalogue: Catalogue, image: Image) -> str:
    """Return the whole name with every part but the date: ``balenalib/amd64-debian-node:22.11.1-bookworm-run``."""
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


def repositories(catalogue: Catalogue, hw: str, distro: str, stack: str | None) -> list[str]:
    """Return the repositories whose tags lead to the images of *hw* on *distro* with *stack*, their own first.

    The default distro may be left out. A distro that stands in for another (Raspbian, Debian's
    armv6) is in that one's repositories too.
    """
    row = catalogue.distros[distro]
    words: list[str | None] = [row.name]
    if row.also:
        words.append(row.also)
    if catalogue.family.default_distro in words:
        words.append(None)
    return [f"{catalogue.family.namespace}/{joined(hw, word, stack)}" for word in words]


def index_repository(catalogue: Catalogue, distro: str, stack: str | None) -> str:
    """Return where the indexes of a distro and a stack are; the distro is always said."""
    return f"{catalogue.family.namespace}/{catalogue.family.index_prefix}{joined(distro, stack)}"


def joined(*parts: str | None) -> str:
    """Return the parts that there are, with dashes between them."""
    return "-".join(part for part in parts if part)
