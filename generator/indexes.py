"""One name for all architectures: indexes without hardware in their names, over images of one build.

``balenalib/debian-node:22-bookworm``. All members have the same versions; none falls back to an older one, so an
architecture that is late, or that a distro's own package serves, is not in it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from generator import matrix
from generator.index_rows import IndexRule
from generator.names import index_repository, version_word
from generator.rows import Catalogue, Distro, Stack
from generator.words import Lines, Place, os_tags, stack_tags, taken
from state.model import Image


@dataclass(frozen=True, slots=True)
class Index:
    """One index: its names, whole and the canonical one first, and the images of architectures that it is over.

    ``rule`` says what is done where one of them is late.
    """

    names: tuple[str, ...]
    members: tuple[Image, ...]
    rule: IndexRule


def indexes(catalogue: Catalogue) -> Iterator[Index]:
    """Yield every index that has a member; a distro that stands in for another (Raspbian) is in that one's."""
    by = _members(catalogue)
    for distro in catalogue.distros.values():
        if distro.also:
            continue
        for stack in (None, *catalogue.stacks.values()):
            where = index_repository(catalogue, distro.name, stack.name if stack else None)
            for (line, codename, variant), tags in _places(catalogue, distro, stack).items():
                version = _version(catalogue, stack, line)
                found = by.get((distro.name, stack.name if stack else None, version, codename, variant), ())
                if found:
                    yield Index(tuple(f"{where}:{tag}" for tag in tags), tuple(found), (stack or distro).index)


def _version(catalogue: Catalogue, stack: Stack | None, line: str | None) -> str | None:
    """The one version that members of a line have: its newest, as tags write it."""
    if stack is None or line is None:
        return None
    return version_word(stack, line, str(catalogue.version(stack.source, line)))


def _places(catalogue: Catalogue, distro: Distro, stack: Stack | None) -> dict[Place, list[str]]:
    """The tags of one repository of indexes: as if every architecture had all lines on all distro versions."""
    codenames = tuple(line.codename for line in distro.lines)
    if stack is None:
        return os_tags(distro, codenames)
    lines: Lines = {release.line: (release, release.version) for release in catalogue.lines(stack.source)}
    return stack_tags(distro, stack, dict.fromkeys(codenames, lines), taken(catalogue, stack))


def _members(catalogue: Catalogue) -> dict[tuple[str, str | None, str | None, str, str], list[Image]]:
    """The images of architectures by distro (the one whose names they have), stack, versions and variant."""
    found: dict[tuple[str, str | None, str | None, str, str], list[Image]] = {}
    for image in matrix.with_dockerfile(catalogue):
        if image.kind in ("os-arch", "stack-arch"):
            distro = catalogue.distros[image.distro].also or image.distro
            key = (distro, image.stack, image.stack_version, image.distro_version, image.variant)
            found.setdefault(key, []).append(image)
    return found
