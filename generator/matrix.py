"""Which images exist, and why others do not.

The tree is distro → os-arch → os-class → stack. A *cell* is one architecture on one version of one distro;
everything else stands on a cell, so nothing is a filtered product of all rows.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import get_args

from generator.device_rows import Device, DeviceClass
from generator.names import canonical, os_name, root_name, version_word
from generator.rows import MADE, Catalogue, Distro, DistroLine, Stack
from state.model import Arch, Image, ImageKind, Libc, Platform, Release, Variant, Version

ROOT = "balena-base-images"

VARIANTS: tuple[Variant, ...] = ("run", "build")
"""In build order: the build variant of an architecture stands on its run variant."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One architecture on one version of one distro, with the device classes that are there."""

    arch: Arch
    distro: Distro
    line: DistroLine
    classes: tuple[tuple[DeviceClass, tuple[Device, ...]], ...]

    @property
    def platform(self) -> Platform:
        """What a binary must be made for to run in it."""
        return Platform(self.arch, self.distro.libc)


def cells(catalogue: Catalogue) -> list[Cell]:
    """Return every cell, in the order of the catalogue's rows."""
    devices: dict[str, list[Device]] = {}
    for device in catalogue.devices.values():
        if not device.absent:
            devices.setdefault(device.device_class, []).append(device)
    return [
        Cell(arch, distro, line, _classes(catalogue, devices, arch, distro.name, line.codename))
        for distro in catalogue.distros.values()
        for line in distro.lines
        for arch in Arch
        if arch in line.bases
    ]


def _classes(
    catalogue: Catalogue, devices: dict[str, list[Device]], arch: Arch, distro: str, codename: str
) -> tuple[tuple[DeviceClass, tuple[Device, ...]], ...]:
    """The classes of a cell; devices whose own class is not there stand on the generic one."""
    here: list[tuple[DeviceClass, tuple[Device, ...]]] = []
    generic: DeviceClass | None = None
    left: list[Device] = []
    for row in catalogue.classes.values():
        if row.arch != arch or (row.name not in devices and not row.generic):
            continue
        if row.generic:
            generic = row
            left += devices.get(row.name, [])
        elif codename in row.distros.get(distro, ()) and not row.awaits(distro, catalogue.archives):
            here.append((row, tuple(devices[row.name])))
        else:
            left += devices[row.name]
    if generic and left:
        here.insert(0, (generic, tuple(left)))
    return tuple(here)


def hardware(cell: Cell) -> set[str]:
    """Return what image names of the cell begin with: its architecture, classes and devices."""
    names = {cell.arch.repo}
    for row, devices in cell.classes:
        names.add(row.name)
        names.update(device.slug for device in devices)
    return names


def images(catalogue: Catalogue) -> list[Image]:
    """Return all images of the family, each after what it stands on."""
    there = cells(catalogue)
    found = [image for cell in there for image in _os_images(catalogue, cell)]
    for stack in catalogue.stacks.values():
        for release in catalogue.lines(stack.source):
            found += _stack_images(catalogue, there, stack, release)
    return found


def images_in(catalogue: Catalogue, cell: Cell, stack: str | None = None, line: str | None = None) -> list[Image]:
    """Return the images of one cell, each after what it stands on: the OS ones, and those of one line of a stack."""
    found = list(_os_images(catalogue, cell))
    row = catalogue.stacks[stack] if stack else None
    release = catalogue.releases.get((row.source, line)) if row and line else None
    return found + (list(_stack_images(catalogue, [cell], row, release)) if row and release else [])


def roots(catalogue: Catalogue) -> list[Image]:
    """Return only the root file systems that are made here."""
    found = (image for cell in cells(catalogue) for image in _os_images(catalogue, cell, devices=False))
    return [image for image in found if image.kind == "os-root"]


def with_dockerfile(catalogue: Catalogue) -> list[Image]:
    """Return only the images that a Dockerfile of their own makes: a twentieth of all, which is what a render needs."""
    there = cells(catalogue)
    found = [image for cell in there for image in _os_images(catalogue, cell, devices=False)]
    for stack in catalogue.stacks.values():
        for release in catalogue.lines(stack.source):
            found += _stack_images(catalogue, there, stack, release, devices=False)
    return found


def images_of(catalogue: Catalogue, stack: str, line: str) -> list[Image]:
    """Return the images of one line of a stack, each after what it stands on; none if nothing is recorded of it."""
    row = catalogue.stacks[stack]
    release = catalogue.releases.get((row.source, line))
    return list(_stack_images(catalogue, cells(catalogue), row, release)) if release else []


def wanted(catalogue: Catalogue, stack: str, line: str) -> list[Platform]:
    """Return the platforms that upstream is expected to publish for *line* and that some distro here can hold."""
    there = {cell.platform for cell in cells(catalogue)}
    return [s.platform for s in catalogue.stacks[stack].served if s.platform in there and s.serves(line)]


