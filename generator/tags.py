"""The one place that names images: which names lead to each, and that no name leads to two.

A tag is stack version, distro version, variant and date, in this order. A part left out means ``latest`` in its place.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date

from generator import matrix
from generator.matrix import Cell
from generator.names import canonical, index_repository, joined, repositories
from generator.rows import Catalogue, Stack
from generator.words import Lines, Place, os_tags, stack_tags, taken
from state.errors import CatalogueError
from state.model import Arch, Image, Release

_REPOSITORY = re.compile(r"[a-z0-9][a-z0-9.-]*/[a-z0-9]+(?:[.-][a-z0-9]+)*")
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")
_TAGS = re.compile(rf"{_TAG.pattern}(?:\n{_TAG.pattern})*")


class Names:
    """The names of a whole catalogue: make one where many images are named."""

    def __init__(self, catalogue: Catalogue) -> None:
        """Note on which versions of each distro every piece of hardware is."""
        self.catalogue = catalogue
        self._cells: dict[tuple[Arch, str, str], Cell] = {}
        self._versions: dict[tuple[str, str], list[str]] = {}
        self._tags: dict[tuple[Arch, str, str | None, tuple[str, ...]], Mapping[Place, list[str]]] = {}
        self._arches: dict[str, Arch] = {}
        self._where: dict[int, Mapping[str, Place]] = {}
        self._stacks: dict[str, tuple[list[Release], set[str]]] = {}
        for cell in matrix.cells(catalogue):
            self._cells[cell.arch, cell.distro.name, cell.line.codename] = cell
            for hw in matrix.hardware(cell):
                self._arches[hw] = cell.arch
                self._versions.setdefault((hw, cell.distro.name), []).append(cell.line.codename)

    def tags(self, image: Image) -> list[str]:
        """Return every moving name of *image*, whole, the canonical one first."""
        if image.kind == "os-root":  # nobody but its own distro's image builds on it, by that name
            return [canonical(self.catalogue, image)]
        places = self.places(image.hw, image.distro, image.stack)
        tags = places[image.stack_line, image.distro_version, image.variant]
        found = repositories(self.catalogue, image.hw, image.distro, image.stack)
        return [f"{repository}:{tag}" for repository in found for tag in tags]

    def dated(self, image: Image, day: date, nth: int = 0) -> list[str]:
        """Return the names that are written once, for the *nth* different digest of *day* (the first is 0).

        Only the canonical name, to which short ones are resolved, unless the family says ``date_aliases = "all"``.
        """
        names = self.tags(image) if self.catalogue.family.date_aliases == "all" else [canonical(self.catalogue, image)]
        return [f"{name}-{suffix(day, nth)}" for name in names]

    def places(self, hw: str, distro: str, stack: str | None) -> Mapping[Place, list[str]]:
        """Return all tags of one repository by the image that they lead to; empty if there is no such repository."""
        if (hw, distro) not in self._versions or (stack is not None and stack not in self.catalogue.stacks):
            return {}
        key = (self._arches[hw], distro, stack, tuple(self._versions[hw, distro]))
        if key not in self._tags:
            self._tags[key] = self._repository(*key)
        return self._tags[key]

    def where(self, hw: str, distro: str, stack: str | None, tag: str) -> Place | None:
        """Return the image that *tag* leads to in one repository, or None."""
        places = self.places(hw, distro, stack)
        if id(places) not in self._where:
            self._where[id(places)] = {word: place for place, tags in places.items() for word in tags}
        return self._where[id(places)].get(tag) if places else None

    def cell(self, hw: str, distro: str, codename: str) -> Cell | None:
        """Return the cell that *hw* has on a distro version, or None."""
        if codename not in self._versions.get((hw, distro), ()):
            return None
        return self._cells[self._arches[hw], distro, codename]

    def prove(self) -> None:
        """Prove that no name of the whole family leads to two images, and that a registry takes them all.

        A repository belongs to one hardware, distro and stack, and within it each tag to one image: so nothing has
        to be proved name by name, though there are a million.
        :raises CatalogueError: what is claimed twice, with both claimants, or is malformed
        """
        owner: dict[str, str] = {}
        good: set[int] = set()
        for row in self.catalogue.distros:
            for stack in (None, *self.catalogue.stacks):
                _claim(owner, index_repository(self.catalogue, row, stack), f"the index of {joined(row, stack)}")
        for hw, distro in self._versions:
            for stack in (None, *self.catalogue.stacks):
                places = self.places(hw, distro, stack)
                found = repositories(self.catalogue, hw, distro, stack) if places else []
                for repository in found:
                    _claim(owner, repository, joined(hw, distro, stack))
                if found and id(places) not in good:
                    good.add(id(places))  # devices on the same distro versions share one table
                    _tags_differ(found[0], places)

    def _repository(
        self, arch: Arch, distro_name: str, stack_name: str | None, codenames: tuple[str, ...]
    ) -> Mapping[Place, list[str]]:
        distro = self.catalogue.distros[distro_name]
        if stack_name is None:
            return os_tags(distro, codenames)
        stack = self.catalogue.stacks[stack_name]
        if stack_name not in self._stacks:
            self._stacks[stack_name] = self.catalogue.lines(stack.source), taken(self.catalogue, stack)
        releases, texts = self._stacks[stack_name]
        there = {c: _lines(stack, releases, self._cells[arch, distro_name, c]) for c in codenames}
        return stack_tags(distro, stack, there, texts)


def name(catalogue: Catalogue, image: Image) -> str:
    """Return the canonical name, whole: ``balenalib/amd64-debian-node:22.11.1-bookworm-run``."""
    return canonical(catalogue, image)


def tags(catalogue: Catalogue, image: Image) -> list[str]:
    """Return every moving name of one image; for many, :class:`Names` is faster."""
    return Names(catalogue).tags(image)


def suffix(day: date, nth: int = 0) -> str:
    """Return what a dated name ends in: ``20261122`` for the day's first digest, ``20261122.1`` for its second."""
    return f"{day:%Y%m%d}.{nth}" if nth else f"{day:%Y%m%d}"


def _lines(stack: Stack, releases: Iterable[Release], cell: Cell) -> Lines:
    """The lines of a stack that one cell has."""
    return {
        release.line: (release, version)
        for release in releases
        if (version := matrix.version_in(stack, release, cell)) is not None
    }


def _claim(owner: dict[str, str], repository: str, claimant: str) -> None:
    """Note whose a repository is; those of aliases are nobody else's either."""
    other = owner.setdefault(repository, claimant)
    if other != claimant:
        raise CatalogueError("catalogue", repository, f"is the repository of {claimant} and of {other}")
    if not _REPOSITORY.fullmatch(repository):
        raise CatalogueError("catalogue", repository, "is not a name that a registry takes")


def _tags_differ(repository: str, places: Mapping[Place, list[str]]) -> None:
    """Refuse a tag that two images of a repository claim, or that is malformed; an image's first tag is canonical."""
    owner: dict[str, str] = {}
    for tags in places.values():
        for tag in tags:
            other = owner.setdefault(tag, tags[0])
            if other != tags[0]:
                problem = f"belongs to {repository}:{other} and to {repository}:{tags[0]}"
                raise CatalogueError("catalogue", f"{repository}:{tag}", problem)
    if not _TAGS.fullmatch("\n".join(owner)):
        wrong = next(tag for tag in owner if not _TAG.fullmatch(tag))
        raise CatalogueError("catalogue", f"{repository}:{wrong}", "is not a name that a registry takes")
