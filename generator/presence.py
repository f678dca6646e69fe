"""Every cell of the family: whether there is an image, and if not, why not.

A cell is one hardware on one distro version, with one line of one stack (or none) in one variant.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from generator import matrix
from generator.matrix import VARIANTS, Cell
from generator.names import joined, version_word
from generator.rows import Catalogue, Distro, DistroLine, Stack
from state.model import Arch, Platform, Release, Variant


@dataclass(frozen=True, slots=True)
class Presence:
    """One cell. ``stack_version`` and ``line`` are None without a stack, and where nothing is recorded of it yet.

    ``reason`` says why there is no image; of one that is there it is None, or says what else it is called.
    """

    name: str
    hw: str
    arch: Arch | None
    distro: str
    distro_version: str
    stack: str | None
    line: str | None
    stack_version: str | None
    variant: Variant
    present: bool
    reason: str | None

    def document(self) -> dict[str, Any]:
        """Return what programs may rely on, as JSON."""
        return {name: getattr(self, name) for name in _SHOWN}


_SHOWN = ("name", "hw", "distro", "distro_version", "stack", "stack_version", "variant", "present", "reason")


@dataclass(frozen=True, slots=True)
class Hardware:
    """What a name may begin with; ``absent`` says why there are no images of it at all, ``generic`` classes included."""

    name: str
    arch: Arch | None
    is_device: bool = False
    absent: str = ""


def hardware(catalogue: Catalogue) -> Iterator[Hardware]:
    """Yield everything that a name of the family may begin with: architectures, then devices."""
    yield from (Hardware(arch.repo, arch) for arch in Arch)
    yield from (Hardware(name, None, absent=reason) for name, reason in catalogue.family.absent.items())
    yield from (Hardware(row.slug, row.arch, True, row.absent) for row in catalogue.devices.values())  # noqa: FBT003
    used = {row.device_class for row in catalogue.devices.values()} | {
        c.name for c in catalogue.classes.values() if c.generic
    }
    for row in catalogue.classes.values():
        if row.name in used and row.name not in catalogue.devices:
            yield Hardware(row.name, row.arch, True)  # noqa: FBT003


def presences(catalogue: Catalogue, *, devices: bool = True) -> Iterator[Presence]:
    """Yield every cell, by hardware, distro version and stack; without *devices* those of architectures only."""
    survey = Survey(catalogue)
    for hw in hardware(catalogue):
        if devices or not hw.is_device:
            yield from survey.of(hw)


class Survey:
    """What the cells of one catalogue are, worked out once for all hardware."""

    def __init__(self, catalogue: Catalogue) -> None:
        """Note what there is."""
        self.catalogue = catalogue
        self._cells = {(c.arch, c.distro.name, c.line.codename): c for c in matrix.cells(catalogue)}
        self._hardware = {key: matrix.hardware(cell) for key, cell in self._cells.items()}
        self._lines = {stack.name: catalogue.lines(stack.source) for stack in catalogue.stacks.values()}

    def of(self, hw: Hardware) -> Iterator[Presence]:
        """Yield every cell of one hardware."""
        for distro in self.catalogue.distros.values():
            for line in distro.lines:
                cell, missing = self.on(hw, distro, line)
                yield from self._two(hw, distro, line, None, None, missing, self._also(hw, distro, line))
                for stack in self.catalogue.stacks.values():
                    yield from self._stack(hw, distro, line, stack, cell, missing)

    def on(self, hw: Hardware, distro: Distro, line: DistroLine) -> tuple[Cell | None, str]:
        """The cell of a hardware on a distro version, or why there is none."""
        if hw.absent or hw.arch is None:
            return None, hw.absent
        for other in (distro, *stand_ins(self.catalogue, distro)):
            key = (hw.arch, other.name, line.codename)
            if hw.name in self._hardware.get(key, ()):
                return self._cells[key], ""
        if hw.arch in line.bases:
            return None, f"no class of {hw.arch} is on {line.codename}"
        return None, line.absent[hw.arch]

    def _also(self, hw: Hardware, distro: Distro, line: DistroLine) -> str | None:
        """Which distro's images stand under this name, if they are another's."""
        if hw.arch is None or hw.arch in line.bases:
            return None
        return next((f"is {other.title}" for other in stand_ins(self.catalogue, distro)), None)

    def _stack(
        self, hw: Hardware, distro: Distro, line: DistroLine, stack: Stack, cell: Cell | None, missing: str
    ) -> Iterator[Presence]:
        releases = self._lines[stack.name]
        if not releases:
            yield from self._two(hw, distro, line, stack, None, f"no release yet: watcher sync {stack.source}")
        for release in releases:
            reason = missing or (why(stack, release, cell) if cell else "")
            also = None if reason else self._also(hw, distro, line)
            yield from self._two(hw, distro, line, stack, (release, cell), reason, also)

    def _two(
        self,
        hw: Hardware,
        distro: Distro,
        line: DistroLine,
        stack: Stack | None,
        found: tuple[Release, Cell | None] | None,
        missing: str,
        also: str | None = None,
    ) -> Iterator[Presence]:
        """Both variants of a cell."""
        version = _version(stack, *found) if stack and found else None
        repository = f"{self.catalogue.family.namespace}/{joined(hw.name, distro.name, stack.name if stack else None)}"
        lead = joined(version or ("latest" if stack else None), line.codename)
        for variant in VARIANTS:
            yield Presence(
                f"{repository}:{lead}-{variant}",
                hw.name,
                hw.arch,
                distro.name,
                line.codename,
                stack.name if stack else None,
                found[0].line if found else None,
                version,
                variant,
                not missing,
                missing or also,
            )


def stand_ins(catalogue: Catalogue, distro: Distro) -> list[Distro]:
    """Return the distros whose images are published under this one's name too: Raspbian is Debian's armv6."""
    return [other for other in catalogue.distros.values() if other.also == distro.name]


def _version(stack: Stack, release: Release, cell: Cell | None) -> str:
    """The version in the name: what the cell has, or where it has nothing the line's newest."""
    there = matrix.version_in(stack, release, cell) if cell else None
    return version_word(stack, release.line, str(there or release.version))


def why(stack: Stack, release: Release, cell: Cell) -> str:
    """Return why the cell has no image of the release's line; "" if it has one."""
    if matrix.version_in(stack, release, cell) is not None:
        return ""
    platform: Platform = cell.platform
    if release.artifact(platform) is not None:
        return f"stacks.toml does not name the libraries that {stack.title} needs on {cell.line.codename} yet"
    row = stack.serving(platform)
    reason = matrix.reason(stack, platform, release.line)
    if row is not None and row.packages and reason:
        return f"{reason}; this version has no such package"
    if row is not None and not reason:
        return f"{row.upstream} has no file of {release.line} for {platform} yet: watcher sync {stack.source}"
    return reason
