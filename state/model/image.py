"""Images: what a name of the family stands for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from state.model.arch import Arch

Variant = Literal["run", "build"]
ImageKind = Literal["os-root", "os-arch", "os-class", "stack-arch", "stack-class", "os-device", "stack-device"]


@dataclass(frozen=True, slots=True)
class Image:
    """One image of the family, as a place in the tree distro → os-arch → os-class → stack.

    Where upstream publishes no base image, an os-root is below its os-arch: the root file system, made of packages.

    ``hw`` is what the name begins with: an architecture's repository prefix, a class or a device.
    ``dockerfile`` is the path of the Dockerfile that makes it; a device has its class image's,
    since it is that image with one more label.
    ``base`` is the canonical name that it stands on: the parent image, or an upstream's image.
    ``stack_version`` is as names write it: ``22.11.1``, ``21.0.5_11-jdk``, or just ``21-jdk`` where the distro's own
    package is installed, whose version is the distro's.
    """

    kind: ImageKind
    hw: str
    arch: Arch
    distro: str
    distro_version: str
    variant: Variant
    dockerfile: str
    base: str
    stack: str | None = None
    stack_line: str | None = None
    stack_version: str | None = None

    @property
    def is_device(self) -> bool:
        """Whether it is made by relabelling its class image rather than by a build."""
        return self.kind in ("os-device", "stack-device")
