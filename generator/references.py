"""A name as people write it, taken apart: any part may be left out, and old names are known for what they were."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from generator.history import retired
from generator.presence import Hardware, hardware
from generator.rows import Catalogue, Distro, Ended, Stack
from generator.words import taken
from state.model import Arch, Variant

_DATE = re.compile(r"(?:^|-)([0-9]{8}(?:\.[0-9]+)?)$")
_VARIANT = re.compile(r"(?:^|-)(run|build)$")
_WORDS = {"%%BALENA_MACHINE_NAME%%", "%%BALENA_ARCH%%"}


@dataclass(frozen=True, slots=True)
class Reference:
    """A reference of the page's scheme; None is what was left out.

    ``namespace`` is what stood before the repository ("" if nothing), ``repository`` is that as written. ``hw`` is as
    written but for an alias, which becomes what it is an alias of, and is ``alias`` then ("" elsewhere); ``hardware`` is None where nothing is called that. ``tag`` is all of the tag but
    the date. ``distro_version`` is the codename, also of a version that the catalogue no longer has.
    """

    namespace: str
    repository: str
    hw: str
    alias: str
    hardware: Hardware | None
    distro: str | None
    stack: str | None
    tag: str
    stack_version: str | None
    distro_version: str | None
    variant: Variant | None
    date: str | None


class Reader:
    """Takes references apart by what a catalogue knows.

    ``names`` maps every word for hardware, ``architectures`` every word for an architecture, and ``stacks`` every
    word for a stack to what it means.
    """

    def __init__(self, catalogue: Catalogue) -> None:
        """Note every name of hardware and stacks, aliases too."""
        self._catalogue = catalogue
        self.hardware: dict[str, Hardware] = {hw.name: hw for hw in hardware(catalogue)}
        devices = {alias: device.slug for device in catalogue.devices.values() for alias in device.aliases}
        self.architectures = {word: arch for arch in Arch for word in (arch.value, arch.repo)}
        aliases = {**devices, **{word: arch.repo for word, arch in self.architectures.items()}}
        self.names = {**{name: name for name in self.hardware}, **aliases}
        self._taken = {name: taken(catalogue, row) for name, row in catalogue.stacks.items()}
        # "go" is what people say for golang: a stack is known by its source's name too.
        self.stacks = {word: row.name for row in catalogue.stacks.values() for word in (row.source, row.name)}

    def read(self, text: str) -> Reference:
        """Take *text* apart: ``[registry/][namespace/]<hw>[-<distro>][-<stack>][:<tag>]``; never fails."""
        path, _, tag = text.strip().partition("@")[0].rpartition("/")[2].partition(":")
        above = text.strip().rpartition("/")[0]
        namespace = above.rpartition("/")[2] if "/" in above else above
        hw, distro, stack = self._repository(path)
        dated = _DATE.search(tag)
        rest = tag[: dated.start()] if dated else tag
        variant = _VARIANT.search(rest)
        words = rest[: variant.start()] if variant else rest
        row = self._catalogue.distros[distro or self._catalogue.family.default_distro]
        version, codename = self._words(row, self._catalogue.stacks[stack] if stack else None, words)
        return Reference(
            namespace=namespace,
            repository=path,
            hw=self.names.get(hw, hw),
            alias=hw if self.names.get(hw, hw) != hw else "",
            hardware=self.hardware.get(self.names.get(hw, hw)),
            distro=distro,
            stack=stack,
            tag=rest,
            stack_version=version,
            distro_version=codename,
            variant=_variant(variant[1]) if variant else None,
            date=dated[1] if dated else None,
        )

    def _repository(self, path: str) -> tuple[str, str | None, str | None]:
        """Cut hardware, distro and stack apart; where no hardware is known, what is left is taken for its name."""
        found = list(self._cuts(path))
        forgotten = [cut for cut in self._cuts(f"-{path}") if not cut[0]]
        return next((cut for cut in found if cut[0] in self.names), (forgotten or found)[0])

    def _cuts(self, path: str) -> Iterator[tuple[str, str | None, str | None]]:
        """Every way to cut a repository's name, the one that leaves least for the hardware first."""
        for word in (*self.stacks, None):
            before = path.removesuffix(f"-{word}") if word else path
            if word and before == path:
                continue
            for distro in (*self._catalogue.distros, None):
                hw = before.removesuffix(f"-{distro}") if distro else before
                if not distro or hw != before:
                    yield hw, distro, self.stacks[word] if word else None

    def _words(self, distro: Distro, stack: Stack | None, rest: str) -> tuple[str | None, str | None]:
        """Cut what stands before the variant into stack version and distro version."""
        known = codenames(distro, self._catalogue.ended.values())
        if not rest:
            return None, None
        if stack is None:
            return None, None if rest == "latest" else known.get(rest, rest)
        if known.get(rest) == rest and rest not in self._taken[stack.name]:
            return None, rest
        for word in sorted(known, key=len, reverse=True):
            if rest.endswith(f"-{word}"):
                return rest.removesuffix(f"-{word}"), known[word]
        return rest, None


def codenames(distro: Distro, ended: Iterable[Ended] = ()) -> dict[str, str]:
    """Return every word for a version of *distro*, retired ones and those among *ended* too → its codename."""
    words = {word: code for code, number in retired(distro.name).items() for word in (code, number) if word}
    over = [row for row in ended if row.source == distro.name]
    words |= {word: row.line for row in over for word in (row.line, row.number) if word}
    words |= {word: line.codename for line in distro.lines for word in (line.codename, line.number) if word}
    return words


def templated(catalogue: Catalogue, text: str, slug: str | None) -> str:
    """Put a device into a name of a ``Dockerfile.template``; LookupError that says what is missing."""
    if not any(word in text for word in _WORDS):
        return text
    if slug is None:
        raise LookupError("a name with %%…%% needs a device: --device SLUG")
    aliases = {alias: row for row in catalogue.devices.values() for alias in row.aliases}
    device = catalogue.devices.get(slug) or aliases.get(slug)
    if device is None:
        raise LookupError(f"there is no device type {slug}")
    return text.replace("%%BALENA_MACHINE_NAME%%", device.slug).replace("%%BALENA_ARCH%%", device.arch.repo)


def _variant(word: str) -> Variant:
    return "build" if word == "build" else "run"
