"""What a name leads to: each part that was left out, the image, or why there is none and what was meant instead."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from generator import matrix, suggest
from generator.history import over, retired
from generator.names import canonical, joined, repositories
from generator.presence import Survey, stand_ins, why
from generator.references import Reader, Reference, templated
from generator.rows import Catalogue, Distro, Ended, Stack
from generator.tags import Names
from generator.words import default_version
from state.model import Arch, Image, Release, Variant

LATEST = "latest"

T = TypeVar("T", bound=Release | Ended)


@dataclass(frozen=True, slots=True)
class Resolved:
    """What is known of a name without asking a registry.

    ``name`` is whole and canonical (with its date, if one was asked for); where there is no image it is what the name
    would be. ``defaulted`` names the parts that were left out, ``chain`` the names that the image stands on, nearest
    first. ``reason`` says why there is no image, ``suggestions`` are the nearest names that there are.
    ``alias`` is what the hardware was called, where that is another name of it: its repository has the same images.
    ``passed`` is the release whose line went on to a newer one, or ended: its names no longer move, and stay.
    Of an index over all architectures ``hw`` is "", ``members`` are the canonical names of its images and ``names``
    all names of the index, the canonical one first.
    """

    name: str
    hw: str
    arch: str | None
    distro: str
    distro_version: str | None
    stack: str | None
    stack_version: str | None
    variant: Variant
    date: str | None
    defaulted: tuple[str, ...]
    image: Image | None = None
    chain: tuple[str, ...] = ()
    reason: str | None = None
    suggestions: tuple[str, ...] = ()
    passed: Release | Ended | None = None
    members: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    alias: str | None = None

    @property
    def there(self) -> bool:
        """Whether the family has what the name leads to, its date apart."""
        return self.image is not None or bool(self.members)


@dataclass(frozen=True, slots=True)
class _Around:
    """The images of one cell: by hardware, stack and variant, and what each name of them stands on."""

    images: Mapping[tuple[str, str | None, Variant], Image]
    bases: Mapping[str, str]


class Resolver:
    """Resolves names by one catalogue."""

    def __init__(self, catalogue: Catalogue) -> None:
        """Work out every name once."""
        self.catalogue, self.names = catalogue, Names(catalogue)
        self._reader, self._survey = Reader(catalogue), Survey(catalogue)
        self._roots = {canonical(catalogue, image): image for image in matrix.roots(catalogue)}
        self._cells: dict[tuple[Arch, str, str, str | None, str | None], _Around] = {}

    def resolve(self, text: str, device: str | None = None) -> Resolved:
        """Resolve a name as people write it; *device* stands in for ``%%BALENA_…%%``.

        :raises LookupError: such a word without a device, or a device that there is not
        """
        whole = templated(self.catalogue, text, device)
        if root := self._roots.get(whole) or self._roots.get(f"{self.catalogue.family.namespace}/{whole}"):
            return self._root(root)
        asked = self._reader.read(whole)
        if asked.repository != asked.repository.lower():
            return self._small(self.resolve(whole.lower()))
        distro = self._distro(asked)
        image = self._find(asked, distro)
        if image is None:
            return self._wrong(asked, distro)
        found = self._right(asked, image)
        return found if self._published(asked, image) else self._unpublished(asked, found)

    def _small(self, found: Resolved) -> Resolved:
        """What a name with capital letters means: registries take none."""
        near = (found.name,) if found.there else found.suggestions
        return replace(found, image=None, chain=(), reason="names are in small letters", suggestions=near)

    def _published(self, asked: Reference, image: Image) -> bool:
        """Whether there is a repository of the name that was written, and not only one that it stands for."""
        there = repositories(self.catalogue, image.hw, image.distro, image.stack)
        return f"{self.catalogue.family.namespace}/{asked.repository}" in there

    def _unpublished(self, asked: Reference, found: Resolved) -> Resolved:
        """An image that is meant by a word which no repository is called by: go for golang."""
        reason = f"no repository is called {asked.repository}: {found.stack} is the word for that in names"
        return replace(found, image=None, chain=(), reason=reason, suggestions=(found.name,))

    def _distro(self, asked: Reference) -> Distro:
        """The distro that is meant: where that is not for the hardware, the one that stands in for it."""
        distro = self.catalogue.distros[asked.distro or self.catalogue.family.default_distro]
        known = (distro, *stand_ins(self.catalogue, distro))
        return next((row for row in known if self.names.places(asked.hw, row.name, None)), distro)

    def _find(self, asked: Reference, distro: Distro) -> Image | None:
        """The image that the name leads to, its date apart."""
        if asked.namespace not in ("", self.catalogue.family.namespace):
            return None
        place = self.names.where(asked.hw, distro.name, asked.stack, asked.tag or LATEST)
        if place is None:
            return None
        line, codename, variant = place
        return self._around(asked.hw, distro, codename, asked.stack, line).images[asked.hw, asked.stack, variant]

    def _around(self, hw: str, distro: Distro, codename: str, stack: str | None, line: str | None) -> _Around:
        """The images of the cell of a hardware, one line of a stack included."""
        cell = self.names.cell(hw, distro.name, codename)
        assert cell  # noqa: S101  (a name leads there)
        key = (cell.arch, distro.name, codename, stack, line)
        if key not in self._cells:
            found = matrix.images_in(self.catalogue, cell, stack, line)
            bases = {canonical(self.catalogue, image): image.base for image in found}
            named = [image for image in found if image.kind != "os-root"]
            self._cells[key] = _Around({(image.hw, image.stack, image.variant): image for image in named}, bases)
        return self._cells[key]

    def _root(self, image: Image) -> Resolved:
        """A root file system: it has one name, and stands on nothing."""
        return Resolved(
            name=canonical(self.catalogue, image),
            hw=image.hw,
            arch=image.arch.value,
            distro=image.distro,
            distro_version=image.distro_version,
            stack=None,
            stack_version=None,
            variant=image.variant,
            date=None,
            defaulted=(),
            image=image,
            chain=(image.base,),
        )

    def _right(self, asked: Reference, image: Image) -> Resolved:
        distro = self.catalogue.distros[image.distro]
        bases = self._around(image.hw, distro, image.distro_version, image.stack, image.stack_line).bases
        chain = [image.base]
        while chain[-1] in bases:
            chain.append(bases[chain[-1]])
        return Resolved(
            name=joined(canonical(self.catalogue, image), asked.date),
            hw=image.hw,
            arch=image.arch.value,
            distro=image.distro,
            distro_version=image.distro_version,
            stack=image.stack,
            stack_version=image.stack_version,
            variant=image.variant,
            date=asked.date,
            defaulted=defaulted(asked),
            image=image,
            chain=tuple(chain),
            alias=asked.alias or None,
        )

    def _wrong(self, asked: Reference, distro: Distro) -> Resolved:
        there = tuple(c for _, c, _ in self.names.places(asked.hw, distro.name, None))
        codename = asked.distro_version or default_version(distro, there, distro.default) or distro.default
        version = asked.stack_version or (LATEST if asked.stack else None)
        variant = asked.variant or "run"
        repository = f"{self.catalogue.family.namespace}/{joined(asked.hw, distro.name, asked.stack)}"
        reason, passed = self._why(asked, distro, codename)
        near = suggest.nearest(self.names, asked, distro, self._reader.hardware)
        ordered = suggest.in_order(self.names, asked, distro)
        if ordered:
            reason, near = (
                f"the order is stack version, distro version, variant: {ordered}",
                [f"{repository}:{ordered}", *near[:2]],
            )
        return Resolved(
            name=f"{repository}:{joined(version, codename, variant, asked.date)}",
            hw=asked.hw,
            arch=asked.hardware.arch.value if asked.hardware and asked.hardware.arch else None,
            distro=distro.name,
            distro_version=codename,
            stack=asked.stack,
            stack_version=version,
            variant=variant,
            date=asked.date,
            defaulted=defaulted(asked),
            reason=reason,
            suggestions=tuple(dict.fromkeys(near)),
            passed=passed,
            alias=asked.alias or None,
        )

    def _why(self, asked: Reference, distro: Distro, codename: str) -> tuple[str, Release | Ended | None]:
        """Why there is no image of that name, and the release that it names where that was passed by."""
        if (problem := self._not_ours(asked)) or asked.hardware is None:
            return problem, None
        line = next((line for line in distro.lines if line.codename == codename), None)
        if line is None:
            return self._no_version(distro, codename)
        cell, missing = self._survey.on(asked.hardware, distro, line)
        stack = self.catalogue.stacks[asked.stack] if asked.stack else None
        if cell is None or stack is None:
            return missing or f"{distro.title} has no tag {asked.tag}", None
        return self._no_stack(stack, asked.stack_version, cell)

    def _not_ours(self, asked: Reference) -> str:
        """What is wrong with the namespace or the hardware, if anything is."""
        if asked.namespace not in ("", self.catalogue.family.namespace):
            return f"the images are in {self.catalogue.family.namespace}/, not in {asked.namespace}/"
        if asked.hardware is None:
            wrong = f"there is no architecture or device type {asked.hw}" if asked.hw else "the hardware is missing"
            return f"{wrong}: a name begins with one"
        return asked.hardware.absent

    def _no_version(self, distro: Distro, codename: str) -> tuple[str, Ended | None]:
        ended = self.catalogue.ended.get((distro.name, codename))
        if ended:
            why = "upstream no longer fixes it, and its names no longer move"
            return f"{distro.title} {codename} ended on {ended.ended}: {why}", ended
        if codename in retired(distro.name):
            return f"{distro.title} {codename} is retired: upstream ended it, and its names no longer move", None
        there = ", ".join(line.codename for line in distro.lines)
        return f"{distro.title} has no version {codename}; there are {there}", None

    def _no_stack(self, stack: Stack, version: str | None, cell: matrix.Cell) -> tuple[str, Release | Ended | None]:
        lines = self.catalogue.lines(stack.source)
        gone = ended(self.catalogue, stack, version)
        if gone:
            return gone
        if not lines:
            return f"no release yet: watcher sync {stack.source}", None
        if version in (None, LATEST):
            reasons = [why(stack, release, cell) for release in lines]
            return reasons[-1] or f"no line of {stack.title} is the latest there", None
        line = _line_of(stack, str(version), lines)
        if line is None:
            return f"{stack.title} has no {version}; there are {', '.join(r.line for r in lines)}", None
        reason = why(stack, line, cell)
        if reason:
            return reason, None
        return f"{stack.title} {line.line} is at {line.version}: names of {version} no longer move", line


def ended(catalogue: Catalogue, stack: Stack, version: str | None) -> tuple[str, Ended] | None:
    """Return what became of the line of *version*, in words, and its last release; None where it did not end."""
    rows: list[Release | Ended] = [*catalogue.lines(stack.source), *over(catalogue, stack)]
    line = _line_of(stack, version or LATEST, rows)
    if not isinstance(line, Ended):
        return None
    words = f"{stack.title} {line.line} ended on {line.ended}"
    if (line.source, line.line) in catalogue.ended:
        return f"{words}: its names stay at {line.version}", line
    return f"{words}, at {line.version}: no image is made of it any more, and the names of old ones do not move", line


def defaulted(asked: Reference) -> tuple[str, ...]:
    """Return the parts that were left out, by the names that programs know them by."""
    parts = {
        "distro": asked.distro,
        "stack_version": asked.stack_version or not asked.stack,
        "distro_version": asked.distro_version,
        "variant": asked.variant,
    }
    return tuple(name for name, value in parts.items() if not value)


def _line_of(stack: Stack, text: str, rows: Sequence[T]) -> T | None:
    """The line that the version *text* (``22.11.0``, ``21.0.5_11-jdk``) belongs to; a bare one is of the first flavour."""
    flavour = stack.flavour(text) or next(iter(stack.flavours), "")
    number = text.removesuffix(f"-{flavour}")
    found = [row for row in rows if joined(_number(stack, row.line), flavour) == row.line]
    within = [row for row in found if f"{number}.".startswith(f"{_number(stack, row.line)}.")]
    return max(within, key=lambda row: len(row.line), default=None)


def _number(stack: Stack, line: str) -> str:
    return line.removesuffix(f"-{stack.flavour(line)}")