def absent(catalogue: Catalogue, stack: str, line: str) -> list[tuple[Platform, str]]:
    """Return every platform that has no image of *line* anywhere, and why."""
    row = catalogue.stacks[stack]
    there = {c.platform for c in cells(catalogue) if not reason(row, c.platform, line) or packaged(row, c, line)}
    return [
        (platform, reason(row, platform, line) or f"no distro here has {platform}")
        for arch in Arch
        for libc in get_args(Libc)
        if (platform := Platform(arch, libc)) not in there
    ]


def reason(stack: Stack, platform: Platform, line: str) -> str:
    """Why upstream has no binary of *line* for *platform*; "" if it should have one."""
    row = stack.serving(platform)
    if row is None:
        return stack.absent.get(platform, "")
    return "" if row.serves(line) else row.reason


def _os_images(catalogue: Catalogue, cell: Cell, *, devices: bool = True) -> Iterator[Image]:
    upstream, digest = cell.line.bases[cell.arch], cell.line.digests.get(cell.arch)
    hw, distro, codename = cell.arch.repo, cell.distro.name, cell.line.codename
    base = f"{upstream}@{digest}" if digest else upstream
    if upstream == MADE:
        base = root_name(catalogue, hw, distro, codename)
        path = f"{ROOT}/{hw}/{distro}/{codename}/{MADE}/Dockerfile"
        yield Image("os-root", hw, cell.arch, distro, codename, "run", path, "scratch")
    for variant in VARIANTS:
        path = f"{ROOT}/{hw}/{distro}/{codename}/{variant}/Dockerfile"
        root = Image("os-arch", hw, cell.arch, distro, codename, variant, path, base)
        yield from _with_classes(catalogue, cell, root, devices=devices)
        if variant == "run":
            base = canonical(catalogue, root)


def _stack_images(
    catalogue: Catalogue, there: list[Cell], stack: Stack, release: Release, *, devices: bool = True
) -> Iterator[Image]:
    for cell in there:
        version = version_in(stack, release, cell)
        if version is None:
            continue
        word = version_word(stack, release.line, str(version))
        hw, distro, codename = cell.arch.repo, cell.distro.name, cell.line.codename
        for variant in VARIANTS:
            path = f"{ROOT}/{stack.name}/{hw}/{distro}/{codename}/{release.line}/{variant}/Dockerfile"
            base = os_name(catalogue, hw, distro, codename, variant)
            root = Image(
                "stack-arch", hw, cell.arch, distro, codename, variant, path, base, stack.name, release.line, word
            )
            if devices:
                yield from _with_classes(catalogue, cell, root, devices=True)
            else:
                yield root


def version_in(stack: Stack, release: Release, cell: Cell) -> Version | None:
    """Return the version that the cell has of the release's line, or None; of a distro's package that is the number."""
    artifact = release.artifact(cell.platform)
    if artifact is not None:
        return artifact.version if stack.needs(cell.distro, cell.line.codename) is not None else None
    if packaged(stack, cell, release.line):
        return Version(release.line.removesuffix(f"-{stack.flavour(release.line)}"))
    return None


def packaged(stack: Stack, cell: Cell, line: str) -> bool:
    """Whether the distro's own package is what the cell has of *line*."""
    row = stack.serving(cell.platform)
    return row is not None and row.packaged(cell.line.codename, line)


def _with_classes(catalogue: Catalogue, cell: Cell, root: Image, *, devices: bool) -> Iterator[Image]:
    """Yield the architecture's image, then each class's, followed by its devices.

    An OS class has a Dockerfile of its own on top of the architecture's image; a stack's Dockerfile is
    built once more on the class's OS image. The device that a class is named after is the class image.
    """
    yield root
    below, distro, codename, variant = canonical(catalogue, root), root.distro, root.distro_version, root.variant
    for row, members in cell.classes:
        if root.stack is None:
            path = f"{ROOT}/device-base/{row.name}/{distro}/{codename}/{variant}/Dockerfile"
            image = _like(root, "os-class", row.name, path, below)
        else:
            base = os_name(catalogue, row.name, distro, codename, variant)
            image = _like(root, "stack-class", row.name, root.dockerfile, base)
        yield image
        if not devices:
            continue
        name = canonical(catalogue, image)
        kind: ImageKind = "os-device" if root.stack is None else "stack-device"
        for device in members:
            if device.slug != row.name:
                yield _like(image, kind, device.slug, image.dockerfile, name)


def _like(image: Image, kind: ImageKind, hw: str, dockerfile: str, base: str) -> Image:
    """Put other hardware at the same place in the tree (dataclasses.replace takes four times as long)."""
    return Image(
        kind, hw, image.arch, image.distro, image.distro_version, image.variant, dockerfile, base,
        image.stack, image.stack_line, image.stack_version,
    )  # fmt: skip
