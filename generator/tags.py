"""The one place that names images: which names lead to each, and that no name leads to two.

A tag is stack version, distro version, variant and date, in this order. A part left out means ``latest`` in its place.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

from generator import matrix
from generator.names import canonical, joined, repositories
from generator.rows import Catalogue, Distro, Stack
from state.errors import CatalogueError
from state.model import Arch, Image, Platform, Release, Variant, Version

_REFERENCE = re.compile(r"[a-z0-9][a-z0-9.-]*/[a-z0-9]+(?:[.-][a-z0-9]+)*:[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")

Place = tuple[str | None, str, Variant]
"""Within one repository: stack line, codename, variant."""


class Names:
    """The names of a whole catalogue: make one where many images are named."""

    def __init__(self, catalogue: Catalogue) -> None:
        """Note on which versions of each distro every piece of hardware is."""
        self.catalogue = catalogue
        self._versions: dict[tuple[str, str], list[str]] = {}
        self._tags: dict[tuple[Arch, str, str | None, tuple[str, ...]], dict[Place, list[str]]] = {}
        for cell in matrix.cells(catalogue):
            for hw in matrix.hardware(cell):
                self._versions.setdefault((hw, cell.distro.name), []).append(cell.line.codename)

    def tags(self, image: Image) -> list[str]:
        """Return every moving name of *image*, whole, the canonical one first."""
        codenames = tuple(self._versions[image.hw, image.distro])
        key = (image.arch, image.distro, image.stack, codenames)
        if key not in self._tags:
            self._tags[key] = _repository(self.catalogue, *key)
        tags = self._tags[key][image.stack_line, image.distro_version, image.variant]
        return [f"{repository}:{tag}" for repository in repositories(self.catalogue, image) for tag in tags]


def name(catalogue: Catalogue, image: Image) -> str:
    """Return the canonical name, whole: ``balenalib/amd64-debian-node:22.11.1-bookworm-run``."""
    return canonical(catalogue, image)


def tags(catalogue: Catalogue, image: Image) -> list[str]:
    """Return every moving name of one image; for many, :class:`Names` is faster."""
    return Names(catalogue).tags(image)


def dated(catalogue: Catalogue, image: Image, day: date) -> list[str]:
    """Return the names that are written once, on *day*: the canonical one only, short ones are resolved to it."""
    return [f"{canonical(catalogue, image)}-{day:%Y%m%d}"]


def owners(catalogue: Catalogue) -> dict[str, Image]:
    """Return name → image of every moving name of the family.

    :raises CatalogueError: a name is malformed, or two images (or two kinds of hardware) claim it; both are named
    """
    names = Names(catalogue)
    images = matrix.images(catalogue)
    _repositories_differ(catalogue, images)
    owner: dict[str, Image] = {}
    for image in images:
        for tag in names.tags(image):
            other = owner.setdefault(tag, image)
            if other is not image:
                problem = f"belongs to {canonical(catalogue, other)} and to {canonical(catalogue, image)}"
                raise CatalogueError("catalogue", tag, problem)
    for tag in owner:
        if not _REFERENCE.fullmatch(tag):
            raise CatalogueError("catalogue", tag, "is not a name that a registry takes")
    return owner


def default_version(distro: Distro, codenames: tuple[str, ...], codename: str) -> str | None:
    """Return *codename*, or where that is not among *codenames* the next older one that is, or None.

    Rolling versions are newer than all others, so they never stand in.
    """
    older: list[str] = []
    for line in distro.lines:
        if line.codename in codenames:
            older.append(line.codename)
        if line.codename == codename:
            break
    return older[-1] if older else None


def latest_line(stack: Stack, releases: dict[str, tuple[Release, Version]]) -> str | None:
    """Return the line that ``latest`` means among line → (release, version there): the highest, or highest LTS.

    Where no line is LTS it is the highest all the same: every repository has a default.
    """
    stable = [(version, line) for line, (_, version) in releases.items() if not version.is_prerelease]
    lts = [(version, line) for version, line in stable if releases[line][0].lts]
    return max((stack.latest == "lts" and lts) or stable, default=(None, None))[1]


def _repository(
    catalogue: Catalogue, arch: Arch, distro_name: str, stack_name: str | None, codenames: tuple[str, ...]
) -> dict[Place, list[str]]:
    """All tags of a repository whose hardware is on *codenames* of its distro, by the image that they lead to."""
    distro = catalogue.distros[distro_name]
    variants = matrix.VARIANTS
    if stack_name is None:
        default = default_version(distro, codenames, distro.default)
        return {(None, c, v): _os_tags(distro, c, v, default == c) for c in codenames for v in variants}
    stack = catalogue.stacks[stack_name]
    platform = Platform(arch, distro.libc)
    here = {
        r.line: (r, a.version) for r in catalogue.lines(stack.source) for a in [r.artifact(platform)] if a is not None
    }
    taken, latest = _taken(catalogue, stack), latest_line(stack, here)
    tags: dict[Place, list[str]] = {}
    for line in here:
        wanted = stack.defaults.get(line, {}).get(distro_name, distro.default)
        default = default_version(distro, codenames, wanted)
        numbers = [*_aliases(line, here), *(["latest", ""] if line == latest else [])]
        for codename in codenames:
            for variant in variants:
                words = _os_words(distro, codename, default == codename)
                tags[line, codename, variant] = list(_stack_tags(numbers, words, codename, variant, taken))
    return tags


def _os_words(distro: Distro, codename: str, is_default: bool) -> list[str]:  # noqa: FBT001
    """What stands for a distro version: its codename, its number, nothing if it is the default."""
    line = next(line for line in distro.lines if line.codename == codename)
    number = [line.number] if line.number else []
    return [codename, *number, *([""] if is_default else [])]


def _os_tags(distro: Distro, codename: str, variant: Variant, is_default: bool) -> list[str]:  # noqa: FBT001
    words = [*_os_words(distro, codename, is_default), *(["latest"] if is_default else [])]
    tags = (joined(word, ending) for word in words for ending in _endings(variant))
    return [tag for tag in tags if tag]


def _stack_tags(
    numbers: list[str], words: list[str], codename: str, variant: Variant, taken: set[str]
) -> Iterator[str]:
    """Yield the tags of one stack image.

    Where no stack version leads, a distro version may only if it cannot be taken for one: a number
    (12, 22.04) never does, since ``debian-node:12`` would be Node 12 and bookworm at once, and a codename
    like Alpine's 3.12 only while no release of this stack goes by it.
    """
    for number in numbers:
        for word in words:
            if not number and word and (word != codename or word in taken):
                continue
            yield from (tag for ending in _endings(variant) if (tag := joined(number, word, ending)))


def _endings(variant: Variant) -> tuple[str, ...]:
    return (variant, "") if variant == "run" else (variant,)


def _aliases(line: str, here: dict[str, tuple[Release, Version]]) -> list[str]:
    """What stands for the version of *line*: itself, and each shorter form that no higher line has a better right to."""
    version = here[line][1]
    aliases = [str(version)]
    for short in version.prefixes()[1:]:
        rivals = [(v, other) for other, (_, v) in here.items() if short in v.prefixes()]
        owner = short if short in here else max(rivals)[1]
        if owner == line:
            aliases.append(short)
    return aliases


def _taken(catalogue: Catalogue, stack: Stack) -> set[str]:
    """Every text that is a version, or short for one, of any recorded release of *stack*."""
    texts: set[str] = set()
    for release in catalogue.lines(stack.source):
        texts.add(release.line)
        for version in {release.version, *(artifact.version for artifact in release.artifacts)}:
            texts.update(version.prefixes())
    return texts


def _repositories_differ(catalogue: Catalogue, images: list[Image]) -> None:
    """Refuse a repository that two kinds of hardware, distros or stacks share, aliases of devices included."""
    owner: dict[str, tuple[str, str, str | None]] = {}
    aliases = {d.slug: d.aliases for d in catalogue.devices.values() if d.aliases}
    seen: set[tuple[str, str, str | None]] = set()
    for image in images:
        key = (image.hw, image.distro, image.stack)
        if key in seen:
            continue
        seen.add(key)
        for repository in repositories(catalogue, image):
            tail = repository.removeprefix(f"{catalogue.family.namespace}/{image.hw}")
            for hw in (image.hw, *aliases.get(image.hw, ())):
                other = owner.setdefault(hw + tail, key)
                if other != key:
                    problem = f"is the repository of {joined(*key)} and of {joined(*other)}"
                    raise CatalogueError("catalogue", f"{catalogue.family.namespace}/{hw}{tail}", problem)
