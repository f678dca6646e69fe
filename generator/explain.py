"""Why an image exists, in sentences: what its parts come from."""

from __future__ import annotations

from collections.abc import Iterator

from generator.rows import MADE, Catalogue
from state.model import Image, Platform


def because(catalogue: Catalogue, image: Image) -> Iterator[str]:
    """Yield a sentence for each part of *image*: distro, stack, hardware."""
    distro = catalogue.distros[image.distro]
    line = next(row for row in distro.lines if row.codename == image.distro_version)
    if distro.rootfs and line.bases[image.arch] == MADE:
        yield f"{line.title} has {image.arch}: {distro.rootfs.archive}, of whose packages the root file system is made"
    else:
        yield f"{line.title} has {image.arch}: {line.bases[image.arch]}"
    if image.stack is not None:
        yield _stack(catalogue, image, Platform(image.arch, distro.libc))
    row = catalogue.classes.get(image.hw)
    if image.is_device:
        yield f"{image.hw} is {image.base} with another label"
        own = catalogue.classes.get(catalogue.devices[image.hw].device_class)
        archive = own.awaits(image.distro, catalogue.archives) if own else None
        if own and archive:
            yield f"its own class, {own.name}, would be {archive.title}: {archive.absent}"
    elif row is not None:
        yield f"{image.hw} is a device class with a layer of its own, {row.layer}"


def _stack(catalogue: Catalogue, image: Image, platform: Platform) -> str:
    stack = catalogue.stacks[image.stack or ""]
    release = catalogue.releases[stack.source, image.stack_line or ""]
    file = release.artifact(platform)
    if file is None:
        return (
            f"{image.distro_version} has a package of {stack.title} {image.stack_line}; upstream has no binary for it"
        )
    late = f", while {release.version} has none for {platform} yet" if file.version != release.version else ""
    return f"{stack.title} {file.version} for {platform} is {file.url} ({file.verified}){late}"
