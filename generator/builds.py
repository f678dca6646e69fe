"""What a changed Dockerfile sets in motion: the images to build, in order, with their names."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from generator import matrix, tags
from generator.rows import Catalogue
from state.model import Image, ImageKind

LAYERS: Mapping[ImageKind, str] = {
    "os-arch": "distro",
    "os-class": "device class",
    "stack-arch": "stack on architecture images",
    "stack-class": "stack on class images",
    "os-device": "devices",
    "stack-device": "devices with the stack",
}
"""Kinds of images in build order, in words."""


@dataclass(frozen=True, slots=True)
class BuildStep:
    """One image to make.

    ``kind``: ``build``, or ``relabel``, which writes a device's label on its class image. ``name`` and ``base`` are
    whole names, of the image and of what it stands on; ``platform`` is the OCI platform.
    """

    image: Image
    name: str
    kind: Literal["build", "relabel"]
    platform: str
    base: str
    tags: tuple[str, ...]
    dated_tags: tuple[str, ...]

    @property
    def layer(self) -> str:
        """The layer of the tree that it belongs to, in words."""
        return LAYERS[self.image.kind]

    def document(self) -> dict[str, Any]:
        """Return what programs may rely on, as JSON."""
        return {
            "name": self.name,
            "platform": self.platform,
            "dockerfile": self.image.dockerfile,
            "base": self.base,
            "tags": list(self.tags),
            "dated_tags": list(self.dated_tags),
            "kind": self.kind,
        }


def plan(catalogue: Catalogue, changed: Collection[str], day: date) -> list[BuildStep]:
    """Return the steps that follow from the *changed* Dockerfiles (paths), each after what it stands on.

    Whatever stands on a changed image is in it. Paths that make no image of the catalogue are left out.
    *day* is the date of the dated names, fixed here: a build resumed after midnight keeps it.
    """
    paths, touched, found = set(changed), set[str](), list[Image]()
    for image in matrix.images(catalogue):
        if image.dockerfile in paths or image.base in touched:
            found.append(image)
            if not image.is_device:
                touched.add(tags.name(catalogue, image))
    order = list(LAYERS)
    found.sort(key=lambda image: order.index(image.kind))
    names = tags.Names(catalogue)
    return [
        BuildStep(
            image=image,
            name=tags.name(catalogue, image),
            kind="relabel" if image.is_device else "build",
            platform=image.arch.oci,
            base=image.base,
            tags=tuple(names.tags(image)),
            dated_tags=tuple(names.dated(image, day)),
        )
        for image in found
    ]
